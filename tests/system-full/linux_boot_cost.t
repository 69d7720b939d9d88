#!/usr/bin/env python3
"""A boot of Linux takes hardly longer under Plinth than without it, and makes few exits, with one CPU and with
two."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import bench_linux as linux  # noqa: E402
from linux_guest import linux_missing  # noqa: E402
from plinth import Report, engine_missing  # noqa: E402


def main():
    report = Report()
    absent = engine_missing("bochs") or linux_missing()
    if absent:
        report.skip("what a boot of Linux costs", absent)
        report.done()
    for cpus, name in linux.CPUS.items():
        boot, bare = linux.run_plinth(cpus), linux.run_bare(cpus)
        told = "\n".join(linux.lines(boot, bare, cpus))
        report.ok(boot.ticks <= linux.RATIO_TARGET * bare, f"{name}: at most {linux.RATIO_TARGET} of bare", told)
        report.ok(boot.exits < linux.EXITS_TARGET, f"{name}: fewer than {linux.EXITS_TARGET} exits", told)
    report.done()


if __name__ == "__main__":
    main()
