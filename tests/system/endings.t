#!/usr/bin/env python3
"""How virtual machines of the user's end, with guests that take no time: those that halt for good, those
that only seem to, one that waits for ever, one that resets for ever, and one that could not be started.
And where serial ports lead to."""

import os
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from plinth import (FAIL, ROOT, Report, boot, engine_missing, expect, guest_file,  # noqa: E402
                    guests_missing)

MODULES = [
    "halts.bin vm=halts flat memory=4M",
    "halts.bin vm=may-halt flat memory=4M halt=ok",
    "wakes.bin vm=wakes flat memory=4M deadline=20",
    "loops.bin vm=loops flat memory=64M",
    "waits.bin vm=waits flat memory=4M deadline=1",
    "hello.bin vm=pinned flat memory=4M pin=7",
    "ports.bin vm=ports flat memory=4M com=4,2",
    "pulls.bin vm=no-apics flat memory=4M apic=none",
]
# Modules that name no VM, which run-qemu.sh would refuse.
NAMELESS = ["hello.bin flat", "hello.bin flat memory=4M"]
# VM, whether it ends well, and what its console said.
RESULTS = [
    ("halts", False, b"halts\n"),
    ("may-halt", True, b"halts\n"),
    ("wakes", True, b"the TSC deadline came\nthe NMI came\n"),
    ("loops", False, b""),
    ("waits", False, b""),
    ("pinned", False, b""),
    ("ports", True, b"hello, COM2\n"),
    ("ports:com4", None, b"hello, COM4\n"),
    ("no-apics", True, b"pulled\n"),
]
LOGGED_RESETS = 4


def nameless(report):
    """An image with modules of nobody's."""
    with tempfile.TemporaryDirectory() as directory:
        iso = os.path.join(directory, "disc.iso")
        modules = [word for module in NAMELESS for word in ("--module", guest_file(module))]
        subprocess.run([os.path.join(ROOT, "tools/make-iso"), "--kernel",
                        os.path.join(ROOT, "build/plinth.elf"), "--output", iso, "--work", directory,
                        "--append", "tests=none", *modules], check=True)
        run = boot("bochs", "--iso", iso, cpus=1)
    expect(report, run, "nameless", FAIL)
    for module in range(len(NAMELESS)):
        result = run.log.result(f"module/{module}")
        report.ok(result and not result.ok, f"module {module} fails, for it names no VM", run.story())


def main():
    report = Report()
    files = {module.split()[0] for module in MODULES}
    absent = engine_missing("bochs") or guests_missing(*sorted(files))
    if absent:
        report.skip("endings", absent)
        report.done()
    modules = [word for module in MODULES for word in ("--module", guest_file(module))]
    run = boot("bochs", "--append", "tests=none", "--memory", "256", *modules, cpus=1)
    expect(report, run, "endings", FAIL)
    for vm, good, said in RESULTS:
        result = run.log.result(f"vm/{vm}")
        if good is not None:
            report.ok(result and result.ok == good, f"vm/{vm} {'ends well' if good else 'fails'}",
                      run.story())
        report.ok(run.log.console(vm) == said, f"vm/{vm} says what it should", run.log.console(vm))
    for vm in ("halts", "may-halt"):
        report.ok(run.log.find(rf"halted for good vm=\d+\({vm}\)"), f"vm/{vm}: the log says that it halts")
    report.ok(run.log.find(r"stopped vm=\d+\(loops\) .*the guest reset its machine 16 times in a row"),
              "vm/loops: the log says why it is stopped", run.story())
    report.ok(run.log.find(r"missed ticks vm=\d+\(wakes\) rtc=\d+$"),
              "vm/wakes: the log counts the ticks of the clock that nobody took", run.story())
    report.ok(run.log.find(r"warn vm: interrupts vm=\d+\(waits\) vcpu=0 state=Blocked "
                           r"halted=interruptible new=no apic=xapic requested=0x31 in-service=none "
                           r"posted=none priority=0x40$"),
              "vm/waits: the log says what interrupt it waits for", run.story())
    told = [entry.text for entry in run.log.messages("guest", "info")
            if re.search(r"\(loops\) resets: triple fault", entry.text)]
    report.ok(len(told) == LOGGED_RESETS, "vm/loops: the log names the first resets", told)
    report.ok(run.log.find(r"module 5 \(vm=pinned\): pin= names host CPU 7 for vcpu 0"),
              "vm/pinned: the log says why it does not start", run.story())
    report.ok(not run.log.find(r"input goes to vm=\d+\(pinned\)"), "vm/pinned: it gets no console")
    nameless(report)
    report.done()


if __name__ == "__main__":
    main()
