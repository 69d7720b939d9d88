#!/usr/bin/env python3
"""The exit status of run-qemu.sh for every way a machine can end, shown with a stand-in for
Plinth (tests/stub/stub.asm) on both emulators; and that command lines and module strings reach
the kernel whatever characters they hold."""

import os
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from plinth import (FAIL, NOVMX, PASS, ROOT, TIMEOUT, Report, command, engine_missing,  # noqa: E402
                    missing)

ENDS = [
    ("p", "a verdict PASS", PASS, "verdict PASS"),
    ("f", "a verdict FAIL", FAIL, "verdict FAIL"),
    ("n", "a verdict NOVMX", NOVMX, "a stub has none"),
    ("t", "a triple fault", FAIL, "without a verdict"),
    ("w", "PASS, but an ending that says failure", FAIL, "ended with status"),
    ("l", "PASS, but no end", FAIL, "did not end"),
]
# Characters that GRUB's scripting or a shell would act on. GRUB itself puts a backslash before
# each quote and backslash, for every kernel it boots.
HOSTILE = "s a=$HOME `b` $(c) {d} ;e &f |g #h <i> *j ~k !l %m 'n' \"o\" \\p  q=\"r s\" -- [t]"
AS_GRUB_SAYS = ("s a=$HOME `b` $(c) {d} ;e &f |g #h <i> *j ~k !l %m \\'n\\' \\\"o\\\" \\\\p "
                "q=\\\"r s\\\" -- [t]")


def build(directory, letter):
    """An ISO of the stub with this command line."""
    iso = os.path.join(directory, f"{letter}.iso")
    make_iso(directory, iso, "--append", letter)
    return iso


def make_iso(directory, iso, *options):
    subprocess.run([os.path.join(ROOT, "tools/make-iso"), "--kernel",
                    os.path.join(directory, "stub.elf"), "--output", iso,
                    "--work", os.path.join(directory, "work"), *options], check=True)


def assemble(directory):
    obj, elf = (os.path.join(directory, f"stub.{end}") for end in ("o", "elf"))
    subprocess.run(["nasm", "-f", "elf32", "-o", obj, os.path.join(ROOT, "tests/stub/stub.asm")],
                   check=True)
    subprocess.run(["ld", "-m", "elf_i386", "-z", "noexecstack", "--no-warn-rwx-segments", "-N", "-Ttext", "0x100000",
                    "-e", "start", "-o", elf, obj], check=True)


def endings(report, engine, directory):
    env = dict(os.environ, PLINTH_ENDING_GRACE="2")
    for letter, name, status, words in ENDS:
        got, output = command("--engine", engine, "--cpus", "1", "--iso",
                              os.path.join(directory, f"{letter}.iso"), env=env)
        report.ok(got == status and words in output, f"{engine}: {name}: status {status}",
                  f"status {got}\n{output}")
    got, output = command("--engine", engine, "--cpus", "1", "--timeout", "15", "--iso",
                          os.path.join(directory, "h.iso"))
    report.ok(got == TIMEOUT and "no verdict within 15 s" in output
              and "the last line: [2 20us c0] info boot: command-line=|h" in output,
              f"{engine}: a hang: status {TIMEOUT}, and the last line is named",
              f"status {got}\n{output}")


def hostile_strings(report, engine, directory):
    iso = os.path.join(directory, "hostile.iso")
    file = os.path.join(directory, "a module's  file")
    with open(file, "w", encoding="utf-8") as module:
        module.write("a module")
    make_iso(directory, iso, "--append", HOSTILE, "--module", f"{file} vm=x linux -- {HOSTILE}")
    status, output = command("--engine", engine, "--cpus", "1", "--iso", iso)
    report.ok(status == PASS and f"command-line=|{AS_GRUB_SAYS}|" in output
              and f"# module |vm=x linux -- {AS_GRUB_SAYS}|" in output,
              f"{engine}: hostile characters reach the kernel as they are", output)


def log_option(report, engine, directory):
    log = os.path.join(directory, "a log")
    status, output = command("--engine", engine, "--cpus", "1", "--log", log, "--iso",
                             os.path.join(directory, "p.iso"))
    with open(log, "rb") as file:
        raw = file.read()
    report.ok(status == PASS and raw.endswith(b"skipped=0\r\n"),
              f"{engine}: --log keeps the log as it came", raw[-200:])
    report.ok("\nok 1 - stub\n" in output and "\r" not in output,
              f"{engine}: the log is streamed without carriage returns", repr(output[-300:]))


def interrupted(report, engine, directory):
    """Ended from outside, run-qemu.sh ends its machine too and leaves nothing."""
    log = os.path.join(directory, "interrupted")
    with subprocess.Popen([os.path.join(ROOT, "run-qemu.sh"), "--engine", engine, "--cpus", "1",
                           "--log", log, "--iso", os.path.join(directory, "h.iso")],
                          stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True) as runner:
        for line in runner.stdout:
            if "command-line" in line:
                break
        runner.send_signal(signal.SIGTERM)
        start = time.monotonic()
        # Reading to the end proves that nobody holds the pipe any more: all children ended.
        runner.stdout.read()
        status = runner.wait(timeout=60)
    report.ok(status == 128 + signal.SIGTERM and time.monotonic() - start < 30,
              f"{engine}: ended by a signal, it ends its machine", f"status {status}")


def two_at_once(report, engine, directory):
    runs = [subprocess.Popen([os.path.join(ROOT, "run-qemu.sh"), "--engine", engine, "--cpus", "1",
                              "--iso", os.path.join(directory, f"{letter}.iso")],
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                             stdin=subprocess.DEVNULL, text=True) for letter in "pn"]
    outputs = [run.communicate(timeout=300)[0] for run in runs]
    report.ok([run.returncode for run in runs] == [PASS, NOVMX]
              and "NOVMX" in outputs[1] and "NOVMX" not in outputs[0],
              f"{engine}: two runs at once keep apart", "\n".join(outputs))


def main():
    report = Report()
    if missing("build"):
        report.skip("run-qemu.sh's statuses", f"not installed: {missing('build')}")
        report.done()
    with tempfile.TemporaryDirectory() as directory:
        assemble(directory)
        for letter in "pfntwlh":
            build(directory, letter)
        for engine in ("tcg", "bochs"):
            absent = engine_missing(engine)
            if absent:
                report.skip(f"{engine}: statuses", absent)
                continue
            endings(report, engine, directory)
            hostile_strings(report, engine, directory)
            log_option(report, engine, directory)
            interrupted(report, engine, directory)
            two_at_once(report, engine, directory)
    report.done()


if __name__ == "__main__":
    main()
