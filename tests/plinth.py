"""What the system tests share: starting Plinth in an engine, its log, and a TAP report."""

import os
import re
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, "tests"))
from log_check import BODIES, Log, unescape  # noqa: E402

PASS, FAIL, USAGE, NOVMX, TIMEOUT, MISSING = range(6)
STATUS_NAMES = ("PASS", "FAIL or crash", "usage", "NOVMX", "timeout", "missing")

# Seconds for one run: many times what it takes, since only a machine that hangs should meet it.
RUN_SECONDS = 300


class Report:
    """A TAP report on standard output, its plan at the end."""

    def __init__(self):
        self.count = 0
        self.failed = 0

    def ok(self, good, name, detail=""):
        """Reports one result; `detail` explains a failure. Returns `good` as a bool."""
        self.count += 1
        good = bool(good)
        self.failed += not good
        print(f"{'ok' if good else 'not ok'} {self.count} - {name}", flush=True)
        if not good:
            # On standard error, which `prove` shows.
            lines = [f"not ok - {name}"] + str(detail).splitlines()
            print("".join(f"# {line}\n" for line in lines), file=sys.stderr, end="", flush=True)
        return good

    def skip(self, name, why):
        """Reports a skipped test. Under CI nothing may be missing: there it is a failure."""
        if os.environ.get("CI") == "true":
            self.ok(False, name, f"{why}, and in CI nothing may be skipped")
            return
        self.count += 1
        print(f"ok {self.count} - {name} # SKIP {why}", flush=True)

    def done(self):
        """Prints the plan and ends the program."""
        print(f"1..{self.count}", flush=True)
        sys.exit(1 if self.failed else 0)


class Run:
    """One finished run: `status`, `output`, `raw` (the log's bytes) and `log`."""

    def __init__(self, status, output, raw, cpus):
        self.status = status
        self.output = output
        self.raw = raw
        self.log = Log(raw, cpus)

    def story(self):
        """What a failed test shows of the run."""
        problems = [f"{p.line}: {p.rule}: {p.text}" for p in self.log.problems[:10]]
        failures = [f"not ok - {r.name}" for r in self.log.results if not r.ok]
        tail = self.output.splitlines()[-12:]
        return "\n".join([f"status {self.status}"] + problems + failures + tail)


def missing(*groups):
    """The packages of these groups of tools/packages.txt that are not there, as one string."""
    check = subprocess.run([os.path.join(ROOT, "tools/install-packages"), "--check", *groups],
                           stdout=subprocess.PIPE, text=True, check=False)
    return " ".join(check.stdout.split())


def command(*options, seconds=RUN_SECONDS, env=None, script=None):
    """Runs run-qemu.sh with the options. Returns its status and its output, errors included."""
    done = subprocess.run([script or os.path.join(ROOT, "run-qemu.sh"), *options],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=seconds + 120, env=env, check=False)
    return done.returncode, done.stdout.decode("utf-8", "replace")


def at_speed(ticks, clock=False):
    """The environment in which Bochs takes so many ticks for a second; None: as many as run-qemu.sh
    has it take. `clock`: and no second is shorter than one, as it is otherwise while all CPUs sleep."""
    given = {"BOCHS_IPS": str(ticks)} if ticks else {}
    if clock:
        given["BOCHS_SYNC"] = "slowdown"
    return dict(os.environ, **given)


def boot(engine, *options, cpus=4, seconds=RUN_SECONDS, ticks=None):
    """Boots Plinth and returns the Run. The image is built already."""
    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, "serial.log")
        status, output = command("--engine", engine, "--cpus", str(cpus), "--log", path,
                                 "--timeout", str(seconds), "--no-build", *options,
                                 seconds=seconds, env=at_speed(ticks))
        with open(path, "rb") as file:
            raw = file.read()
    return Run(status, output, raw, cpus)


class Machine:
    """A run that is talked to while it goes on, through the serial port that Plinth reads:

        with Machine("bochs", "--append", "shell=on tests=none") as machine:
            machine.send(after=r"console: reads the serial port", text="vms\\n")
            machine.send(after=r"login: $", text="root\\n", console="web")
        run = machine.run

    Patterns are looked for in order, each behind the match of the one before it: in the lines of the
    log, or in what the VM named by `console` sent. A pattern that does not come in time ends the
    run, and `missed` names it; what is to be sent after it is not sent. Where what is typed has to come
    in a time of the guest's, `clock` keeps that from passing faster than the tests'."""

    def __init__(self, engine, *options, cpus=4, seconds=RUN_SECONDS, ticks=None, clock=False):
        self._environment = at_speed(ticks, clock)
        self.missed = None
        self.run = None
        self._cpus = cpus
        self._seconds = seconds
        self._options = ["--engine", engine, "--cpus", str(cpus), "--timeout", str(seconds),
                         "--no-build", *options]
        self._raw = b""
        self._text = ""  # whole lines of the log
        self._consoles = {}
        self._found = {}  # how far each stream has been looked through

    def __enter__(self):
        self._directory = tempfile.TemporaryDirectory()
        self._log = os.path.join(self._directory.name, "serial.log")
        fifo = os.path.join(self._directory.name, "input")
        os.mkfifo(fifo)
        self._input = os.open(fifo, os.O_RDWR)
        self._output = open(os.path.join(self._directory.name, "output"), "w+b")
        self._process = subprocess.Popen(
            [os.path.join(ROOT, "run-qemu.sh"), *self._options, "--log", self._log,
             "--input", fifo], stdin=subprocess.DEVNULL, stdout=self._output,
            stderr=subprocess.STDOUT, env=self._environment)
        return self

    def _read_log(self):
        """Takes in what the log has grown by, whole lines only."""
        try:
            with open(self._log, "rb") as file:
                file.seek(len(self._raw))
                new = file.read()
        except FileNotFoundError:
            return
        new = new[:new.rfind(b"\n") + 1]
        self._raw += new
        text = new.decode("latin-1").replace("\r", "")
        self._text += text
        for line in text.splitlines():
            match = BODIES["guest"].fullmatch(line.partition("] ")[2])
            if match:
                sent = (unescape(match["console"]) or b"").decode("latin-1")
                end = "\n" if match["mark"] == "|" else ""
                self._consoles[match["name"]] = (
                    self._consoles.get(match["name"], "") + sent + end)

    def _look(self, pattern, console):
        self._read_log()
        stream = self._text if console is None else self._consoles.get(console, "")
        match = re.compile(pattern, re.MULTILINE).search(stream, self._found.get(console, 0))
        if match:
            self._found[console] = match.end()
        return match

    def wait(self, pattern, console=None):
        """The match once the pattern has come; None when it does not, or one before it did not."""
        deadline = time.monotonic() + self._seconds
        while self.missed is None:
            over = self._process.poll() is not None or time.monotonic() > deadline
            match = self._look(pattern, console)
            if match:
                return match
            if over:
                self.missed = pattern
                self._process.terminate()
                break
            time.sleep(0.1)
        return None

    def send(self, text, after=None, console=None):
        """Types `text`, once the pattern `after` has come. True when it was typed."""
        if after is not None and self.wait(after, console) is None:
            return False
        if self.missed is None:
            os.write(self._input, text.encode("latin-1"))
        return self.missed is None

    def __exit__(self, *_):
        """Waits for the end of the run; `run` is the Run then."""
        try:
            status = self._process.wait(self._seconds + 120)
        finally:
            self._process.terminate()
            self._process.wait()
            os.close(self._input)
        self._output.seek(0)
        output = self._output.read().decode("utf-8", "replace")
        if self.missed is not None:
            output += f"\nnever seen: {self.missed}"
        self._output.close()
        with open(self._log, "rb") as file:
            self.run = Run(status, output, file.read(), self._cpus)
        self._directory.cleanup()


def guest_file(name):
    """The path of a file that `make guests` makes."""
    return os.path.join(ROOT, "build/guests", name)


def guests_missing(*names):
    """Which of these files are not there, as a sentence, or an empty string."""
    absent = [name for name in names if not os.path.exists(guest_file(name))]
    return f"make guests has not made {' '.join(absent)}" if absent else ""


def engine_missing(engine, firmware="bios"):
    """Why the engine cannot be used here, or an empty string."""
    groups = ["build", "bochs" if engine == "bochs" else "qemu"]
    if firmware == "uefi":
        groups.append("uefi")
    packages = missing(*groups)
    return f"not installed: {packages}" if packages else ""


# Lines at level error that belong to a run without fault, since a test asks for the failure.
DUE_ERRORS = (
    r" vm=\d+\((entry_failure|unhandled)_64\) ",
    r"vcpu: run failed vm=\d+\(selftest\) .* error=EntryFailed: "
    r"(VM\w+ failed with instruction error|not entered: preflight expects VMfail) ",
    # What the two tests above break.
    r" vmx: entry-check (control\.cr3-targets\.count|host\.cs\.null|guest\.segment\.tr\.[a-z-]+): ",
    r"vcpu: inject failed vm=\d+\(inject_exception_64\) .*: exception 0 has no error code$",
)


def expect(report, run, name, status, errors=()):
    """What every run owes: its exit status, a log that keeps the grammar, and, unless it fails, no
    line at level error but those that match one of the regular expressions `errors`, each of which
    has to match."""
    report.ok(run.status == status, f"{name}: ends with status {status} ({STATUS_NAMES[status]})",
              run.story())
    report.ok(not run.log.problems, f"{name}: the log keeps its grammar", run.story())
    if status == FAIL:
        return
    said = [entry.text for entry in run.log.messages(level="error")]
    wrong = [text for text in said if not any(re.search(e, text) for e in (*errors, *DUE_ERRORS))]
    wrong += [f"missing: {e}" for e in errors if not any(re.search(e, text) for text in said)]
    report.ok(not wrong, f"{name}: no line at level error that is not due", "\n".join(wrong))


def guests(mode=None):
    """The names on the wire of the embedded test guests, all or those of one mode."""
    folder = os.path.join(ROOT, "guest/cases")
    names = []
    for name in sorted(os.listdir(folder)):
        stem, kind = os.path.splitext(name)
        if kind == ".c" and mode in (None, "LONG64"):
            names.append(f"guest/{stem}")
        if kind == ".asm":
            with open(os.path.join(folder, name), encoding="utf-8") as file:
                if mode is None or f"%define MODE {mode}\n" in file.read():
                    names.append(f"guest/{stem}")
    return names


# Why a guest may be skipped on some machines.
ONE_CPU = "needs two CPUs"
NO_REAL_MODE = "real mode needs unrestricted guest, which this CPU lacks"
NO_XSAVE = "the CPU has no XSAVE"
NO_XSAVES = "the CPU has no XSAVES"
NO_RDRAND = "the CPU has no RDRAND"


def expect_cpus(report, run, name, cpus):
    """All CPUs of the machine came online."""
    report.ok(run.log.find(rf"smp: cpus-online={cpus} of={cpus}\b"),
              f"{name}: {cpus} CPUs come online", run.story())


def expect_parallel_start(report, run, name, cpus):
    """With selftest=full: each of the others had started before the first of them answered."""
    report.ok(run.log.find(rf"smp: cpus-online={cpus} of={cpus} starting-at-once={cpus - 1} "),
              f"{name}: {cpus - 1} CPUs start at once", run.story())


def expect_guests(report, run, name, reasons=(), skipped=()):
    """Every embedded guest passed, but for `skipped`, which must be, and those that were skipped
    for one of these reasons, word for word."""
    wrong = []
    for guest in guests():
        result = run.log.result(guest)
        if (result is None or not result.ok or (guest in skipped and not result.skip)
                or (result.skip and result.skip not in reasons)):
            wrong.append(f"{guest}: {result}")
    report.ok(not wrong, f"{name}: every guest passes, or lacks what it needs by name",
              "\n".join(wrong + [run.story()]))


def expect_no_vmx(report, run, name, word):
    """The verdict gives the reason, every guest is skipped, and what needs no VMX ran."""
    reason = run.log.verdict.reason if run.log.verdict else None
    report.ok(reason and word in reason, f"{name}: the verdict's reason names {word}", reason)
    wrong = [guest for guest in guests()
             if not (run.log.result(guest) and run.log.result(guest).skip)]
    report.ok(not wrong, f"{name}: every guest is skipped by name", "\n".join(wrong))
    passed = [r.name for r in run.log.results if r.ok and not r.skip]
    report.ok(any(p.startswith("boot/") for p in passed), f"{name}: the tests of boot ran", passed)
