#!/usr/bin/env python3
"""A guest that computes gets nearly all of its CPU, also with random access over 1 GiB, which one nested page of
1 GiB maps, or 512 of 2 MiB."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import bench_compute as compute  # noqa: E402
from plinth import PASS, Report, engine_missing, expect  # noqa: E402


def main():
    report = Report()
    absent = engine_missing("bochs")
    if absent:
        report.skip("computing", absent)
        report.done()
    for pages, (number, name) in compute.RUNS.items():
        run, told = compute.run_plinth(pages)
        expect(report, run, f"computing in pages up to {name}", PASS)
        report.ok(told.largest == name, f"pages={pages}: pages of {name} map the guest's RAM", told.largest)
        rows = compute.ratios(told.totals, compute.run_bare(number))
        report.ok(len(rows) == 3, f"pages={pages}: three loops were measured", rows)
        for path, plinth, bare in rows:
            report.ok(plinth <= compute.LIMIT * bare, f"{path}: at most {compute.LIMIT} of bare",
                      compute.line(path, plinth, bare))
    report.done()


if __name__ == "__main__":
    main()
