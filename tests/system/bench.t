#!/usr/bin/env python3
"""The benchmark under Bochs: every path that has figures is measured, and none is slower by more than 3 %.
Boot, memory and the paths that have met their targets keep to them.
`make bench` shows all of them, `make bench RECORD=1` records them anew."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import bench  # noqa: E402
import bench_footprint as footprint  # noqa: E402
from plinth import PASS, Report, engine_missing, expect  # noqa: E402

# What takes two CPUs.
PAIRS = {"ipi"}


def expect_boot(report, data, measure):
    ticks, most = footprint.boot_ticks(data), footprint.target(measure)
    report.ok(ticks and ticks < most, f"{measure}: guests run before {most} ticks", f"{ticks} ticks")


def expect_memory(report, data):
    values, _ = footprint.measured(data, b"", "")
    for measure in ("vcpu", "vm"):
        is_, most = values.get(measure), footprint.target(measure)
        report.ok(is_ and is_ < most, f"{measure}: fewer than {most} bytes", f"{is_} bytes")


def expect_targets(report, comparison):
    """With one CPU: with two a figure is a multiple of what each is given in turn."""
    for row in comparison.rows:
        target = comparison.reference[row.key.path].target
        if row.key.cpus == 1 and row.stored and row.stored.min <= target:
            report.ok(row.now and row.now.min <= target, f"{row.key.path}: {target} ticks at most", row.now)


def main():
    report = Report()
    absent = engine_missing("bochs")
    if absent:
        report.skip("the benchmark", absent)
        report.done()
    logs = {}
    for cpus in bench.JUDGED:
        run = bench.run(cpus)
        expect(report, run, f"the benchmark, cpus={cpus}", PASS)
        logs[cpus] = run.raw
    software = bench.run(1, bench.SOFTWARE)
    expect(report, software, f"the benchmark, {bench.SOFTWARE}", PASS)
    expect_boot(report, logs[1], "boot_1_cpu")
    four = bench.run(4, "tests=guest/hlt_64")
    expect(report, four, "boot, cpus=4", PASS)
    expect_boot(report, four.raw, "boot_4_cpus")
    comparison = bench.Comparison(logs, software.raw)
    for cpus in bench.JUDGED:
        wanted = set(comparison.reference) - (PAIRS if cpus == 1 else set(bench.SOFTWARE_PATHS.values()))
        there = {row.key.path for row in comparison.rows if row.key.cpus == cpus and row.now}
        report.ok(there == wanted, f"cpus={cpus}: every path is measured", there ^ wanted)
    for row in comparison.rows:
        report.ok(row.stored and not row.fault, f"{bench.name(row.key)}: no slower than recorded",
                  row.fault or "it has no figures: make bench RECORD=1")
    expect_memory(report, logs[1])
    expect_targets(report, comparison)
    report.done()


if __name__ == "__main__":
    main()
