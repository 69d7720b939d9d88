#!/usr/bin/env python3
"""The BIOS of machines without firmware, as a guest in real mode meets it (tests/guest/bios.asm): what
each service answers, and the resets of the CPU that keep memory."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from plinth import PASS, Report, boot, engine_missing, expect, guest_file, guests_missing  # noqa: E402

MEMORY = 4 << 20
TABLES = 0x20000
RAM, RESERVED, ACPI = 1, 2, 3
# First byte, the byte behind the last, type: docs/pc.md, "Where what is".
MAP = [(0, 0x9fc00, RAM), (0x9fc00, 0xa0000, RESERVED), (0xf0000, 0x100000, RESERVED),
       (0x100000, MEMORY - TABLES, RAM), (MEMORY - TABLES, MEMORY, ACPI),
       (0xe0000000, 0xe0100000, RESERVED), (0xfec00000, 0x100000000, RESERVED)]
EXTENDED = (MEMORY - TABLES - 0x100000) >> 10

SERVICES = [
    "hello from real mode",
    "5003 mode",
    "0200 cursor",        # behind two lines
    "by string",
    "0774 cell",          # the t of "string", in grey
    "0730 scrolled, 1f20 below",
    "0220 equipment",     # a colour screen of 80 columns, one serial port
    "027f KiB",
    "no disk",
    "! serial",
    "yes0001 A20",
    f"{EXTENDED:04x} KiB above 1 MiB",
    f"{EXTENDED:04x}0000 KiB, then 64 KiB",
    "no system description",
    *(f"{start:016x}{end - start:016x}{kind:04x} map" for start, end, kind in MAP),
    "1c0d1c0d key",
    "ticks",
    "20 century",
]
RESETS = [
    "back from the keyboard controller",
    "back from port 92",
    "back from port CF9",
    "back from an INIT to itself",
    "started anew",
]
# Without a screen, what would be on it is told no more.
SCREENLESS = {"0200 cursor": "0000 cursor", "0774 cell": "0720 cell",
              "0730 scrolled, 1f20 below": "0720 scrolled, 0720 below"}


def told(report, run, name, lines):
    said = run.log.console(name).decode("latin-1").splitlines()
    for number, line in enumerate(lines):
        answer = said[number] if number < len(said) else "nothing"
        report.ok(answer == line, f"{name}: {line}", answer)
    result = run.log.result(f"vm/{name}")
    report.ok(result and result.ok and len(said) == len(lines), f"{name} ends in order", run.story())


def main():
    report = Report()
    absent = engine_missing("bochs") or guests_missing("bios.bin")
    if absent:
        report.skip("bios", absent)
        report.done()
    image = guest_file("bios.bin")
    keys = f"flat entry=16 address=0x10000 memory={MEMORY >> 20}M deadline=60"
    run = boot("bochs", "--append", "tests=none", "--memory", "128",
               "--module", f"{image} vm=screen {keys}",
               "--module", f"{image} vm=blind cpus=2 vga=off {keys}", cpus=1)
    expect(report, run, "bios", PASS)
    told(report, run, "screen", SERVICES + RESETS)
    told(report, run, "blind", [SCREENLESS.get(line, line) for line in SERVICES] + RESETS)
    report.done()


if __name__ == "__main__":
    main()
