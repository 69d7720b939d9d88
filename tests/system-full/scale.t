#!/usr/bin/env python3
"""A thousand VMs in 4 GiB: all run and end, and exits and switches cost what they cost with ten."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import bench_scale as scale  # noqa: E402
from plinth import PASS, Report, engine_missing, expect, guests_missing  # noqa: E402


def main():
    report = Report()
    absent = engine_missing("bochs") or guests_missing(*scale.FILES)
    if absent:
        report.skip("many VMs", absent)
        report.done()
    found = []
    for count in scale.COUNTS:
        run = scale.run(count)
        expect(report, run, f"{count} VMs", PASS)
        ended = [number for number in range(1, count) if run.log.result(f"vm/load-{number}")]
        report.ok(len(ended) == count - 1, f"{count} VMs: every one has its result", len(ended))
        told = scale.figures(run.raw, count)
        if report.ok(told, f"{count} VMs: measured"):
            found.append(told)
    for name, values in zip(("an exit", "a switch"), zip(*found)):
        report.ok(scale.apart(values) <= scale.SLACK, f"{name} costs the same with any number", values)
    report.done()


if __name__ == "__main__":
    main()
