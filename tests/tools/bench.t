#!/usr/bin/env python3
"""The comparison of benchmark figures: up to 3 % slower passes, more fails by name, as does a path that is
gone; what is faster or new passes with a hint; and what is recorded is what is compared with. What Plinth
itself takes is read from logs and the linker's map."""

import os
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as tree

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import bench  # noqa: E402
import bench_footprint as footprint  # noqa: E402
import bench_kvm  # noqa: E402
import bench_linux  # noqa: E402
import bench_plot  # noqa: E402
from plinth import ROOT, Report  # noqa: E402

TOOL = os.path.join(ROOT, "tests/bench.py")
REFERENCE = "# a comment\ncpuid 110 959\nout_pic 150 1961\nipi 600 -\nlapic_write_soft 500 3620\n"
ONE_CPU = {"cpuid": (1000, 1000), "out_pic": (2000, 2010)}
TWO_CPUS = {"cpuid": (100, 105), "ipi": (3000, 4000)}
SOFTWARE = {"lapic_write": (400, 410), "cpuid": (5000, 5000)}


def log_of(paths, skipped=()):
    """A log in which the benchmark prints these paths' figures, and skips others."""
    said = [f"bench path={path} min={least} median={median} p99={median + 9} unit=tsc"
            for path, (least, median) in paths.items()]
    said += [f'bench path={path} skipped="there is one CPU"' for path in skipped]
    lines = ["[1 1us c0] info boot: Plinth starts"]
    lines += [f"[{number} {number}us c0] guest vm=1(bench)| {text}" for number, text in enumerate(said, 2)]
    lines += ["TAP version 13", "1..1", "ok 1 - vm/bench", "verdict PASS passed=1 failed=0 skipped=0"]
    return "".join(f"{line}\r\n" for line in lines).encode()


class Bench:
    """A folder with figures, recorded from ONE_CPU, TWO_CPUS and SOFTWARE, and comparisons with them."""

    def __init__(self, directory):
        self.directory = directory
        with open(os.path.join(directory, "reference.txt"), "w", encoding="utf-8") as file:
            file.write(REFERENCE)
        self.recorded = self.tool(log_of(ONE_CPU, ["ipi"]), log_of(TWO_CPUS), "--record")

    def tool(self, one, two, *options, software=None):
        paths = [os.path.join(self.directory, f"{run}.log") for run in ("one", "two", "software")]
        for path, data in zip(paths, (one, two, software or log_of(SOFTWARE))):
            with open(path, "wb") as file:
                file.write(data)
        done = subprocess.run([TOOL, "--log", *paths, "--folder", self.directory, *options],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        return done.returncode, done.stdout

    def with_changes(self, one=None, two=None, skipped=(), software=None):
        """Compares with runs in which some paths are other; one whose figures are None is not there."""
        runs = [{**ONE_CPU, **(one or {})}, {**TWO_CPUS, **(two or {})}]
        logs = [log_of({path: figures for path, figures in run.items() if figures}, skipped) for run in runs]
        return self.tool(*logs, software=log_of({**SOFTWARE, **(software or {})}))


def passes(report, name, outcome, *said):
    status, output = outcome
    report.ok(status == 0 and all(text in output for text in said), name, output)


def fails(report, name, outcome, *said):
    """Status 1, with exactly these complaints before the summary."""
    status, output = outcome
    complaints = [line for line in output.splitlines() if line.startswith("bench: ")][:-1]
    report.ok(status == 1 and complaints == [f"bench: {text}" for text in said], name, output)


BOOT_LINES = [b"[2 2us c0] info guest: memory vm=1(bench) ram_pages=4098 nested_pages=7 vcpus=2 vcpu_pages=12 other_pages=9\r\n",
              b"[3 3us c0] info boot: guests may run tsc=5000000 boot_ticks=4000000\r\n"]
MAP = """Discarded input sections
 .text.gone     0x0000000000000000       0x10 build/kernel/vm/halt.c.o
Linker script and memory map
 .boot.text     0x0000000040200080      0x100 build/kernel/boot/entry.asm.o
 .text.run      0x0000000040201000       0x40 build/kernel/vm/schedule/run_loop.c.o
 .text.a_name_too_long_for_its_column
                0x0000000040201040        0x8 build/kernel/vm/halt.c.o
 .rodata.table  0x0000000040300000     0x1000 build/kernel/zydis/SharedData.o
 .rodata.images 0x0000000040301000     0x2000 build/kernel/guest/registry.asm.o
 .symbols       0x0000000040304000      0x200 build/symbols/table.o
 .data.state    0x0000000040400000      0x300 build/kernel/vm/halt.c.o
"""


def check_footprint(report):
    one, four = (b"[1 1us c0] info boot: Plinth starts\r\n" + b"".join(lines)
                 for lines in (BOOT_LINES, [BOOT_LINES[1].replace(b"[3", b"[2").replace(b"ticks=4", b"ticks=9")]))
    values, parts = footprint.measured(one, four, MAP)
    report.ok(values == {"boot_1_cpu": 4000000, "boot_4_cpus": 9000000, "vcpu": 24576, "vm": 36864,
                         "image": 0x100 + 0x48 + 0x200}, "what Plinth itself takes", values)
    report.ok(parts == ({"boot": 0x100, "vm": 0x48, "decoder": 0x1000, "guests": 0x2000, "symbols": 0x200},
                        {"text": 0x148, "names of functions": 0x200}),
              "the image by part and by kind, without what was discarded or is written", parts)
    report.ok(footprint.table(values, {}, parts)[-1] == "image by kind: names of functions 512, text 328",
              "both are shown", footprint.table(values, {}, parts))
    line = footprint.table(values, {"boot_1_cpu": 5000000}, parts)[2].split()
    report.ok(line[:6] == "boot_1_cpu 4000000 5000000 -20.0 % 5000000".split(), "beside what was recorded", line)
    report.ok(footprint.measured(b"", b"", "") == ({}, ({}, {})), "nothing of runs that say nothing", "")


LINUX = """[1 1us c0] info boot: Plinth starts
[2 2us c0] info boot: guests may run tsc=500 boot_ticks=400
[3 3us c0] guest vm=1(linux)| plinth-guest: init CPUS=1 ONLINE=0 MACHINE=x86_64 KERNEL=6.1 TSC=1600
[4 4us c0] stats | vcpu 0: 31 exits; us in guest 9, in Plinth 9, halted 0, waiting 0
[4 4us c0] stats | vcpu 1: 10 exits; us in guest 9, in Plinth 9, halted 0, waiting 0
[5 5us c0] stats | exit (costs in ticks)            count       min    median       p99         max    sum/us
[6 6us c0] stats | 48(EPT_VIOLATION)                   11       582       992      8704       74842    179910
[7 7us c0] stats | 30(IO_INSTRUCTION)                  30       403       608      2176       10316    208824
[8 8us c0] stats | (a turn begins)                     90       674       736      2176        4435    166720
"""


def check_linux(report):
    told = bench_linux.under_plinth(LINUX.replace("\n", "\r\n").encode())
    report.ok(told == (1100, 41, [("30(IO_INSTRUCTION)", 30, 208824), ("48(EPT_VIOLATION)", 11, 179910)]),
              "Linux under Plinth: ticks, exits, the most frequent first", told)
    ticks = bench_linux.bare("plinth-guest: init CPUS=1 TSC=1400\n", "bare-bochs: ticks at the entry: 400\n")
    report.ok(ticks == 1000, "Linux on bare Bochs", ticks)
    report.ok(bench_linux.under_plinth(b"") is None and bench_linux.bare("", "") is None,
              "a Linux that does not come up", "")
    report.ok("two CPUs: 1100 ticks" in bench_linux.lines(told, 1000, 2)[0]
              and "1.100" in bench_linux.lines(told, 1000, 2)[0], "the ratio", bench_linux.lines(told, 1000, 2))


def check_kvm(report):
    def figures(**paths):
        return {bench.Key(path, 1): bench.Figures(least, least) for path, least in paths.items()}

    plinth = figures(cpuid=94, lapic_write=2, lapic_write_soft=436, ipi=485)
    pairs = bench_kvm.compare(figures(cpuid=979, lapic_write=3635, ipi=8795), plinth)
    report.ok({key.path: (theirs.min, ours.min) for key, (theirs, ours) in pairs.items()}
              == {"cpuid": (979, 94), "lapic_write": (3635, 436), "ipi": (8795, 485)}
              and not bench_kvm.faults(pairs), "KVM beside Plinth; its local APIC beside ours that makes exits", pairs)
    report.ok(bench_kvm.table(pairs, figures(cpuid=970), lambda key: key)[1].split() == "cpuid 1 979 970 94 0.10".split(),
              "and beside what was recorded of it", bench_kvm.table(pairs, figures(cpuid=970), lambda key: key))
    slower = bench_kvm.compare(figures(cpuid=94, lapic_write=3635), plinth)
    report.ok(bench_kvm.faults(slower) == ["bench: cpuid (1 CPU): Plinth takes 94 ticks, KVM 94",
                                           "bench: ipi (1 CPU): KVM has not measured it"],
              "a path in which KVM is as fast, and one that it does not measure", bench_kvm.faults(slower))


def check_plot(report):
    svg = bench_plot.picture([("cpuid", 250, 110, 959), ("ipi", 4000, 600, None), ("lapic_write", 0, None, None),
                              ("switch", 350, 350, 90000)])
    root = tree.fromstring(svg)
    said = [element.text for element in root.iter("{http://www.w3.org/2000/svg}text")]
    report.ok({"cpuid", "250 (KVM 959)", "ipi", "4000", "lapic_write", "0", "350 (KVM 90000)"} <= set(said), "the picture names paths and ticks", said)
    right = max(float(box.get("x")) + float(box.get("width")) for box in root.iter("{http://www.w3.org/2000/svg}rect"))
    report.ok(right <= float(root.get("width")), "no bar leaves the picture", right)


def check_picture(report):
    with open(os.path.join(ROOT, "docs/performance.svg"), encoding="utf-8") as file:
        report.ok(file.read() == bench.recorded_picture(), "docs/performance.svg shows the recorded figures",
                  "make bench RECORD=1 draws it")


def main():
    report = Report()
    check_footprint(report)
    check_picture(report)
    check_linux(report)
    check_kvm(report)
    check_plot(report)
    with tempfile.TemporaryDirectory() as directory:
        kept = Bench(directory)
        passes(report, "recording", kept.recorded, "figures of 5 paths recorded")
        same = kept.with_changes()
        passes(report, "the same figures", same, "bench: 5 paths, 0 of them slower or missing")
        report.ok("make bench RECORD=1" not in same[1], "nothing to record then", same[1])
        report.ok([line.split() for line in same[1].splitlines()[1:4]] == [
            "cpuid 1 1000 1000 +0.0 % 1000 1000 +0.0 % 110 9.09 959".split(),
            "out_pic 1 2000 2000 +0.0 % 2010 2010 +0.0 % 150 13.33 1961".split(),
            "lapic_write_soft 1 400 400 +0.0 % 410 410 +0.0 % 500 0.80 3620".split()],
                  "the table has a path's figures, target and KVM's", same[1])

        passes(report, "2.9 % slower", kept.with_changes({"cpuid": (1029, 1029)}), "+2.9 %")
        fails(report, "3.1 % slower", kept.with_changes({"cpuid": (1031, 1000)}),
              "cpuid (1 CPU): slower: min 1000 -> 1031 ticks, +3.1 %")
        fails(report, "the median slower", kept.with_changes({"out_pic": (2000, 2100)}),
              "out_pic (1 CPU): slower: median 2010 -> 2100 ticks, +4.5 %")
        fails(report, "two paths slower, one of them with two CPUs",
              kept.with_changes({"cpuid": (1100, 1000)}, {"ipi": (3000, 4200)}),
              "cpuid (1 CPU): slower: min 1000 -> 1100 ticks, +10.0 %",
              "ipi (2 CPUs): slower: median 4000 -> 4200 ticks, +5.0 %")
        passes(report, "with two CPUs the least sample is not judged",
               kept.with_changes(two={"ipi": (3500, 4000)}), "+16.7 %")
        passes(report, "with two CPUs the clock has steps of five ticks",
               kept.with_changes(two={"cpuid": (100, 110)}), "+4.8 %")
        fails(report, "two steps of it", kept.with_changes(two={"cpuid": (100, 115)}),
              "cpuid (2 CPUs): slower: median 105 -> 115 ticks, +9.5 %")
        fails(report, "a path that takes another run is slower", kept.with_changes(software={"lapic_write": (400, 500)}),
              "lapic_write_soft (1 CPU): slower: median 410 -> 500 ticks, +22.0 %")
        passes(report, "of which other paths do not count", kept.with_changes(software={"cpuid": (9000, 9000)}))
        fails(report, "a path that is gone", kept.with_changes({"out_pic": None}), "out_pic (1 CPU): missing")
        fails(report, "a path that is newly skipped", kept.with_changes(two={"ipi": None}, skipped=["ipi"]),
              "ipi (2 CPUs): skipped: there is one CPU")
        fails(report, "a run that says nothing", kept.tool(log_of({}), log_of(TWO_CPUS), software=log_of({})),
              "cpuid (1 CPU): missing", "out_pic (1 CPU): missing", "lapic_write_soft (1 CPU): missing")
        passes(report, "a path that is faster", kept.with_changes({"cpuid": (900, 900)}), "-10.0 %",
               "bench: faster by more than 3 %: cpuid (1 CPU): make bench RECORD=1")
        passes(report, "a path that is new", kept.with_changes({"hlt_wake": (9, 9)}),
               "bench: without figures: hlt_wake (1 CPU): make bench RECORD=1")
        kept.tool(log_of({"cpuid": (1100, 1100)}), log_of({}), "--record")
        passes(report, "what was recorded is compared with", kept.tool(log_of({"cpuid": (1100, 1100)}), log_of({})),
               "bench: 2 paths, 0 of them slower or missing")
    report.done()


if __name__ == "__main__":
    main()
