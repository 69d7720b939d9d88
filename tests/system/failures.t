#!/usr/bin/env python3
"""Plinth's own failures, each asked for by `provoke=`: the run ends with FAIL, and the log names
what happened, the registers, the functions on the stack and the CPU. And the failures that come
before the log, or that leave it silent."""

import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from plinth import FAIL, TIMEOUT, Report, boot, engine_missing, expect  # noqa: E402

CPUS = 3
GENERAL = r"rax=0x[0-9a-f]+ rbx=.* rsp=0x"
CONTROL = r"cr0=0x[0-9a-f]+ cr2=0x[0-9a-f]+ cr3=0x[0-9a-f]+ cr4=0x"
FAULTING = (GENERAL, r"r8=0x[0-9a-f]+ .* r15=0x", r"rflags=0x[0-9a-f]+ cs=0x8 ss=0x", CONTROL)


def frame(number, symbol):
    return rf"frame={number} rip=0x[0-9a-f]+ symbol={symbol}\+0x"


# name, the CPU that panics, the reason of the verdict, what else the panic says
FAILURES = [
    ("panic", 0, r"asked for by provoke=panic",
     (CONTROL, frame(0, "provoke_panic"), frame(1, "provoke"), frame(2, "kernel_main"))),
    ("assert", 0, r"assertion failed: !said\[0\] at kernel/provoke\.c:\d+",
     (CONTROL, frame(0, "assert_failed"), frame(1, "provoke_assert"))),
    ("page-fault", 0, r"exception #PF in Plinth at rip=0x[0-9a-f]+ error=0x2",
     (*FAULTING, r"write to a page that is not mapped address=0x10$",
      frame(0, "provoke_page_fault"), frame(1, "kernel_main"))),
    ("write-text", 0, r"exception #PF in Plinth at rip=0x([0-9a-f]+) error=0x3",
     (*FAULTING, r"write to a page that forbids it address=0x40[0-9a-f]+$",
      frame(0, "provoke_write_text"))),
    ("execute-data", 0, r"exception #PF in Plinth at rip=0x([0-9a-f]+) error=0x11",
     (*FAULTING, r"instruction fetch from a page that forbids it address=0xffff8[0-9a-f]+$",
      frame(1, "provoke_execute_data"), frame(2, "provoke"), frame(3, "kernel_main"))),
    ("stack-overflow", 0, r"exception #DF in Plinth at rip=0x[0-9a-f]+ error=0x0",
     (*FAULTING, frame(0, "dig"), frame(1, "dig"), frame(2, "dig"))),
    ("panic-elsewhere", CPUS - 1, r"asked for by provoke=panic-elsewhere",
     (CONTROL, frame(0, "stop_here"), frame(1, "ap_main"))),
]

# What cannot even start: CPU model under QEMU, the sentence, the verdict's reason.
UNFIT = [
    ("qemu32", "this CPU has no 64-bit mode", "no 64-bit mode"),
    ("qemu64,nx=off", "this CPU cannot forbid execution of data pages (NX)",
     "no execute-disable"),
]


def fails(report, engine, name, cpu, reason, said):
    """One provoked failure, all of whose panic lines come from that CPU."""
    run = boot(engine, "--append", f"provoke={name}", cpus=CPUS)
    title = f"{engine}, provoke={name}"
    expect(report, run, title, FAIL)
    verdict = run.log.verdict
    report.ok(verdict and verdict.word == "FAIL" and re.fullmatch(reason, verdict.reason or ""),
              f"{title}: the verdict's reason", verdict)
    told = run.log.messages("panic", "error")
    missing = [p for p in said if not any(re.search(p, line.text) for line in told)]
    report.ok(not missing, f"{title}: what happened, registers and backtrace",
              "\n".join(missing + [run.story()]))
    report.ok({line.cpu for line in told} == {cpu}, f"{title}: on CPU {cpu} alone",
              [line.text for line in told])
    report.ok(not run.log.results, f"{title}: nothing goes on after it", run.story())
    return run


def same_address(report, run, name):
    """The address that W^X and NX refuse is the one that was touched."""
    rip = run.log.find(r"rip=0x([0-9a-f]+) error=")
    address = run.log.find(r"address=0x([0-9a-f]+)")
    report.ok(rip and address and rip[1] == address[1], f"{name}: the address is that of the code",
              run.story())


def below_the_stack(report, run, name):
    """The push that failed hit the guard page just below the stack pointer."""
    rsp, cr2 = run.log.find(r" rsp=(0x[0-9a-f]+)"), run.log.find(r" cr2=(0x[0-9a-f]+)")
    near = rsp and cr2 and abs(int(rsp[1], 16) - int(cr2[1], 16)) < 1024
    report.ok(near, f"{name}: the stack ended there", run.story())


def hangs(report):
    """Silence: the runner's time ends it, and it says after which line."""
    run = boot("tcg", "--append", "provoke=hang", cpus=2, seconds=30)
    report.ok(run.status == TIMEOUT, f"provoke=hang: ends with status {TIMEOUT}", run.story())
    report.ok("no verdict within 30 s; the last line: [" in run.output
              and "warn provoke: silence from here on" in run.output.splitlines()[-1],
              "provoke=hang: run-qemu.sh names the last line", run.story())
    report.ok([p.rule for p in run.log.problems] == ["verdict"],
              "provoke=hang: but for the verdict the log keeps its grammar", run.story())


def refuses(report, engine, model, sentence, reason):
    """Before there is a log: one sentence and a verdict, as bare text."""
    run = boot(engine, "--model", model, cpus=1)
    text = run.raw.decode("latin-1")
    title = f"{engine}, {model}"
    report.ok(run.status == FAIL and "but the machine" not in run.output,
              f"{title}: ends with status {FAIL}, as a FAIL does", run.story())
    report.ok(f"plinth: {sentence}\r\n" in text, f"{title}: the sentence", text[-300:])
    report.ok(text.endswith(f'verdict FAIL passed=0 failed=0 skipped=0 reason="{reason}"\r\n'),
              f"{title}: the verdict is the last line", text[-300:])


def main():
    report = Report()
    absent = engine_missing("tcg")
    if absent:
        report.skip("failures under QEMU TCG", absent)
    else:
        for failure in FAILURES:
            run = fails(report, "tcg", *failure)
            if failure[0] in ("write-text", "execute-data"):
                same_address(report, run, failure[0])
            if failure[0] == "stack-overflow":
                below_the_stack(report, run, failure[0])
        for unfit in UNFIT:
            refuses(report, "tcg", *unfit)
        hangs(report)
    absent = engine_missing("bochs")
    if absent:
        report.skip("failures under Bochs", absent)
    else:
        fails(report, "bochs", *next(f for f in FAILURES if f[0] == "stack-overflow"))
        refuses(report, "bochs", "p3_katmai", *UNFIT[0][1:])
    report.done()


if __name__ == "__main__":
    main()
