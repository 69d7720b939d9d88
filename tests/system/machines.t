#!/usr/bin/env python3
"""Virtual machines of the user's, with guests that take no time: what cannot be started is one sentence
and one failed result, while the VM beside it runs; and a PC is reset in every way that it has."""

import os
import re
import struct
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from plinth import (FAIL, PASS, Report, boot, engine_missing, expect, guest_file,  # noqa: E402
                    guests_missing)

HELLO = guest_file("hello.bin")
RESETS = guest_file("resets.bin")
LINUX = guest_file("linux-cloud")
MULTIBOOT_MAGIC = 0x1badb002
# After INIT by the first two ways the BIOS does the third.
WAYS_TO_RESET = ["reset control register"] * 3 + ["triple fault"]

# VM, its modules, and the sentence that says why it does not start. FOLDER stands for files that are
# made here.
MISTAKES = [
    ("key", ["HELLO vm=key flat colour=blue"],
     r'module 0 \(vm=key\): byte 12, "colour=blue": no such key'),
    ("value", ["HELLO vm=value flat cpus=65"],
     r'module 1 \(vm=value\): byte 14, "cpus=65": it wants a number from 1 to 64'),
    ("role", ["HELLO vm=role kernel"],
     r'module 2 \(vm=role\): byte 8, "kernel": no such role or key'),
    ("two", ["HELLO vm=two flat", "HELLO vm=two flat"],
     r"module 4 \(vm=two\): a second kernel: module 3 \(flat\) is the VM's first"),
    ("none", ["HELLO vm=none initrd"], r"vm=none has no kernel: no module with a role of linux, "),
    ("high", ["HELLO vm=high flat memory=4M address=0x10000000"],
     r"module 6 \(vm=high\): flat: the image at 0x10000000, 0x\w+ bytes, is not in the VM's RAM"),
    ("huge", ["HELLO vm=huge flat memory=4G"],
     r"module 7 \(vm=huge\): memory= asks for 4 GiB, and \d+ MiB are free"),
    ("cut", ["FOLDER/cut vm=cut linux memory=64M -- console=ttyS0"],
     r"module 8 \(vm=cut\): linux: the image is cut: syssize at 0x1f4 tells of 0x\w+ bytes, 0x\w+ are"),
    ("zeroes", ["FOLDER/zeroes vm=zeroes linux memory=4M"],
     r"module 9 \(vm=zeroes\): linux: boot_flag at 0x1fe is 0x0, not 0xaa55: no Linux kernel"),
    ("toy", ["FOLDER/zeroes vm=toy multiboot memory=4M"],
     r"module 10 \(vm=toy\): multiboot: no Multiboot header in the first 8 KiB and no Multiboot2 "),
    ("small", ["LINUX vm=small linux memory=20M"],
     r"module 11 \(vm=small\): linux: the kernel does not fit: 0x\w+ bytes, aligned to "),
    ("initrd", ["LINUX vm=initrd linux memory=72M deadline=1", "FOLDER/long vm=initrd initrd"],
     r"module 12 \(vm=initrd\): linux: the initrd does not fit: 0x1000000 bytes, aligned to 0x1000, "),
    ("flag", ["FOLDER/flag vm=flag multiboot memory=4M"],
     r"module 14 \(vm=flag\): multiboot: the header at 0x0 requires what flag bit 5 means, which is "),
    ("tiny", ["HELLO vm=tiny flat memory=1M"],
     r"module 15 \(vm=tiny\): memory= gives 1 MiB; with the ACPI tables it takes 1152 KiB "),
]


def with_modules(modules):
    return [word for module in modules for word in ("--module", module)]


def make_files(folder):
    with open(LINUX, "rb") as file:
        kernel = file.read(300000)
    flag = struct.pack("<3I", MULTIBOOT_MAGIC, 1 << 5, -(MULTIBOOT_MAGIC + (1 << 5)) & 0xffffffff)
    for name, content in (("cut", kernel), ("zeroes", bytes(5000)), ("long", bytes(16 << 20)),
                          ("flag", flag + bytes(5000))):
        with open(os.path.join(folder, name), "wb") as file:
            file.write(content)


def mistakes(report):
    """Each is said once, fails its own VM, and the last one boots in spite of them all."""
    with tempfile.TemporaryDirectory() as folder:
        make_files(folder)
        modules = [module for _, own, _ in MISTAKES for module in own] + ["HELLO vm=hello flat"]
        modules = [module.replace("FOLDER", folder).replace("HELLO", HELLO).replace("LINUX", LINUX)
                   for module in modules]
        run = boot("bochs", "--append", "tests=none", "--memory", "256", *with_modules(modules), cpus=1)
    expect(report, run, "mistakes", FAIL)
    said = [entry.fields["message"] for entry in run.log.messages("guest", "error")]
    for vm, _, sentence in MISTAKES:
        result = run.log.result(f"vm/{vm}")
        report.ok(result and not result.ok, f"mistakes: vm/{vm} fails", run.story())
        found = [text for text in said if re.match(sentence, text)]
        report.ok(len(found) == 1, f"mistakes: vm={vm} is told why, once", "\n".join(said))
    report.ok(len(said) == len(MISTAKES), "mistakes: nothing else is said", "\n".join(said))
    result = run.log.result("vm/hello")
    report.ok(result and result.ok and run.log.console("hello") == b"hello\n",
              "mistakes: the VM beside them boots", run.story())


def resets(report):
    """Through the keyboard controller, port 0x92, port 0xCF9, and a triple fault: each begins anew
    with clear memory. With reset=stop the first one is the end."""
    run = boot("bochs", "--append", "tests=none", "--memory", "128",
               *with_modules([f"{RESETS} vm=restarts flat memory=4M",
                              f"{RESETS} vm=stops flat memory=4M reset=stop"]), cpus=1)
    expect(report, run, "resets", PASS)
    starts = "".join(f"start {n + 1}, memory is clear\n" for n in range(len(WAYS_TO_RESET) + 1))
    report.ok(run.log.console("restarts").decode() == starts, "resets: one start after each",
              run.log.console("restarts"))
    told = [re.search(r"\(restarts\) resets: (.*)", entry.text)
            for entry in run.log.messages("guest", "info")]
    told = [match[1] for match in told if match]
    report.ok(told == WAYS_TO_RESET, "resets: the log names each", told)
    report.ok(run.log.console("stops") == b"start 1, memory is clear\n",
              "resets: the first ends the VM with reset=stop", run.log.console("stops"))
    for vm in ("restarts", "stops"):
        result = run.log.result(f"vm/{vm}")
        report.ok(result and result.ok, f"resets: vm/{vm} ends in order", run.story())


def main():
    report = Report()
    absent = engine_missing("bochs") or guests_missing("hello.bin", "resets.bin", "linux-cloud")
    if absent:
        report.skip("machines", absent)
    else:
        mistakes(report)
        resets(report)
    report.done()


if __name__ == "__main__":
    main()
