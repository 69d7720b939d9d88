#!/usr/bin/env python3
"""Our own kernels, one VM for each way in, all at once: what each was given, as it tells itself; and
the same checks of interrupts, timers and device memory with either kind of local APIC."""

import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from plinth import PASS, Report, boot, engine_missing, expect, guest_file, guests_missing  # noqa: E402

# The file that is a module, its length, and its first bytes as a number.
MODULE = "hello.bin"
FILES = ("given-multiboot1", "given-multiboot2", "given-pvh", "flat-16", "flat-32", "flat-64", "checks",
         "traps", "rom_tables.bin", MODULE)

# VM, its modules, and what its console says, in order.
MAP = [
    r"memory start=0x0 length=0x9fc00 kind=0x1$",
    r"memory start=0x9fc00 length=0x400 kind=0x2$",
    r"memory start=0xf0000 length=0x10000 kind=0x2$",
    r"memory start=0x100000 length=0xee0000 kind=0x1$",
    r"memory start=0xfe0000 length=0x20000 kind=0x3$",
    r"memory start=0xe0000000 length=0x100000 kind=0x2$",
    r"memory start=0xfec00000 length=0x1400000 kind=0x2$",
]
FIRST = r"module aligned=0x1 length=LENGTH first=WORD string=a module$"
VMS = [
    ("mb1", ["given-multiboot1 vm=mb1 multiboot memory=16M lazy=8M -- name one=1 two",
             "hello.bin vm=mb1 module -- a module", "hello.bin vm=mb1 module"],
     [r"^multiboot1 pe=0x1 pg=0x0$", r"flags=0x4d lower=0x27f upper=0x3b80$",
      r"^command-line=name one=1 two$", *MAP, FIRST,
      r"module aligned=0x1 length=LENGTH first=WORD string=$"]),
    ("mb2", ["given-multiboot2 vm=mb2 multiboot memory=16M -- words",
             "hello.bin vm=mb2 module -- a module"],
     [r"^multiboot2 pe=0x1 pg=0x0$", r"^command-line=words$", FIRST, *MAP, r"^rsdp=RSD PTR $"]),
    ("pvh", ["given-pvh vm=pvh pvh memory=16M -- words", "hello.bin vm=pvh module -- a module"],
     [r"^pvh pe=0x1 pg=0x0$", r"magic=0x336ec578 version=0x1 rsdp=0xf0000$",
      r"^command-line=words$", *MAP, FIRST]),
    ("f16", ["flat-16 vm=f16 flat entry=16 address=0x10000 memory=32M"],
     [r"^registers=00000000 cr0=00000000 efer=00000000 cs=00001000 base=0000027f extended=00003c00 "
      r"start=00000000 length=0009fc00 start=0009fc00 length=00000400 start=000f0000 length=00010000 "
      r"start=00100000 length=01ee0000 "]),
    ("f32", ["flat-32 vm=f32 flat entry=32 address=0x200000 memory=16M"],
     [r"^registers=00000000 cr0=00000001 efer=00000000$"]),
    ("f64", ["flat-64 vm=f64 flat entry=64 address=0x200000 memory=16M"],
     [r"^registers=00000000 cr0=80000001 efer=00000500$"]),
    ("xapic", ["checks vm=xapic multiboot cpus=2 apic=xapic testdev=on memory=16M lazy=12M -- checks masked"],
     [r"^PASS IPI: an answer ends HLT$", r"^all passed$"]),
    ("x2apic", ["checks vm=x2apic multiboot cpus=2 testdev=on memory=16M -- checks x2apic masked"],
     [r"^PASS IPI: an answer ends HLT$", r"^all passed$"]),
    ("traps", ["traps vm=traps multiboot testdev=on memory=16M -- traps masked"],
     [r"^PASS step: HLT ends with its trap$", r"^all passed$"]),
    ("rom", ["rom_tables.bin vm=rom firmware memory=16M"], [r"^walked through tables in ROM$"]),
]


def says(report, run, name, patterns, words):
    """All of these, in this order, on its console."""
    text = run.log.console(name).decode("latin-1")
    at = 0
    for pattern in patterns:
        for word, value in words.items():
            pattern = pattern.replace(word, value)
        match = re.compile(pattern, re.MULTILINE).search(text, at)
        if not report.ok(match, f"{name} says {pattern[:60]}", text):
            return
        at = match.end()


def main():
    report = Report()
    name = "own kernels"
    absent = engine_missing("bochs") or guests_missing(*FILES)
    if absent:
        report.skip(name, absent)
        report.done()
    with open(guest_file(MODULE), "rb") as file:
        module = file.read()
    words = {"LENGTH": hex(len(module)), "WORD": hex(int.from_bytes(module[:4], "little"))}
    modules = []
    for _, own, _ in VMS:
        for number, text in enumerate(own):
            head, *rest = text.split(" -- ", 1)
            limit = "" if number else " deadline=60"
            modules += ["--module", guest_file(" -- ".join([head + limit, *rest]))]
    # Local APICs by software alone, with such of the hardware's help as it gives rightly, and with all
    # of it: there Bochs 2.7 delivers interrupts that have to wait.
    for apicv in ("off", "on", "force"):
        given = [text.replace(" masked", "") for text in modules] if apicv == "force" else modules
        run = boot("bochs", "--append", f"tests=none apicv={apicv}", *given, cpus=2)
        expect(report, run, f"{name} apicv={apicv}", PASS)
        for vm, _, patterns in VMS:
            result = run.log.result(f"vm/{vm}")
            report.ok(result and result.ok, f"apicv={apicv} {vm}: ends in order", run.log.console(vm).decode("latin-1"))
            says(report, run, vm, patterns, words)
            failed = [line for line in run.log.console(vm).decode("latin-1").splitlines()
                      if line.startswith("FAIL ")]
            report.ok(not failed, f"apicv={apicv} {vm}: no check fails", "\n".join(failed))
    report.done()


if __name__ == "__main__":
    main()
