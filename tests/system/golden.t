#!/usr/bin/env python3
"""The embedded guests do under Bochs exactly what they did when their traces were recorded: the first
difference of each is shown with what surrounds it. `make golden RECORD=1` records anew."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import golden  # noqa: E402
from plinth import PASS, Report, boot, engine_missing, expect  # noqa: E402


def main():
    report = Report()
    absent = engine_missing("bochs")
    if absent:
        report.skip("golden runs", absent)
        report.done()
    run = boot("bochs", cpus=1)
    expect(report, run, "all guests", PASS)
    outcome = golden.compare(golden.FOLDER, golden.traces(run.raw))
    report.ok(len(outcome) > 100, "most embedded guests have a trace", len(outcome))
    for name, difference in outcome:
        report.ok(not difference, f"{name}: as recorded", "\n".join(difference))
    report.done()


if __name__ == "__main__":
    main()
