#!/usr/bin/env python3
"""The same image on Bochs twice gives the same log, byte for byte and so tick for tick: the same
exits, on the same CPUs, at the same times. And four CPUs share fairly."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from plinth import PASS, Report, boot, engine_missing, expect  # noqa: E402


def exits_by_guest(log):
    """Each guest's exits as they stand on the wire, without number, time and CPU."""
    found = {}
    for entry in log.exits():
        found.setdefault(entry.fields["name"], []).append(entry.text.split("] ", 1)[1])
    return found


def first_difference(one, other):
    for name in sorted(set(one) | set(other)):
        for number, pair in enumerate(zip(one.get(name, []), other.get(name, []))):
            if pair[0] != pair[1]:
                return f"{name}, exit {number}:\n{pair[0]}\n{pair[1]}"
        if len(one.get(name, [])) != len(other.get(name, [])):
            return f"{name}: {len(one.get(name, []))} and {len(other.get(name, []))} exits"
    return "none"


def main():
    report = Report()
    absent = engine_missing("bochs")
    if absent:
        report.skip("two runs under Bochs", absent)
        report.done()
    runs = [boot("bochs", cpus=4) for _ in range(2)]
    for number, run in enumerate(runs, 1):
        expect(report, run, f"run {number}", PASS)
    exits = [exits_by_guest(run.log) for run in runs]
    report.ok(len(exits[0]) > 1, "there are exits of several guests", list(exits[0]))
    report.ok(exits[0] == exits[1], "each guest has the same exits in both runs",
              first_difference(*exits))
    logs = [run.raw.split(b"\n") for run in runs]
    report.ok(logs[0] == logs[1], "both logs are the same, times and CPUs included",
              next((f"{a!r}\n{b!r}" for a, b in zip(*logs) if a != b), "one is longer"))
    for number, run in enumerate(runs, 1):
        fair = run.log.result("guest/fairness_64")
        report.ok(fair and fair.ok and not fair.skip, f"run {number}: equal shares for equal vCPUs",
                  fair)
    report.done()


if __name__ == "__main__":
    main()
