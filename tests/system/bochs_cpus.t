#!/usr/bin/env python3
"""The self-test under Bochs with 1, 2, 4 and 8 CPUs: every guest's line, and a verdict PASS."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from plinth import (ONE_CPU, PASS, Report, boot, engine_missing, expect,  # noqa: E402
                    expect_cpus, expect_guests)


def main():
    report = Report()
    for cpus in (1, 2, 4, 8):
        name = f"Bochs, {cpus} CPUs"
        absent = engine_missing("bochs")
        if absent:
            report.skip(name, absent)
            continue
        run = boot("bochs", cpus=cpus)
        expect(report, run, name, PASS)
        expect_cpus(report, run, name, cpus)
        expect_guests(report, run, name, (ONE_CPU,) if cpus == 1 else ())
    report.done()


if __name__ == "__main__":
    main()
