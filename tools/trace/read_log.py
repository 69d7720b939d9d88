"""A trace from a serial log (docs/wire.md): from the records of the flight recorder's dumps, or, where a
log has none, from its exit lines, whose cost nobody knows.

Of a line that two dumps have, one counts. What stands before Plinth's first line is the firmware's.
"""

import re

from timeline import Event, Exit, Run, Trace, Vcpu, statistics_of

NUMBERED = re.compile(r"\[\d+ (\d+)us c(\d+)\] (.*)")
FIELD = re.compile(r'([a-z][a-z0-9-]*)=("[^"]*"|\S*)')
VM_NAME = re.compile(r"\bvm=(\d+)\(([^()]+)\)")
RATE = re.compile(r"(?:info time: TSC calibrated .*tsc-hz|record dump .*tick_rate)=(\d+)")
# What an event's line has besides the fields that every record has.
COMMON = {"cpu", "seq", "tsc", "us", "vm", "vcpu", "event"}


def _fields(text):
    return {key: value.strip('"') for key, value in FIELD.findall(text)}


class _Reader:
    def __init__(self):
        self.trace = Trace()
        self.names = {}
        self.rate = None  # ticks of the TSC in a second
        self.records = {}  # by CPU and number
        self.exit_lines = []
        self.dumps = []
        self.verdict = "no verdict"

    def line(self, text):
        for number, name in VM_NAME.findall(text):
            self.names[int(number)] = name
        if text.startswith("verdict "):
            self.verdict = text
            return
        match = NUMBERED.fullmatch(text)
        if match is None:
            return
        time, cpu, body = int(match[1]), int(match[2]), match[3]
        if RATE.match(body):
            self.rate = int(RATE.match(body)[1])
        if body.startswith("record dump "):
            self.dumps.append(_fields(body))
        elif body.startswith("record "):
            fields = _fields(body)
            self.records[int(fields["cpu"]), int(fields["seq"])] = fields
        elif body.startswith("exit "):
            self.exit_lines.append((time, cpu, _fields(body)))

    # --- what was read becomes a trace ----------------------------------------------------

    def vcpu(self, fields):
        if "vm" not in fields:
            return None
        number = int(fields["vm"].partition("(")[0])
        return Vcpu(number, self.names.get(number, f"vm{number}"), int(fields.get("vcpu", 0)))

    def to_us(self, ticks):
        return ticks * 1e6 / self.rate if self.rate else 0.0

    def record_exit(self, cpu, time, fields):
        cost = int(fields.get("cost", 0)) or None
        self.trace.exits.append(Exit(
            cpu, self.vcpu(fields), time, time + self.to_us(cost or 0), fields["reason"],
            fields.get("rip", ""), fields.get("qual", ""), fields.get("did", "not known"), cost))

    def record_event(self, cpu, time, fields):
        rest = " ".join(f"{key}={value}" for key, value in fields.items() if key not in COMMON)
        vcpu = self.vcpu(fields) if "vcpu" in fields else None
        if vcpu is None and "vm" in fields:
            number = int(fields["vm"])
            rest = f"vm={number}({self.names.get(number, '?')}) {rest}".rstrip()
        self.trace.events.append(Event(cpu, vcpu, time, fields["event"], rest))

    def take_records(self):
        """A turn goes from `in` to `out`; of one whose other end was overwritten or not reached, the
        dump's own bounds are taken."""
        since = {}  # by CPU: (vCPU, time) of the turn that goes on
        first, last = {}, {}
        for (cpu, _), fields in sorted(self.records.items()):
            time, event = float(fields["us"]), fields["event"]
            first.setdefault(cpu, time)
            last[cpu] = time
            if event == "in":
                since[cpu] = (self.vcpu(fields), time)
            elif event == "out":
                vcpu, start = since.pop(cpu, (self.vcpu(fields), first[cpu]))
                self.trace.runs.append(Run(cpu, vcpu, start, time))
                self.record_event(cpu, time, fields)
            elif event == "exit":
                self.record_exit(cpu, time, fields)
            else:
                self.record_event(cpu, time, fields)
        for cpu, (vcpu, start) in since.items():
            self.trace.runs.append(Run(cpu, vcpu, start, last[cpu]))

    def take_exit_lines(self):
        for time, cpu, fields in self.exit_lines:
            self.trace.exits.append(Exit(cpu, self.vcpu(fields), time, time, fields["reason"],
                                         fields["rip"], fields["qual"], fields["did"]))

    def finish(self, title):
        trace = self.trace
        if self.records:
            self.take_records()
        else:
            self.take_exit_lines()
        trace.title = title
        overwritten = sum(int(dump.get("overwritten", 0)) for dump in self.dumps[-1:])
        trace.summary = (f"{self.verdict}; {len(trace.exits)} exits of {len(trace.vcpus())} vCPUs on "
                         f"{len(trace.cpus())} CPUs" +
                         (f"; {overwritten} older records were overwritten" if overwritten else ""))
        trace.statistics = statistics_of(trace.exits)
        trace.statistics_note = ("Of the exits in this page, whose cost is from leaving the guest to "
                                 "entering it again.")
        return trace


def read_log(lines, title):
    """The trace of a log, which is an iterable of lines. Its exits and events may be none."""
    reader = _Reader()
    for line in lines:
        reader.line(line.rstrip("\r\n"))
    return reader.finish(title)
