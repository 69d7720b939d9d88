#!/usr/bin/env python3
"""A panic while a guest runs ends with FAIL, and tells the backtrace, the vCPU and its last exits."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from plinth import FAIL, Report, boot, engine_missing, expect  # noqa: E402

TOLD = {
    "the sentence": r"panic: asked for by provoke=panic-in-guest",
    "a backtrace with symbols": r"panic: frame=1 rip=0x[0-9a-f]+ symbol=vcpu_run\+",
    "the current vCPU": r"vm: current vcpu: vm=\d+\(\w+\) vcpu=0 state=Running exits=3",
    "its registers": r"vm: registers vm=\d+\(\w+\) vcpu=0 rax=0x",
    "its last exit": r"record cpu=\d+ seq=\d+ .* vm=\d+ vcpu=0 event=exit reason=\d+\([A-Z_]+\) rip=0x",
}


def main():
    report = Report()
    absent = engine_missing("bochs")
    if absent:
        report.skip("a panic in a guest", absent)
        report.done()
    run = boot("bochs", "--append", "provoke=panic-in-guest", cpus=2)
    expect(report, run, "a panic in a guest", FAIL)
    for what, pattern in TOLD.items():
        report.ok(run.log.find(pattern), f"a panic in a guest tells {what}", run.story())
    reason = run.log.verdict.reason if run.log.verdict else None
    report.ok(reason == "asked for by provoke=panic-in-guest", "the verdict gives the reason",
              reason)
    report.done()


if __name__ == "__main__":
    main()
