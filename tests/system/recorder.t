#!/usr/bin/env python3
"""The flight recorder and the statistics: dumped when a guest dies, when the watchdog stops one, on a
panic, when the shell is asked, and at the end with recorder=dump; and numbers that fit together."""

import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from plinth import (FAIL, PASS, Machine, Report, boot, engine_missing, expect,  # noqa: E402
                    guest_file, guests_missing)

READS = r"info console: reads the serial port escape=Ctrl-\]$"


def keys(entry):
    """The key=value pairs of a line; a value with blanks stands in quotes."""
    pairs = re.findall(r'(?:^| )([a-z_0-9]+)=("[^"]*"|\S*)', entry.text)
    return {key: value.strip('"') for key, value in pairs}


def dumps(log):
    """Each dump: its first line's pairs, and those of its records. Dumps may be told at once."""
    found, open_ = [], []
    for entry in log.entries:
        if entry.kind != "record":
            continue
        pairs = keys(entry)
        if "why" in pairs:
            found.append((pairs, []))
            open_.append(found[-1])
            continue
        vm = pairs.get("vm")
        fits = [d for d in open_ if "vm" not in d[0] or d[0]["vm"].split("(")[0] == vm]
        if fits:
            fits[0][1].append(pairs)
            if len(fits[0][1]) == int(fits[0][0]["records"]):
                open_.remove(fits[0])
    return found


def dump_of(log, name):
    """The one at the VM's death."""
    return next((d for d in dumps(log) if d[0]["why"] == "death"
                 and d[0]["vm"].endswith(f"({name})")), ({}, []))


def whole(report, name, dump):
    """As many records as were announced, in the order of time, each CPU's numbered without a gap
    unless only one VM's are told."""
    head, records = dump
    report.ok(head and len(records) == int(head["records"]), f"{name}: all records come",
              f"{head} {len(records)}")
    times = [int(r["tsc"]) for r in records]
    report.ok(times == sorted(times), f"{name}: in the order of time", times[:20])
    if "vm" in head:
        return
    gaps = []
    for cpu in {r["cpu"] for r in records}:
        numbers = [int(r["seq"]) for r in records if r["cpu"] == cpu]
        gaps += [n for n, m in zip(numbers, numbers[1:]) if m != n + 1]
    report.ok(not gaps, f"{name}: no CPU's numbers have a gap", gaps)


def ends_with(report, name, dump, exit_reason, did):
    """The last exit is the one that was the end."""
    exits = [r for r in dump[1] if r["event"] == "exit"]
    last = exits[-1] if exits else {}
    report.ok(re.fullmatch(exit_reason, last.get("reason", "")) and last.get("did") == did,
              f"{name}: the last exit is {exit_reason}, {did}", last)
    report.ok(last and int(last["cost"]) > 0, f"{name}: and its cost is known", last)


def deaths(report):
    """A guest's end that nobody handles, and an end in good order, which needs no dump."""
    name = "guests that die"
    run = boot("bochs", "--append", "tests=guest/unhandled_64,guest/runaway_64,guest/hlt_64,"
               "guest/ipi_64 stats=lines", cpus=2)
    expect(report, run, name, PASS)
    died = dump_of(run.log, "unhandled_64")
    whole(report, f"{name}: unhandled_64", died)
    ends_with(report, f"{name}: unhandled_64", died, r"48\(EPT_VIOLATION\)", "unhandled")
    events = [r["event"] for r in died[1]]
    report.ok(events and events[0] == "vm" and died[1][-1].get("did") == "ended" and "in" in events
              and "out" in events, f"{name}: from the VM's start to its end", events)
    report.ok(dump_of(run.log, "hlt_64") == ({}, []), f"{name}: an orderly end has no dump",
              run.story())
    statistics(report, run)


def modules(report):
    """VMs from modules: one that its deadline ends, and one that resets itself until it is stopped, of
    which the last records are told. Each has its table without being asked."""
    name = "modules"
    absent = guests_missing("waits.bin", "loops.bin")
    if absent:
        report.skip(name, absent)
        return
    run = boot("bochs", "--module", guest_file("waits.bin vm=waits flat memory=4M deadline=1"),
               "--module", guest_file("loops.bin vm=loops flat memory=4M"), cpus=1)
    expect(report, run, name, FAIL)
    waits, loops = dump_of(run.log, "waits"), dump_of(run.log, "loops")
    whole(report, f"{name}: waits", waits)
    report.ok(any(r["event"] == "watchdog" for r in waits[1]),
              f"{name}: the watchdog is on record", waits[1][-5:])
    whole(report, f"{name}: loops", loops)
    report.ok(len(loops[1]) == 32 and int(loops[0]["older"]) > 0,
              f"{name}: 32 of more records", loops[0])
    for vm in ("waits", "loops"):
        report.ok(run.log.find(rf"stats \| vm=\d+\({vm}\)$"), f"{name}: a table for {vm}", run.story())
    report.ok(run.log.find(r"stats \| \d+\([A-Z_]+\)( +\d+){6}$"), f"{name}: with rows", run.story())


def statistics(report, run):
    """Every vCPU's rows: the counts' sum is its exits, and the quantiles are in order."""
    lines = [keys(e) for e in run.log.entries if e.kind == "stats" and "vcpu=" in e.text]
    times = {(p["vm"], p["vcpu"]): p for p in lines if "exits" in p}
    counts, wrong = {}, []
    for pairs in lines:
        if "event" not in pairs:
            continue
        numbers = [int(pairs[k]) for k in ("min", "median", "p99", "max")]
        count, total = int(pairs["count"]), int(pairs["sum"])
        if numbers != sorted(numbers) or not count * numbers[0] <= total <= count * numbers[3]:
            wrong.append(pairs)
        if pairs["event"] == "exit":
            whose = (pairs["vm"], pairs["vcpu"])
            counts[whose] = counts.get(whose, 0) + count
    report.ok(times and not wrong, "statistics: min <= median <= p99 <= max, and the sum fits", wrong)
    short = [whose for whose, p in times.items() if counts.get(whose, 0) != int(p["exits"])]
    report.ok(not short, "statistics: the counts of a vCPU's reasons make its exits", short)
    totals = {f"{m[1]}": int(m[2]) for e in run.log.entries
              for m in [re.search(r"exits vm=(\d+\(\w+\)) total=(\d+)", e.text)] if m}
    off = [vm for vm, total in totals.items()
           if total != sum(n for (v, vcpu), n in counts.items() if v == vm and vcpu != "all")]
    report.ok(totals and not off, "statistics: and those of a VM are what its summary says", off)
    cpus = [keys(e) for e in run.log.entries if e.kind == "stats" and " stats cpu=" in e.text]
    report.ok(len(cpus) == 2 and all(int(c["guest"]) + int(c["plinth"]) + int(c["idle"]) > 0
                                     for c in cpus), "statistics: each CPU's time", cpus)


def panics(report):
    """What every CPU did last, the exit that led to the panic among it."""
    name = "a panic"
    run = boot("bochs", "--append", "provoke=panic-in-guest", cpus=2)
    expect(report, run, name, FAIL)
    dump = next((d for d in dumps(run.log) if d[0]["why"] == "panic"), ({}, []))
    whole(report, name, dump)
    report.ok([r for r in dump[1] if r["event"] == "panic"], f"{name}: it is on record itself",
              dump[1][-3:])
    report.ok([r for r in dump[1] if r["event"] == "exit"], f"{name}: exits before it", dump[1][-3:])


def asked(report):
    """The shell's commands while a guest runs, and everything at the end. Slices end by host timers, which
    are on record, too, and are so long that the guest does not end by itself however late an answer comes."""
    name = "the shell"
    guest = "fairness_64"
    with Machine("bochs", "--append", f"shell=on tests=guest/{guest} exits=off recorder=dump timer=apic "
                 "slice=200000",
                 cpus=2) as machine:
        machine.send(f"trace {guest} 10\n", after=READS)
        machine.send(f"trace all 20\nstats {guest}\nstats\n", after=r"record dump why=asked vm=")
        machine.send(f"stop {guest}\n", after=r"stats \| cpu 1:")
        machine.send("quit\n", after=rf"info vm: ended vm=\d+\({guest}\) ")
    run = machine.run
    report.ok(machine.missed is None, f"{name}: every answer comes", run.story())
    expect(report, run, name, FAIL)
    found = dumps(run.log)
    report.ok([(d[0]["why"], "vm" in d[0]) for d in found]
              == [("asked", True), ("asked", False), ("end", False)],
              f"{name}: trace answers for a VM and for all, and recorder=dump at the end",
              [d[0] for d in found])
    for number, most in enumerate((10, 20)):
        whole(report, f"{name}, dump {number}", found[number] if len(found) > number else ({}, []))
        report.ok(len(found) > number and int(found[number][0]["records"]) <= most,
                  f"{name}: no more than asked for", found[number][0] if found else None)
    end = found[-1] if found else ({}, [])
    whole(report, f"{name}, the last dump", end)
    events = {r["event"] for r in end[1]}
    report.ok({"exit", "in", "out", "vm", "timer"} <= events, f"{name}: events of many kinds",
              sorted(events))
    report.ok(run.log.find(rf"stats \| vm=\d+\({guest}\)$"), f"{name}: stats tells a table",
              run.story())


def main():
    report = Report()
    absent = engine_missing("bochs")
    if absent:
        report.skip("the flight recorder", absent)
        report.done()
    for test in (deaths, modules, panics, asked):
        test(report)
    report.done()


if __name__ == "__main__":
    main()
