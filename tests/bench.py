#!/usr/bin/env python3
"""The benchmark under Bochs, with one CPU and with two: what each path costs now, beside what it cost when
figures were last recorded in tests/bench/figures.txt, its target, and what KVM takes. A third run tells what
the local APIC costs where the CPU does not virtualize it.

A path is slower when a figure of it is more than 3 % above the recorded one; then the status is 1. A path
that has figures and is not measured any more is as bad."""

import argparse
import os
import re
import sys
from collections import namedtuple

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import bench_footprint as footprint  # noqa: E402
import bench_plot  # noqa: E402
from log_check import Log  # noqa: E402
from plinth import PASS, ROOT, boot, engine_missing  # noqa: E402

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "bench")
SLACK = 0.03
# Which figures are judged, by the number of CPUs. The least of two CPUs' samples hangs on how they
# happen to fall together: another command line changes it, but not the median.
JUDGED = {1: ("min", "median"), 2: ("median",)}
# Bochs runs several CPUs in turns of five instructions, and by that much their clocks are uncertain.
STEP = {1: 0, 2: 5}
# Ticks that Bochs takes for a second: a figure holds for this clock, as timers' interrupts are among
# what is measured.
CLOCK = 10000000

# Paths that are others where the hardware's help for the local APIC is not used, and what they are called.
SOFTWARE = "bench=1 apicv=off"
SOFTWARE_PATHS = {"lapic_write": "lapic_write_soft"}

SAMPLES = re.compile(r"bench path=(\w+) min=(\d+) median=(\d+) p99=(\d+) unit=tsc")
SKIPPED = re.compile(r'bench path=(\w+) skipped="([^"]*)"')

Key = namedtuple("Key", "path cpus")
Figures = namedtuple("Figures", "min median")
Reference = namedtuple("Reference", "target kvm")
# What is told of a path: figures `now` and `stored`, or None, and `fault`, a sentence or nothing.
Row = namedtuple("Row", "key now stored fault")


def name(key):
    return f"{key.path} ({key.cpus} CPU{'s' if key.cpus > 1 else ''})"


# --- where numbers come from --------------------------------------------------------------------

def figures_in(text, cpus):
    """From what the benchmark says: the figures of each path, and why others were skipped."""
    figures, skipped = {}, {}
    for line in text.splitlines():
        samples, skip = SAMPLES.fullmatch(line), SKIPPED.fullmatch(line)
        if samples:
            figures[Key(samples[1], cpus)] = Figures(int(samples[2]), int(samples[3]))
        elif skip:
            skipped[Key(skip[1], cpus)] = skip[2]
    return figures, skipped


def measured(data, cpus):
    """The same from a log's bytes."""
    return figures_in(Log(data).console("bench").decode("latin-1"), cpus)


def measured_in_software(data):
    """From the log of a run with SOFTWARE on one CPU: the figures of the paths that are others there."""
    figures, _ = measured(data, 1)
    return {Key(SOFTWARE_PATHS[key.path], 1): found for key, found in figures.items() if key.path in SOFTWARE_PATHS}


def words(path):
    """The lines of a file that are no comments, as lists of words."""
    with open(path, encoding="utf-8") as file:
        return [line.split() for line in file if line.strip() and not line.startswith("#")]


def least_of(figures, path):
    """The least sample of a path, with one CPU if it was measured so; None if it was not measured."""
    return next((figures[Key(path, cpus)].min for cpus in JUDGED if Key(path, cpus) in figures), None)


def read_reference(folder=FOLDER):
    """Targets and KVM's figures by path; None where there is none. Of KVM, what was measured here stands for what
    is not given."""
    def number(word):
        return None if word == "-" else int(word)

    kvm = read_figures(os.path.join(folder, "kvm.txt"))
    return {row[0]: Reference(number(row[1]), number(row[2]) or least_of(kvm, row[0]))
            for row in words(os.path.join(folder, "reference.txt"))}


def read_figures(path):
    if not os.path.exists(path):
        return {}
    return {Key(row[0], int(row[1])): Figures(int(row[2]), int(row[3])) for row in words(path)}


def write_figures(path, figures, order, written_by="make bench RECORD=1"):
    lines = [f"# Written by `{written_by}`: PATH CPUS MIN MEDIAN, ticks of a thousand samples under Bochs.\n"]
    lines += [f"{key.path:18} {key.cpus} {figures[key].min:6} {figures[key].median:6}\n"
              for key in sorted(figures, key=order)]
    with open(path, "w", encoding="utf-8") as file:
        file.writelines(lines)


# --- comparing ----------------------------------------------------------------------------------

def change(now, stored):
    """In per cent, as text."""
    return f"{100 * (now - stored) / stored:+.1f} %" if stored else f"{now - stored:+} ticks"


def slower(key, now, stored):
    """Which of the figures that are judged are beyond the slack above `stored`."""
    return [kind for kind in JUDGED[key.cpus]
            if getattr(now, kind) > getattr(stored, kind) * (1 + SLACK)
            and getattr(now, kind) - getattr(stored, kind) > STEP[key.cpus]]


def fault_of(key, now, stored, skipped):
    """What is wrong with a path that has figures or is measured; nothing when nothing is."""
    if stored is None:
        return ""
    if now is None:
        return f"skipped: {skipped[key]}" if key in skipped else "missing"
    return ", ".join(f"slower: {kind} {getattr(stored, kind)} -> {getattr(now, kind)} ticks, "
                     f"{change(getattr(now, kind), getattr(stored, kind))}"
                     for kind in slower(key, now, stored))


def compare(now, skipped, stored, order):
    """The rows of all paths that are measured or have figures."""
    return [Row(key, now.get(key), stored.get(key),
                fault_of(key, now.get(key), stored.get(key), skipped))
            for key in sorted(set(now) | set(stored), key=order)]


def table(rows, reference):
    """The lines of the table."""
    def columns(row, kind):
        now, stored = (getattr(figures, kind, None) for figures in (row.now, row.stored))
        changed = "-" if None in (now, stored) else change(now, stored)
        return f"{cell(now):>7} {cell(stored):>7} {changed:>8}"

    def cell(value):
        return "-" if value is None else str(value)

    lines = [f"{'path':18} CPUs {'min':>7} {'stored':>7} {'change':>8} {'median':>8} {'stored':>7} {'change':>8}"
             f" {'target':>7} {'of it':>6} {'KVM':>5}"]
    for row in rows:
        target, kvm = reference.get(row.key.path, Reference(None, None))
        share = "-" if None in (row.now, target) else f"{row.now.min / target:.2f}"
        lines.append(f"{row.key.path:18} {row.key.cpus:4} {columns(row, 'min')}  {columns(row, 'median')} "
                     f"{cell(target):>7} {share:>6} {cell(kvm):>5}  {row.fault.partition(':')[0]}".rstrip())
    return lines


def verdict(rows):
    """Sentences for the end, and whether all is well."""
    faults = [f"bench: {name(row.key)}: {row.fault}" for row in rows if row.fault]
    new = [name(row.key) for row in rows if row.stored is None]
    faster = [name(row.key) for row in rows if row.now and row.stored
              and slower(row.key, row.stored, row.now)]
    hints = []
    if new:
        hints.append(f"bench: without figures: {', '.join(new)}: make bench RECORD=1")
    if faster:
        hints.append(f"bench: faster by more than 3 %: {', '.join(faster)}: make bench RECORD=1")
    summary = f"bench: {len(rows)} paths, {len(faults)} of them slower or missing"
    return faults + hints + [summary], not faults


# --- the program --------------------------------------------------------------------------------

def run(cpus, append="bench=1"):
    """The run under Bochs that is measured."""
    return boot("bochs", "--append", append, cpus=cpus, ticks=CLOCK)


def log_of(cpus, append="bench=1"):
    """Its log; a run that fails ends the program."""
    done = run(cpus, append)
    if done.status != PASS:
        sys.exit(f"bench: the run with cpus={cpus} failed\n{done.story()}")
    return done.raw


def logs():
    """The logs of runs with one CPU and with two, by their number, and of the one with SOFTWARE."""
    absent = engine_missing("bochs")
    if absent:
        sys.exit(f"bench: {absent}")
    return {cpus: log_of(cpus) for cpus in JUDGED}, log_of(1, SOFTWARE)


def kept_logs(paths):
    """The same from files."""
    def content(path):
        with open(path, "rb") as file:
            return file.read()

    *judged, software = paths
    return {cpus: content(path) for cpus, path in zip(JUDGED, judged)}, content(software)


def in_order_of(reference):
    """The order of rows: one CPU first, then as the reference has the paths."""
    places = {path: place for place, path in enumerate(reference)}
    return lambda key: (key.cpus, places.get(key.path, len(places)), key.path)


class Comparison:
    """What runs measured, beside the figures in a folder."""

    def __init__(self, runs, software, folder=FOLDER):
        """`runs`: logs' bytes by number of CPUs; `software`: those of the run with SOFTWARE."""
        self.reference = read_reference(folder)
        self._file = os.path.join(folder, "figures.txt")
        self._order = in_order_of(self.reference)
        self._now, skipped = {}, {}
        for cpus, data in runs.items():
            figures, skips = measured(data, cpus)
            self._now.update(figures)
            skipped.update(skips)
        self._now.update(measured_in_software(software))
        self.rows = compare(self._now, skipped, read_figures(self._file), self._order)

    def now(self, path, cpus):
        """What was measured, or None."""
        return self._now.get(Key(path, cpus))

    def record(self):
        write_figures(self._file, self._now, self._order)
        return len(self._now)


def show_footprint(one_cpu, recording):
    """What Plinth itself takes, from the log with one CPU, a run with four, and the linker's map."""
    file = os.path.join(FOLDER, "footprint.txt")
    with open(os.path.join(ROOT, "build/plinth.map"), encoding="utf-8") as linker_map:
        values, parts = footprint.measured(one_cpu, log_of(4, "tests=guest/hlt_64"), linker_map.read())
    print("\n".join(footprint.table(values, footprint.read(file), parts)))
    if recording:
        footprint.write(file, values)


def picture(figures):
    """Of these figures by key: of one CPU, and what takes two, beside the reference."""
    reference = read_reference()
    shown = {path: least_of(figures, path) for path in reference}
    return bench_plot.picture([(path, ticks, *reference[path]) for path, ticks in shown.items() if ticks is not None])


def recorded_picture():
    """That in docs/."""
    return picture(read_figures(os.path.join(FOLDER, "figures.txt")))


def draw(folder, svg):
    with open(os.path.join(ROOT, folder, "performance.svg"), "w", encoding="utf-8") as file:
        file.write(svg)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--record", action="store_true", help="write the figures instead of comparing")
    parser.add_argument("--log", metavar="FILE", nargs=3,
                        help=f"logs of runs with one CPU, with two, and with one and {SOFTWARE}")
    parser.add_argument("--folder", default=FOLDER, help="where figures.txt and reference.txt are")
    arguments = parser.parse_args()
    runs, software = kept_logs(arguments.log) if arguments.log else logs()
    comparison = Comparison(runs, software, arguments.folder)

    print("\n".join(table(comparison.rows, comparison.reference)))
    if not arguments.log:
        show_footprint(runs[1], arguments.record)
        draw("build", picture({row.key: row.now for row in comparison.rows if row.now}))
    if arguments.record:
        print(f"bench: figures of {comparison.record()} paths recorded")
        if arguments.folder == FOLDER:
            draw("docs", recorded_picture())
        return 0
    sentences, good = verdict(comparison.rows)
    print("\n".join(sentences))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
