#!/usr/bin/env python3
"""The benchmark under Bochs: every path that has figures is measured, and none is slower by more than 3 %.
Boot, memory and the paths that have met their targets keep to them. What the benchmark prints is a line a path,
in the table's order, of a thousand samples without what reading the clock takes.
`make bench` shows all of them, `make bench RECORD=1` records them anew."""

import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import bench  # noqa: E402
import bench_footprint as footprint  # noqa: E402
from plinth import PASS, ROOT, Report, engine_missing, expect  # noqa: E402

# What takes two CPUs.
PAIRS = {"ipi"}
# Makes no exit where the CPU virtualizes the local APIC: its own instructions are all there is to count.
NO_EXIT, OWN_INSTRUCTIONS = "lapic_write", 2
SAMPLES = 1000
NUMBERS = ("no", "one", "two", "three", "four", "five")


def expect_lines(report, run, comparison):
    """With one CPU, where a tick is an instruction."""
    lines = [line for line in run.log.console("bench").decode("latin-1").splitlines() if line.startswith("bench path=")]
    wrong = [line for line in lines if not bench.SAMPLES.fullmatch(line) and not bench.SKIPPED.fullmatch(line)]
    report.ok(not wrong, "a line for a path, in its form", "\n".join(wrong))
    paths = [line.split()[1].partition("=")[2] for line in lines]
    wanted = [path for path in comparison.reference if path not in bench.SOFTWARE_PATHS.values()]
    report.ok(paths == wanted, "paths come in the table's order", paths)
    figures = [tuple(map(int, samples.groups()[1:])) for samples in map(bench.SAMPLES.fullmatch, lines) if samples]
    report.ok(all(least <= median <= p99 for least, median, p99 in figures), "min, median and p99 rise", "\n".join(lines))
    own = comparison.now(NO_EXIT, 1)
    report.ok(own and own.min <= OWN_INSTRUCTIONS, f"{NO_EXIT}: nothing but its own instructions is counted", own)
    match = run.log.find(r"vm: exits vm=\d+\(bench\) .* rdmsr=(\d+) .* hypercall=(\d+) ")
    report.ok(match and match.groups() == (str(SAMPLES),) * 2, f"{SAMPLES} samples were taken", match and match[0])
    report.ok(run.log.find(r"stats \| 10\(CPUID\) +\d+ "), "statistics were kept meanwhile", run.story())


def expect_boot(report, data, measure):
    ticks, most = footprint.boot_ticks(data), footprint.target(measure)
    report.ok(ticks and ticks < most, f"{measure}: guests run before {most} ticks", f"{ticks} ticks")


def expect_memory(report, data):
    values, _ = footprint.measured(data, b"", "")
    for measure in ("vcpu", "vm"):
        is_, most = values.get(measure), footprint.target(measure)
        report.ok(is_ and is_ < most, f"{measure}: fewer than {most} bytes", f"{is_} bytes")


def expect_account(report, comparison):
    """docs/performance.md goes through CPUID's exit instruction by instruction: all of them are there."""
    with open(os.path.join(ROOT, "docs/performance.md"), encoding="utf-8") as file:
        told = file.read().partition("## The exit path, instruction by instruction")[2].partition("\n## ")[0]
    ticks, own = re.search(r"CPUID costs a guest (\d+) ticks: (\w+) instructions of its own", told).groups()
    steps = [int(number) for number in re.findall(r"^\| [^|]+ \| (\d+) \|", told, re.MULTILINE)]
    measured = comparison.now("cpuid", 1)
    report.ok(measured and int(ticks) == measured.min, "docs/performance.md tells of CPUID what was measured", ticks)
    report.ok(sum(steps) + NUMBERS.index(own) == int(ticks), "and its steps add up to that", f"{own} and {sum(steps)}")


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
    logs, runs = {}, {}
    for cpus in bench.JUDGED:
        run = runs[cpus] = bench.run(cpus)
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
    expect_lines(report, runs[1], comparison)
    expect_memory(report, logs[1])
    expect_account(report, comparison)
    expect_targets(report, comparison)
    report.done()


if __name__ == "__main__":
    main()
