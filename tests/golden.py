#!/usr/bin/env python3
"""Golden runs: the architectural trace of embedded test guests under Bochs, compared with the one that
was recorded in tests/golden/.

A trace is what a guest's vCPUs did, each by itself: every exit with reason, RIP, length, qualification,
what was done and what it was about; what the guest wrote to its console; its result. Left out is what
hangs on the host's clock: numbers, times and CPUs of lines, exits by the host's interrupts and the ends
of time slices, and the windows that these make open."""

import argparse
import difflib
import os
import re
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from log_check import Log  # noqa: E402

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "golden")
CONTEXT = 3

# Exits that the host's clock makes, by the number of their reason: its interrupts, and slices' ends.
HOST_CLOCK = {"1", "52"}
# Windows. One right behind an exit of those is for what came with it.
WINDOWS = {"7", "8"}

# Guests whose exits hang on how long they run, or on which CPU: what they show, their expectations
# judge.
LEFT_OUT = {
    "alignment_storm_32", "debug_c_64", "exception_storm_64", "external_interrupt_64", "fairness_64", "hlt_wake_64",
    "init_sipi_64", "ipi_64", "memory_checker_64", "memory_writer_64", "migration_64", "nested_shootdown_64",
    "overcommit_64", "pause_64", "pinned_64", "runaway_16", "runaway_32", "runaway_64", "runaway_cli_64", "time_slice_64",
}


def reduced(entry):
    """An exit line without what a trace leaves out."""
    body = entry.text.split("] ", 1)[1]
    return re.sub(r"^exit vm=\S+ vcpu=\d+ ", "", body)


class Trace:
    """One VM's: lines by vCPU, the console, the result."""

    def __init__(self):
        self.vcpus = {}
        self.console = []
        self.result = None
        self._by_clock = {}  # vCPUs whose last exit was left out

    def add_exit(self, entry):
        vcpu, reason = int(entry.fields["vcpu"]), entry.fields["reason"]
        before = self._by_clock.get(vcpu, False)
        self._by_clock[vcpu] = reason in HOST_CLOCK or (before and reason in WINDOWS)
        if not self._by_clock[vcpu]:
            self.vcpus.setdefault(vcpu, []).append(reduced(entry))

    def lines(self):
        """As a file has them."""
        lines = []
        for vcpu in sorted(self.vcpus):
            lines += [f"vcpu {vcpu}"] + [f"  {line}" for line in self.vcpus[vcpu]]
        if self.console:
            lines += ["console"] + [f"  {line}" for line in self.console]
        return lines + [f"result {self.result}"]


def traces(data):
    """The traces of the embedded guests in a log, by name. Those that were skipped have none."""
    log = Log(data)
    found = {}
    for result in log.results:
        if result.name.startswith("guest/") and not result.skip:
            found[result.name[len("guest/"):]] = Trace()
            found[result.name[len("guest/"):]].result = "ok" if result.ok else "not ok"
    for entry in log.entries:
        trace = found.get(entry.fields.get("name"))
        if trace and entry.kind == "exit":
            trace.add_exit(entry)
        elif trace and entry.kind == "guest":
            trace.console.append(entry.fields["console"])
    return {name: trace.lines() for name, trace in found.items() if name not in LEFT_OUT}


# --- comparing ----------------------------------------------------------------------------------

def excerpt(mark, lines, first, last):
    return [f"  {mark} {number + 1:4} {lines[number]}" for number in range(max(first, 0), min(last, len(lines)))]


def word(blocks, index, recorded, observed):
    """What happened at the first difference: a line that is gone in one place and new in another has
    moved."""
    kind, left, left_end, right, right_end = blocks[index]
    others = blocks[index + 1:]
    gone = recorded[left:left_end]
    new = observed[right:right_end]
    if kind == "delete" and any(line in observed[b[3]:b[4]] for line in gone for b in others):
        return "moved down"
    if kind == "insert" and any(line in recorded[b[1]:b[2]] for line in new for b in others):
        return "moved up"
    return {"delete": "disappeared", "insert": "appeared", "replace": "changed"}[kind]


def first_difference(recorded, observed):
    """The first difference with its context as lines of text, or an empty list."""
    matcher = difflib.SequenceMatcher(None, recorded, observed, autojunk=False)
    blocks = [block for block in matcher.get_opcodes() if block[0] != "equal"]
    if not blocks:
        return []
    _, left, left_end, right, right_end = blocks[0]
    lines = [f"line {left + 1}: {word(blocks, 0, recorded, observed)}"]
    lines += excerpt(" ", recorded, left - CONTEXT, left)
    lines += excerpt("-", recorded, left, min(left_end, left + CONTEXT))
    lines += excerpt("+", observed, right, min(right_end, right + CONTEXT))
    lines += excerpt(" ", observed, right_end, right_end + CONTEXT)
    return lines


def path_of(folder, name):
    return os.path.join(folder, f"{name}.txt")


def recorded_names(folder):
    return sorted(name[:-4] for name in os.listdir(folder) if name.endswith(".txt"))


def read(folder, name):
    with open(path_of(folder, name), encoding="utf-8") as file:
        return file.read().splitlines()


def compare(folder, observed):
    """A list of (name, difference) over all guests; an empty difference is a trace as recorded."""
    names = sorted(set(recorded_names(folder)) | set(observed))
    outcome = []
    for name in names:
        if name not in observed:
            outcome.append((name, ["it has no trace in this run"]))
        elif not os.path.exists(path_of(folder, name)):
            outcome.append((name, ["nothing is recorded of it: make golden RECORD=1"]))
        else:
            outcome.append((name, first_difference(read(folder, name), observed[name])))
    return outcome


def record(folder, observed):
    os.makedirs(folder, exist_ok=True)
    for name in recorded_names(folder):
        if name not in observed:
            os.remove(path_of(folder, name))
    for name, lines in observed.items():
        with open(path_of(folder, name), "w", encoding="utf-8") as file:
            file.write("".join(f"{line}\n" for line in lines))


# --- as a program -------------------------------------------------------------------------------

def run():
    """The log of a run of all embedded guests under Bochs."""
    from plinth import PASS, boot, engine_missing  # pylint: disable=import-outside-toplevel
    absent = engine_missing("bochs")
    if absent:
        sys.exit(f"golden: {absent}")
    finished = boot("bochs", cpus=1)
    if finished.status != PASS:
        sys.exit(f"golden: the run did not pass\n{finished.story()}")
    return finished.raw


def main():
    """Status 0 when all is as recorded, 1 when not, 2 for usage."""
    parser = argparse.ArgumentParser(description="compares a run's traces with those recorded")
    parser.add_argument("--record", action="store_true", help="record them instead")
    parser.add_argument("--log", help="a finished run's log; without it all guests are run under Bochs")
    parser.add_argument("--folder", default=FOLDER, help="where the recorded ones are")
    arguments = parser.parse_args()
    if arguments.log:
        with open(arguments.log, "rb") as file:
            data = file.read()
    else:
        data = run()
    observed = traces(data)
    if arguments.record:
        record(arguments.folder, observed)
        print(f"golden: {len(observed)} traces recorded")
        return 0
    wrong = [(name, difference) for name, difference in compare(arguments.folder, observed) if difference]
    for name, difference in wrong:
        print("\n".join([f"golden: {name}: {difference[0]}", *difference[1:]]))
    print(f"golden: {len(observed) - len(wrong)} traces as recorded, {len(wrong)} differ")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
