#!/usr/bin/env python3
"""What Plinth's command line changes, seen on the wire: how much of the log is exit lines, which
tests run, safe mode, the local APIC's mode, the scheduler's timer, and how a run ends."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from plinth import (ONE_CPU, PASS, Report, boot, engine_missing, expect,  # noqa: E402
                    expect_cpus, expect_guests)

NO_SLICE_TIMER = "the CPU's own slice timer is not in use: timer=apic"
FEW = "guest/hlt_64,guest/cpuid_32,guest/hypercall_*"


def few(report, options, name, cpus=2):
    """A run of a few guests, with these keys as well."""
    run = boot("bochs", "--append", f"tests={FEW} {options}", cpus=cpus)
    expect(report, run, name, PASS)
    return run


def exits_keys(report):
    run = few(report, "exits=all", "exits=all")
    lines = run.log.exits()
    report.ok(lines, "exits=all prints exits", run.story())
    named = {result.name for result in run.log.results}
    report.ok({"guest/hlt_64", "guest/cpuid_32", "guest/hypercall_16"} <= named
              and not {"guest/hlt_32", "guest/cpuid_64"} & named,
              "tests= runs what it names and nothing else", named)
    run = few(report, "exits=summary", "exits=summary")
    report.ok(not run.log.exits() and run.log.find(r"exits vm=\d+\(hlt_64\) total=\d+"),
              "exits=summary prints one line a guest", run.story())
    run = few(report, "exits=off", "exits=off")
    report.ok(not run.log.exits() and not run.log.find(r"exits vm="),
              "exits=off prints none", run.story())


def other_keys(report):
    run = few(report, "log=warn", "log=warn")
    # The first lines come before Plinth has read its command line.
    late = [entry for entry in run.log.messages(level="info") if entry.seq > 2]
    report.ok(not late, "log=warn keeps info lines away", late)
    run = few(report, "frobnicate=1 cpus=banana", "bad keys")
    told = " ".join(entry.text for entry in run.log.messages(level="warn"))
    report.ok("frobnicate" in told and "banana" in told, "bad keys are named", run.story())
    run = few(report, "cpus=2", "cpus=2 of 4", cpus=4)
    report.ok(run.log.find(r"cpus-online=2\b") and max(e.cpu for e in run.log.entries) < 2,
              "cpus= leaves CPUs out", run.story())
    for mode in ("xapic", "x2apic"):
        run = few(report, f"apic={mode}", f"apic={mode}", cpus=4)
        report.ok(run.log.find(f"lapic: mode={mode} "), f"apic={mode} is what is used", run.story())
        expect_cpus(report, run, f"apic={mode}", 4)


def whole_runs(report):
    """Everything, in the menu's safe mode and with the timer interrupt for time slices."""
    run = boot("bochs", "--append", "cpus=1 vpid=off pages=small exits=summary", cpus=2)
    expect(report, run, "safe mode", PASS)
    expect_guests(report, run, "safe mode", (ONE_CPU,))
    run = boot("bochs", "--append", "timer=apic exits=summary", cpus=2)
    expect(report, run, "timer=apic", PASS)
    expect_guests(report, run, "timer=apic", (NO_SLICE_TIMER,))


def main():
    report = Report()
    absent = engine_missing("bochs")
    if absent:
        report.skip("the command line", absent)
        report.done()
    exits_keys(report)
    other_keys(report)
    whole_runs(report)
    report.done()


if __name__ == "__main__":
    main()
