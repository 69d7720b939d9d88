#!/usr/bin/env python3
"""The self-test under Bochs with 1, 2, 4 and 8 CPUs, with all that selftest=full repeats: every guest's line,
and a verdict PASS. Without the option, a part of the repetitions."""

import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from plinth import (ONE_CPU, PASS, Report, boot, engine_missing, expect,  # noqa: E402
                    expect_cpus, expect_guests, expect_parallel_start)


ROUNDS = re.compile(r"vmx/(\d+)-rounds-on-every-cpu-leak-nothing")


def expect_rounds(report, run, name, rounds):
    """VMX was turned on and off so often, on every CPU at once, and nothing of it stayed."""
    found = [(int(match[1]), result) for result in run.log.results
             if (match := ROUNDS.fullmatch(result.name))]
    report.ok(len(found) == 1 and found[0][0] == rounds and found[0][1].ok and not found[0][1].skip,
              f"{name}: VMX goes on and off {rounds} times", f"{found}\n{run.story()}")


def part_of_the_rounds(report):
    name = "Bochs, without selftest=full"
    run = boot("bochs", "--append", "tests=none", cpus=2)
    expect(report, run, name, PASS)
    expect_rounds(report, run, name, 62)


def main():
    report = Report()
    for cpus in (1, 2, 4, 8):
        name = f"Bochs, {cpus} CPUs"
        absent = engine_missing("bochs")
        if absent:
            report.skip(name, absent)
            continue
        run = boot("bochs", "--append", "selftest=full", cpus=cpus)
        expect(report, run, name, PASS)
        expect_cpus(report, run, name, cpus)
        if cpus > 1:
            expect_parallel_start(report, run, name, cpus)
        expect_rounds(report, run, name, 1000)
        expect_guests(report, run, name, (ONE_CPU,) if cpus == 1 else ())
    if not engine_missing("bochs"):
        part_of_the_rounds(report)
    report.done()


if __name__ == "__main__":
    main()
