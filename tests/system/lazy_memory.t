#!/usr/bin/env python3
"""Memory on demand. VMs that may have more than the host has left are stopped, each for the page that it
lacks, and what they had comes back: a VM that needed none at that moment goes on, and gets its own
later. A reset zeroes the pages that are there and leaves them where they are."""

import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from plinth import FAIL, Report, boot, engine_missing, expect, guest_file, guests_missing  # noqa: E402

MIB = 1 << 20
PAGE = 4096
# The host's: some 38 are free when all VMs have been made.
HOST_MIB = 80
PATIENT_LAZY = 30 * MIB
GREEDY_LAZY_FROM = 17 * MIB
HELLO = "hello.bin vm=hello flat memory=4M"
PATIENT = "fills vm=patient multiboot memory=48M lazy=30M@16M -- waits"
STORES = "fills vm=stores multiboot memory=1G lazy=1007M"
RECEIVES = "fills vm=receives multiboot memory=1G lazy=1007M -- receives"
SHORT = (r"warn vm: stopped vm=\d+\({vm}\) .*error=NoMemory: the host has no page left for guest-physical "
         r"(0x[0-9a-f]+): what lazy= lets VMs have is more than there is$")


def place(run, pattern):
    """The number of the first line that matches."""
    return next((number for number, entry in enumerate(run.log.entries)
                 if re.search(pattern, entry.text)), None)


def expect_shortage(report, run, name, vm):
    """Stopped for want of a page, with its last records told; Plinth itself had memory for that."""
    result = run.log.result(f"vm/{vm}")
    report.ok(result and not result.ok, f"{name}: vm/{vm} fails", run.story())
    match = run.log.find(SHORT.format(vm=vm))
    at = int(match[1], 16) if match else 0
    report.ok(GREEDY_LAZY_FROM < at and at % PAGE == 0, f"{name}: vm/{vm} lacked a page of its lazy memory",
              run.story())
    report.ok(run.log.find(rf"record dump why=death vm=\d+\({vm}\) "),
              f"{name}: the flight recorder tells what vm/{vm} did", run.story())
    report.ok(run.log.console(vm) == b"", f"{name}: vm/{vm} did not come through", run.log.console(vm))


def expect_patience(report, run, name):
    """Its pages came when another had been stopped, and were zeroed again by the reset, not taken again."""
    result = run.log.result("vm/patient")
    report.ok(result and result.ok, f"{name}: vm/patient ends in order", run.story())
    report.ok(run.log.console("patient") == b"PASS fills: every other page\n"
              b"PASS fills: every page after a reset\nall passed\n",
              f"{name}: vm/patient found its memory zero in each life", run.log.console("patient"))
    stopped = place(run, SHORT.format(vm="stores"))
    filled = place(run, r"\(patient\)\| PASS fills: every other page$")
    report.ok(stopped is not None and filled is not None and stopped < filled,
              f"{name}: vm/stores was stopped before", (stopped, filled))
    match = run.log.find(r"exits vm=\d+\(patient\) .*nested-fault=(\d+)")
    report.ok(match and int(match[1]) == PATIENT_LAZY // PAGE,
              f"{name}: each page of vm/patient was populated once", match and match[0])


def expect_all(report, cpus, greedy, *others):
    """One that wants too much beside others. Returns the run and its name."""
    vm = greedy.split("vm=")[1].split()[0]
    name = f"lazy memory, vm/{vm}, cpus={cpus}"
    modules = [word for module in (HELLO, *others, greedy) for word in ("--module", guest_file(module))]
    run = boot("bochs", "--append", "tests=none", "--memory", str(HOST_MIB), *modules, cpus=cpus)
    expect(report, run, name, FAIL)
    result = run.log.result("vm/hello")
    report.ok(result and result.ok, f"{name}: vm/hello ends in order", run.story())
    expect_shortage(report, run, name, vm)
    lacking = [entry.text for entry in run.log.messages(level="warn") if "no memory" in entry.text]
    report.ok(not lacking, f"{name}: Plinth has memory to tell of it", "\n".join(lacking))
    return run, name


def main():
    report = Report()
    absent = engine_missing("bochs") or guests_missing("hello.bin", "fills")
    if absent:
        report.skip("lazy memory", absent)
        report.done()
    for cpus in (1, 2):
        expect_patience(report, *expect_all(report, cpus, STORES, PATIENT))
    expect_all(report, 1, RECEIVES)
    report.done()


if __name__ == "__main__":
    main()
