#!/usr/bin/env python3
"""The grammar of Plinth's serial log, as docs/wire.md gives it.

As a program it checks one log and names each line that breaks a rule; as a module it also hands
out the log in parts, for tests that judge what a run did.
"""

import re
import sys
from collections import namedtuple

Problem = namedtuple("Problem", "line rule text")
# A numbered line. `kind` is "log", "exit", "record", "stats", "guest" or "shell"; `fields` holds its
# parts by name.
Entry = namedtuple("Entry", "seq time cpu kind fields text")
Result = namedtuple("Result", "number ok name skip")
Verdict = namedtuple("Verdict", "word passed failed skipped reason")

FIRST = re.compile(rb"\[1 \d+us c\d+\] ")
NUMBERED = re.compile(r"\[(\d+) (\d+)us c(\d+)\] (.+)")
BODIES = {
    "log": re.compile(r"(?P<level>debug|info|warn|error) (?P<area>[a-z][a-z0-9_-]*): (?P<message>.+)"),
    "exit": re.compile(
        r"exit vm=(?P<vm>\d+)\((?P<name>[^()]+)\) vcpu=(?P<vcpu>\d+) "
        r"reason=(?P<reason>\d+)\((?P<reason_name>[^()]+)\) rip=(?P<rip>0x[0-9a-f]+) "
        r"len=(?P<len>\d+) qual=(?P<qual>0x[0-9a-f]+) did=(?P<did>.+)"),
    # A record of the flight recorder, or what stands before those of a dump; a line of statistics.
    "record": re.compile(
        r"record (?:cpu=\d+ seq=\d+ tsc=\d+ us=\d+\.\d{3}(?: vm=(?P<vm>\d+))?(?: vcpu=(?P<vcpu>\d+))? "
        r"event=(?P<event>[a-z-]+)(?P<rest>(?: [a-z]+=.+)?)|dump why=(?P<why>[a-z-]+)"
        r"(?: vm=\d+\([^()]+\))? records=(?P<records>\d+) older=\d+ overwritten=\d+ .+)"),
    "stats": re.compile(
        r"stats (?:\|.*|vm=\d+\((?P<name>[^()]+)\) vcpu=(?P<vcpu>\d+|all) .+|cpu=\d+ .+)"),
    # Text ends with a line end of the guest's, or has none yet.
    "guest": re.compile(r"guest vm=(?P<vm>\d+)\((?P<name>[^()]+)\)(?P<mark>[|>]) ?"
                        r"(?P<console>.*)"),
    # An answer, or `>` and a command; or, without a blank before the mark, what is typed so far.
    "shell": re.compile(r"shell(?P<typing>>?) (?P<text>.*)"),
}
PLAN = re.compile(r"1\.\.(\d+)")
RESULT = re.compile(r"(ok|not ok) (\d+) - (\S.*?)(?: # SKIP (\S.*))?")
VERDICT = re.compile(
    r"verdict (PASS|FAIL|NOVMX) passed=(\d+) failed=(\d+) skipped=(\d+)((?: [a-z_]+=\S.*)?)")
KEY = re.compile(r"(?:^|\s)[A-Za-z_][\w.-]*=")
VALUE = re.compile(r'"[^"]*"(?=[\s,;.)]|$)|[^\s"]\S*|(?=\s|$)')
ESCAPE = re.compile(r"\\(\\|t|r|e|x[0-9a-f]{2})")
ESCAPES = {"\\": b"\\", "t": b"\t", "r": b"\r", "e": b"\x1b"}
CPU_LIMIT = 512


def unescape(text):
    """The bytes that a guest's console text stands for; None when an escape in it is broken."""
    if "\\" in ESCAPE.sub("", text):
        return None
    return b"".join(part.encode("latin-1") if index % 2 == 0 else
                    ESCAPES.get(part) or bytes([int(part[1:], 16)])
                    for index, part in enumerate(ESCAPE.split(text)))


class Log:
    """A parsed log: `problems`, `entries`, `results`, `diagnostics`, `plan`, `verdict`."""

    def __init__(self, data, cpus=None):
        self.problems = []
        self.entries = []
        self.results = []
        self.diagnostics = []
        self.plan = None
        self.verdict = None
        self._cpus = cpus or CPU_LIMIT
        self._version = False
        start = FIRST.search(data)
        if start is None:
            self._complain(0, "start", "there is no first numbered line")
            return
        self._first_line = data.count(b"\n", 0, start.start()) + 1
        self._split(data[start.start():])
        self._check_end()

    def _complain(self, line, rule, text):
        self.problems.append(Problem(line, rule, text))

    def _split(self, data):
        lines = data.split(b"\n")
        if lines[-1]:
            self._complain(self._first_line + len(lines) - 1, "whole",
                           f"the log ends within a line: {lines[-1][:60]!r}")
        for offset, raw in enumerate(lines[:-1]):
            number = self._first_line + offset
            if not raw.endswith(b"\r"):
                self._complain(number, "line-end", f"a line without CR LF: {raw[:60]!r}")
            raw = raw.rstrip(b"\r")
            if any(byte < 0x20 or byte > 0x7e for byte in raw):
                self._complain(number, "ascii", f"not printable ASCII: {raw[:60]!r}")
            self._line(number, raw.decode("latin-1"))

    def _line(self, number, text):
        if self.verdict is not None:
            self._complain(number, "last", f"a line after the verdict: {text[:60]}")
        elif text.startswith("["):
            self._numbered(number, text)
        elif text == "TAP version 13":
            if self._version or self.plan is not None or self.results:
                self._complain(number, "tap", "the TAP version is not first, or stands twice")
            self._version = True
        elif PLAN.fullmatch(text):
            self._plan(number, int(PLAN.fullmatch(text)[1]))
        elif RESULT.fullmatch(text):
            self._result(number, RESULT.fullmatch(text))
        elif text.startswith("# "):
            self.diagnostics.append(text[2:])
        elif text.startswith("verdict "):
            self._verdict(number, text)
        else:
            self._complain(number, "kind", f"no kind of line: {text[:60]!r}")

    def _numbered(self, number, text):
        match = NUMBERED.fullmatch(text)
        if match is None:
            self._complain(number, "kind", f"a broken numbered line: {text[:60]!r}")
            return
        seq, time, cpu = int(match[1]), int(match[2]), int(match[3])
        body = match[4]
        before = self.entries[-1] if self.entries else None
        expected = before.seq + 1 if before else 1
        if seq != expected:
            self._complain(number, "sequence", f"line number {seq} where {expected} is due")
        if before and time < before.time:
            self._complain(number, "time", f"{time} us after {before.time} us")
        if cpu >= self._cpus:
            self._complain(number, "cpu", f"CPU {cpu} of {self._cpus}")
        for kind, form in BODIES.items():
            fields = form.fullmatch(body)
            if fields:
                self.entries.append(Entry(seq, time, cpu, kind, fields.groupdict(), text))
                self._content(number, kind, body, fields)
                return
        self._complain(number, "kind", f"no kind of numbered line: {body[:60]!r}")
        self.entries.append(Entry(seq, time, cpu, "broken", {}, text))

    def _content(self, number, kind, body, fields):
        if kind == "guest" and unescape(fields["console"]) is None:
            self._complain(number, "escape", f"a broken escape: {body[:60]!r}")
        if kind in ("guest", "shell"):
            return
        if kind == "log" and "lines lost=" in body:
            self._complain(number, "lost", body)
        for key in KEY.finditer(body):
            if not VALUE.match(body, key.end()):
                self._complain(number, "value", f"a broken value: {body[key.start():][:60]!r}")

    def _plan(self, number, count):
        if not self._version:
            self._complain(number, "tap", "a plan before the TAP version")
        if self.plan is not None:
            self._complain(number, "plan", "a second plan")
        elif self.results:
            self._complain(number, "plan", "the plan comes after a result")
        self.plan = count

    def _result(self, number, match):
        result = Result(int(match[2]), match[1] == "ok", match[3], match[4])
        if self.plan is None:
            self._complain(number, "plan", "a result before the plan")
        if result.number != len(self.results) + 1:
            self._complain(number, "result", f"result {result.number} where "
                                             f"{len(self.results) + 1} is due")
        if result.skip and not result.ok:
            self._complain(number, "result", "a failure that was skipped")
        if any(result.name == other.name for other in self.results):
            self._complain(number, "result", f"a second result for '{result.name}'")
        self.results.append(result)

    def _verdict(self, number, text):
        match = VERDICT.fullmatch(text)
        if match is None:
            self._complain(number, "verdict", f"a broken verdict: {text[:60]}")
            return
        reason = re.search(r' reason="([^"]*)"', match[5])
        self.verdict = Verdict(match[1], int(match[2]), int(match[3]), int(match[4]),
                               reason and reason[1])

    def _check_end(self):
        if self.verdict is None:
            self._complain(0, "verdict", "there is no verdict")
            return
        word = self.verdict.word
        counts = (len([r for r in self.results if r.ok and not r.skip]),
                  len([r for r in self.results if not r.ok]),
                  len([r for r in self.results if r.skip]))
        # A panic adds a failure of its own and leaves tests without a result.
        if word != "FAIL":
            if self.plan is None:
                self._complain(0, "plan", "there is no plan")
            elif self.plan != len(self.results):
                self._complain(0, "plan", f"{self.plan} planned, {len(self.results)} reported")
            if counts[1] or self.verdict.failed:
                self._complain(0, "verdict", f"{word} in spite of a failure")
            if tuple(self.verdict[1:4]) != counts:
                self._complain(0, "verdict", f"counts {tuple(self.verdict[1:4])} where the "
                                             f"results give {counts}")
        if word == "NOVMX" and not self.verdict.reason:
            self._complain(0, "verdict", "NOVMX without its reason")
        if word == "PASS" and not counts[0]:
            self._complain(0, "verdict", "PASS without a test that passed")

    # --- for tests ------------------------------------------------------------------------

    def exits(self):
        """The exit lines, in order."""
        return [entry for entry in self.entries if entry.kind == "exit"]

    def messages(self, area=None, level=None):
        """The log lines of an area and a level, or of all."""
        return [entry for entry in self.entries if entry.kind == "log"
                and area in (None, entry.fields["area"])
                and level in (None, entry.fields["level"])]

    def find(self, pattern):
        """The first match of a regular expression in a numbered line, or None."""
        for entry in self.entries:
            match = re.search(pattern, entry.text)
            if match:
                return match
        return None

    def console(self, name):
        """The bytes that the VM of that name sent to its console; LF for every line end."""
        return b"".join((unescape(entry.fields["console"]) or b"")
                        + (b"\n" if entry.fields["mark"] == "|" else b"")
                        for entry in self.entries
                        if entry.kind == "guest" and entry.fields["name"] == name)

    def shell(self):
        """What the shell said, line by line."""
        return [entry.fields["text"] for entry in self.entries
                if entry.kind == "shell" and not entry.fields["typing"]]

    def result(self, name):
        """The result of that name, or None."""
        return next((r for r in self.results if r.name == name), None)


def main(arguments):
    """log_check.py FILE [CPUS]: status 0 when the log keeps every rule, 1 when not, 2 for usage."""
    if not 1 <= len(arguments) <= 2 or (len(arguments) == 2 and not arguments[1].isdigit()):
        print("usage: log_check.py FILE [CPUS]", file=sys.stderr)
        return 2
    try:
        with open(arguments[0], "rb") as file:
            data = file.read()
    except OSError as error:
        print(f"log_check.py: {error}", file=sys.stderr)
        return 2
    log = Log(data, int(arguments[1]) if len(arguments) == 2 else None)
    for problem in log.problems:
        print(f"{arguments[0]}:{problem.line}: {problem.rule}: {problem.text}")
    print(f"{len(log.entries)} numbered lines, {len(log.results)} results, "
          f"verdict {log.verdict.word if log.verdict else 'missing'}, "
          f"{len(log.problems)} problems")
    return 1 if log.problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
