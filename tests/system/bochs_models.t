#!/usr/bin/env python3
"""The self-test on CPU models that lack something: what needs it is skipped by name, the rest
runs, and without usable VMX the run ends in order with the reason."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from plinth import (NO_RDRAND, NO_REAL_MODE, NO_XSAVE, NO_XSAVES, NOVMX, PASS, Report,  # noqa: E402
                    boot, engine_missing, expect, expect_cpus, expect_guests, expect_no_vmx,
                    guests)

# model, whether guests run, what the reason for NOVMX names
MODELS = [
    ("broadwell_ult", True, None),
    ("corei5_lynnfield_750", True, None),
    ("core2_penryn_t9600", False, "EPT"),
    ("p4_prescott_celeron_336", False, "VMX"),
]


def main():
    report = Report()
    for model, runs, reason in MODELS:
        name = f"Bochs, {model}"
        absent = engine_missing("bochs")
        if absent:
            report.skip(name, absent)
            continue
        run = boot("bochs", "--model", model, cpus=2)
        expect(report, run, name, PASS if runs else NOVMX)
        expect_cpus(report, run, name, 2)
        if not runs:
            expect_no_vmx(report, run, name, reason)
        elif model == "corei5_lynnfield_750":
            expect_guests(report, run, name, (NO_REAL_MODE, NO_XSAVE, NO_XSAVES, NO_RDRAND),
                          guests("REAL16"))
        else:
            expect_guests(report, run, name, (NO_XSAVES,))
    report.done()


if __name__ == "__main__":
    main()
