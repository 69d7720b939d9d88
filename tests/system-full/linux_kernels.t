#!/usr/bin/env python3
"""The distribution's other kernels, and the other ways to enter and to furnish one: the large 64-bit
kernel by both protected-mode entries, the 32-bit one, and two and four vCPUs with nothing but
console=ttyS0, also in time slices of other lengths."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from linux_guest import (SHORT, expect_linux, linux, linux_missing,  # noqa: E402
                         unknown_warnings)
from plinth import PASS, Report, boot, engine_missing, expect  # noqa: E402

SECONDS = 1200
CPUS = 2

# Kernel, keys, vCPUs, command line, and Plinth's own. With slices of these lengths interrupts came, on
# Bochs, to handlers that had theirs off: docs/vmx.md, "Local APICs of guests".
CASES = [
    ("amd64", "entry=64", 1, SHORT, ""),
    ("amd64", "entry=32", 1, SHORT, ""),
    ("686", "", 1, SHORT, ""),
    ("cloud", "entry=32", 1, SHORT, ""),
    ("cloud", "apic=xapic", 2, SHORT, ""),
    ("cloud", "", 2, "console=ttyS0", ""),
    ("cloud", "", 4, "console=ttyS0", ""),
    ("cloud", "", 2, "console=ttyS0", "slice=900"),
    ("cloud", "", 2, "console=ttyS0", "slice=970"),
    ("cloud", "", 2, "console=ttyS0 nox2apic", "slice=985"),
]


def case(report, flavour, keys, cpus, line, own):
    name = f"linux-{flavour} {keys} cpus={cpus} {line.split()[0]} {own}"
    run = boot("bochs", "--append", f"tests=none {own}", "--memory", "512",
               *linux("web", f"{keys} cpus={cpus}", line, "dmesg -r | grep -v ^.[5-7]; true", flavour),
               cpus=min(cpus, CPUS), seconds=SECONDS)
    expect(report, run, name, PASS)
    console = expect_linux(report, run, "web", name, cpus)
    if flavour == "cloud":
        warnings = unknown_warnings(console)
        report.ok(not warnings, f"{name}: no warning that is not given on the bare emulator",
                  "\n".join(warnings))


def main():
    report = Report()
    for flavour, keys, cpus, line, own in CASES:
        absent = engine_missing("bochs") or linux_missing(flavour)
        if absent:
            report.skip(f"linux-{flavour} {keys} cpus={cpus}", absent)
        else:
            case(report, flavour, keys, cpus, line, own)
    report.done()


if __name__ == "__main__":
    main()
