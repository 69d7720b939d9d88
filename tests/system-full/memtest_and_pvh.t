#!/usr/bin/env python3
"""Kernels that take minutes: Memtest86+ for one pass over a small memory, and Linux as an ELF file that
is entered by its PVH note."""

import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from linux_guest import SHORT  # noqa: E402
from plinth import (PASS, Machine, Report, boot, engine_missing, expect,  # noqa: E402
                    guest_file, guests_missing)

MINUTES = 60


def memtest(report):
    """Half of a pass waits by the clock: a slow one lets it wait for fewer instructions. The screen
    is the same on the serial port and on the VGA."""
    name = "memtest"
    absent = engine_missing("bochs") or guests_missing("memtest.bin")
    if absent:
        report.skip(name, absent)
        return
    with Machine("bochs", "--append", "tests=none", "--memory", "256", "--module",
                 f"{guest_file('memtest.bin')} vm=mem linux memory=8M deadline=0"
                 " -- console=ttyS0,115200 nobench nosmp", cpus=1, ticks=10000000,
                 seconds=30 * MINUTES) as machine:
        machine.send("\x1dsscreen mem\nstop mem\n", after=r"Pass:\s+1\b", console="mem")
    run = machine.run
    report.ok(machine.missed is None, f"{name}: a pass ends", run.story())
    expect(report, run, name, PASS)
    screen = "\n".join(line for line in run.log.shell() if line.startswith("screen| "))
    report.ok("Memtest86+" in screen, f"{name}: the VGA shows its screen", screen)
    report.ok("Errors: 0" in screen, f"{name}: it finds no error", screen)


def pvh(report):
    name = "Linux by PVH"
    absent = engine_missing("bochs") or guests_missing("linux-cloud.elf", "initramfs-cloud")
    if absent:
        report.skip(name, absent)
        return
    run = boot("bochs", "--memory", "1024", "--append", "tests=none",
               "--module", f"{guest_file('linux-cloud.elf')} vm=pvh pvh memory=256M deadline=300"
                           f" -- {SHORT} plinth.run=\"cat /proc/interrupts\"",
               "--module", f"{guest_file('initramfs-cloud')} vm=pvh module",
               cpus=1, seconds=10 * MINUTES)
    expect(report, run, name, PASS)
    said = run.log.console("pvh").decode("latin-1")
    report.ok("plinth-guest: init CPUS=1 " in said, f"{name}: comes to /init", said)
    report.ok(re.search(r"^ *(\d+|[A-Z]+): +[1-9]\d* .*timer", said, re.MULTILINE),
              f"{name}: the command runs: /proc/interrupts counts a timer's", said)
    report.ok("plinth-guest: done STATUS=0" in said and "plinth-guest: power off" in said,
              f"{name}: switches off", said)


def main():
    report = Report()
    memtest(report)
    pvh(report)
    report.done()


if __name__ == "__main__":
    main()
