#!/usr/bin/env python3
"""The comparison of golden runs: what is left out of a trace makes no difference, and an exit that is
removed, added, changed or moved is shown with three lines of context on either side."""

import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from plinth import ROOT, Report  # noqa: E402

TOOL = os.path.join(ROOT, "tests/golden.py")
EXITS = [f"reason=10(CPUID) rip=0x{0x8000 + 16 * number:x} len=2 qual=0x0 did=emulated leaf=0x{number:x}"
         for number in range(12)]


def log_of(exits, first=1, time=1000, cpu=0, vm=3, name="one_64", result="ok", console=()):
    """A log with one guest, whose exits are (vCPU, text)."""
    numbered = [f"exit vm={vm}({name}) vcpu={vcpu} {text}" for vcpu, text in exits]
    numbered += [f"guest vm={vm}({name})| {text}" for text in console]
    lines = ["[1 1us c0] info boot: Plinth starts"] + [f"[{first + i + 1} {time + 7 * i}us c{cpu}] {text}"
                                                      for i, text in enumerate(numbered)]
    word = "PASS passed=1 failed=0" if result == "ok" else "FAIL passed=0 failed=1"
    lines += ["TAP version 13", "1..1", f"{result} 1 - guest/{name}", f"verdict {word} skipped=0"]
    return "".join(f"{line}\r\n" for line in lines).encode()


def on_vcpu(exits, vcpu=0):
    return [(vcpu, text) for text in exits]


class Golden:
    """A folder with the recorded trace of a log, and comparisons with it."""

    def __init__(self, directory, log):
        self.directory = directory
        self.folder = os.path.join(directory, "golden")
        self.tool(log, "--record")

    def tool(self, log, *options):
        path = os.path.join(self.directory, "serial.log")
        with open(path, "wb") as file:
            file.write(log)
        done = subprocess.run([TOOL, "--log", path, "--folder", self.folder, *options],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        return done.returncode, done.stdout


def same(report, golden, name, log):
    status, output = golden.tool(log)
    report.ok(status == 0 and "1 traces as recorded, 0 differ" in output, name, output)


def differs(report, golden, name, log, *wanted):
    """Status 1, and these lines in this order, without others between them."""
    status, output = golden.tool(log)
    lines = [line.rstrip() for line in output.splitlines()]
    report.ok(status == 1, f"{name}: status 1", output)
    report.ok(lines[:len(wanted)] == list(wanted), f"{name}: the first difference in its context", output)


def line(mark, number, exit_):
    """A line of a report: trace lines begin with that of the vCPU."""
    return f"  {mark} {number + 2:4}   {EXITS[exit_] if isinstance(exit_, int) else exit_}"


def main():
    report = Report()
    with tempfile.TemporaryDirectory() as directory:
        golden = Golden(directory, log_of(on_vcpu(EXITS), console=["hello"]))
        with open(os.path.join(golden.folder, "one_64.txt"), encoding="utf-8") as file:
            recorded = file.read().splitlines()
        report.ok(recorded == ["vcpu 0"] + [f"  {e}" for e in EXITS] + ["console", "  hello", "result ok"],
                  "a recorded trace is what a reader expects", "\n".join(recorded))

        def log(exits, **options):
            return log_of(on_vcpu(exits), console=["hello"], **options)

        same(report, golden, "the same log is the same", log(EXITS))
        same(report, golden, "times, CPUs and the VM's number make no difference",
             log(EXITS, time=99999, cpu=0, vm=77))
        clock = ["reason=1(EXTERNAL_INTERRUPT) rip=0x9000 len=0 qual=0x0 did=resumed",
                 "reason=7(INTERRUPT_WINDOW) rip=0x9000 len=0 qual=0x0 did=resumed",
                 "reason=52(PREEMPTION_TIMER) rip=0x9002 len=0 qual=0x0 did=slice-over"]
        same(report, golden, "nor do the host's interrupts, slices, and windows behind them",
             log(EXITS[:4] + clock + EXITS[4:9] + clock[:1] + EXITS[9:]))

        differs(report, golden, "an exit less", log(EXITS[:5] + EXITS[6:]), "golden: one_64: line 7: disappeared",
                line(" ", 2, 2), line(" ", 3, 3), line(" ", 4, 4), line("-", 5, 5),
                line(" ", 5, 6), line(" ", 6, 7), line(" ", 7, 8), "golden: 0 traces as recorded, 1 differ")
        new = "reason=18(VMCALL) rip=0x8123 len=3 qual=0x0 did=resumed"
        differs(report, golden, "an exit more", log(EXITS[:5] + [new] + EXITS[5:]),
                "golden: one_64: line 7: appeared", line(" ", 2, 2), line(" ", 3, 3), line(" ", 4, 4),
                line("+", 5, new), line(" ", 6, 5), line(" ", 7, 6), line(" ", 8, 7),
                "golden: 0 traces as recorded, 1 differ")
        differs(report, golden, "a window without an interrupt before it",
                log(EXITS[:1] + clock[1:2] + EXITS[1:]), "golden: one_64: line 3: appeared")
        other = EXITS[5].replace("did=emulated", "did=injected #GP")
        differs(report, golden, "an exit answered otherwise", log(EXITS[:5] + [other] + EXITS[6:]),
                "golden: one_64: line 7: changed", line(" ", 2, 2), line(" ", 3, 3), line(" ", 4, 4),
                line("-", 5, 5), line("+", 5, other), line(" ", 6, 6), line(" ", 7, 7), line(" ", 8, 8))
        differs(report, golden, "an exit that comes later", log(EXITS[:5] + EXITS[6:9] + EXITS[5:6] + EXITS[9:]),
                "golden: one_64: line 7: moved down", line(" ", 2, 2), line(" ", 3, 3), line(" ", 4, 4),
                line("-", 5, 5))
        differs(report, golden, "an exit that comes earlier",
                log(EXITS[:5] + EXITS[8:9] + EXITS[5:8] + EXITS[9:]), "golden: one_64: line 7: moved up",
                line(" ", 2, 2), line(" ", 3, 3), line(" ", 4, 4), line("+", 5, 8))
        differs(report, golden, "an exit of another vCPU", log_of(on_vcpu(EXITS[:11]) + [(1, EXITS[11])],
                                                                 console=["hello"]),
                "golden: one_64: line 13: appeared", line(" ", 8, 8), line(" ", 9, 9), line(" ", 10, 10),
                "  +   13 vcpu 1")
        differs(report, golden, "another word on the console", log_of(on_vcpu(EXITS), console=["help"]),
                "golden: one_64: line 15: changed")
        differs(report, golden, "another result", log(EXITS, result="not ok"), "golden: one_64: line 16: changed")
        differs(report, golden, "another guest", log(EXITS, name="two_64"),
                "golden: one_64: it has no trace in this run",
                "golden: two_64: nothing is recorded of it: make golden RECORD=1")
        golden.tool(log(EXITS, name="two_64"), "--record")
        report.ok(os.listdir(golden.folder) == ["two_64.txt"], "recording leaves nothing of guests that are gone",
                  os.listdir(golden.folder))
    report.done()


if __name__ == "__main__":
    main()
