#!/usr/bin/env python3
"""QEMU without VMX, BIOS and UEFI, with up to 128 CPUs: everything that needs no VMX runs, and
the run ends with status 3 and its reason. All of them start in parallel."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from plinth import (NOVMX, Report, boot, engine_missing, expect, expect_cpus,  # noqa: E402
                    expect_no_vmx, expect_parallel_start)

MACHINES = [
    ("bios", 1), ("bios", 4), ("bios", 16), ("bios", 64), ("bios", 128),
    ("uefi", 1), ("uefi", 4), ("uefi", 64), ("uefi", 128),
]


def main():
    report = Report()
    for firmware, cpus in MACHINES:
        name = f"QEMU TCG, {firmware}, {cpus} CPUs"
        absent = engine_missing("tcg", firmware)
        if absent:
            report.skip(name, absent)
            continue
        run = boot("tcg", "--firmware", firmware, "--append", "selftest=full", cpus=cpus)
        expect(report, run, name, NOVMX)
        expect_cpus(report, run, name, cpus)
        if cpus > 1:
            expect_parallel_start(report, run, name, cpus)
        expect_no_vmx(report, run, name, "VMX")
        report.ok(run.log.find(f"firmware={firmware}"), f"{name}: Plinth knows its firmware",
                  run.story())
    report.done()


if __name__ == "__main__":
    main()
