#!/usr/bin/env python3
"""What the command line changes: slices ended by the timer interrupt, and how much is told of exits."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from plinth import PASS, Report, boot, engine_missing, expect, expect_guests  # noqa: E402


def main():
    report = Report()
    absent = engine_missing("bochs")
    if absent:
        report.skip("options under Bochs", absent)
        report.done()

    name = "timer=apic"
    run = boot("bochs", "--append", name, cpus=2)
    expect(report, run, name, PASS)
    expect_guests(report, run, name)
    ticks = [e for e in run.log.exits() if e.fields["name"] == "runaway_64" and "vector=224" in e.text]
    report.ok(len(ticks) > 1, f"{name}: the timer interrupt takes the CPU from a runaway guest",
              run.story())

    name = "exits=summary slice=200 vpid=off pages=small"
    run = boot("bochs", "--append", name, cpus=2)
    expect(report, run, name, PASS)
    expect_guests(report, run, name)
    report.ok(run.log.find(r"vm: exits vm=\d+\(fairness_64\) total=\d+ .*\btime-slice=\d+"),
              f"{name}: a guest's exits are counted", run.story())
    report.done()


if __name__ == "__main__":
    main()
