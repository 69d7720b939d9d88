#!/usr/bin/env python3
"""Every path of the benchmark takes KVM, on the same emulated CPU, more than Plinth."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import bench  # noqa: E402
import bench_kvm as kvm  # noqa: E402
from plinth import Report  # noqa: E402


def main():
    report = Report()
    absent = kvm.missing()
    if absent:
        report.skip("the benchmark on KVM", absent)
        report.done()
    pairs = kvm.compare(kvm.measured(), bench.read_figures(os.path.join(bench.FOLDER, "figures.txt")))
    report.ok(len(pairs) > 20, "all paths are compared", pairs)
    for key, (theirs, ours) in sorted(pairs.items()):
        report.ok(theirs and ours.min < theirs.min, f"{bench.name(key)}: fewer ticks than KVM", f"{theirs} {ours}")
    report.done()


if __name__ == "__main__":
    main()
