#!/usr/bin/env python3
"""The rules of VM entry against a CPU: each one, broken alone, is refused by Bochs as the SDM says, but
for those that tests/expect/bochs-negative.txt lists, and named by the checker. And the errors of VMX
instructions, each provoked."""

import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from plinth import NOVMX, PASS, ROOT, Report, boot, engine_missing, expect  # noqa: E402

PREFIX = "entry-check/"
ACCEPTED = "accepted by this CPU"
# What a machine cannot show, whatever it is asked.
IMPOSSIBLE = ("cannot be broken on this CPU", "needs the CPU in another mode")
# What run-qemu.sh takes, a CPU without "unrestricted guest", and the one with most to break.
NO_UNRESTRICTED_GUEST = "corei5_lynnfield_750"
MODELS = ("corei7_skylake_x", NO_UNRESTRICTED_GUEST, "tigerlake")
REAL_MODE = PREFIX + "a-good-real-mode-guest-is-entered"
ERROR = re.compile(r"vmx/instruction-error-(\d+)-.*")
# Numbers that need firmware's monitor of SMM, or that Bochs answers otherwise (docs/testing.md).
NOT_PROVOKED = {1, 6, 16, 17, 18, 19, 20, 22, 23, 24, 25}
LISTED_ERRORS = set(range(1, 29)) - {14, 21, 27}
READ_ONLY = 13


def expected():
    """The models by id that the file of expectations names: "all", or some."""
    models = {}
    with open(os.path.join(ROOT, "tests/expect/bochs-negative.txt"), encoding="utf-8") as file:
        for line in file:
            if not line.startswith("#"):
                rule, model, _ = line.split(None, 2)
                models[rule] = model.split(",")
    return models


def listed(model):
    """The ids that are expected to be accepted on a model."""
    return {rule for rule, models in expected().items() if "all" in models or model in models}


def rules(run):
    """The results of rules by id."""
    return {result.name[len(PREFIX):]: result for result in run.log.results
            if result.name.startswith(PREFIX + "control.")
            or result.name.startswith(PREFIX + "host.")
            or result.name.startswith(PREFIX + "guest.")}


def broken(report, model, totals):
    """All rules on one model. Adds what became of them to `totals`."""
    name = f"selftest=negative, {model}"
    run = boot("bochs", "--model", model, "--append", "selftest=negative tests=guest/hlt_64", cpus=1)
    expect(report, run, name, PASS)
    good = [result for result in run.log.results if result.name.startswith(PREFIX + "a-good-")]
    skipped = [result.name for result in good if result.skip]
    without = [REAL_MODE] if model == NO_UNRESTRICTED_GUEST else []
    report.ok(len(good) == 6 and all(r.ok for r in good) and skipped == without,
              f"{name}: guests that break none are entered, in each mode", f"{good}\n{run.story()}")
    results = rules(run)
    accepted = {rule for rule, result in results.items() if result.skip == ACCEPTED}
    impossible = {rule for rule, result in results.items() if result.skip in IMPOSSIBLE}
    refused = {rule for rule, result in results.items() if result.ok and not result.skip}
    report.ok(refused | accepted | impossible == set(results), f"{name}: every rule is accounted for",
              set(results) - refused - accepted - impossible)
    report.ok(accepted <= listed(model), f"{name}: no rule is accepted that is not listed",
              sorted(accepted - listed(model)))
    report.ok(listed(model) - impossible <= accepted, f"{name}: every rule that is listed is accepted",
              sorted(listed(model) - impossible - accepted))
    told = run.log.find(r"vmx: entry checks rules=(\d+) refused=(\d+) accepted=(\d+) "
                        r"impossible=(\d+) wrong=0$")
    counts = [len(s) for s in (results, refused, accepted, impossible)]
    report.ok(told and [int(n) for n in told.groups()] == counts,
              f"{name}: the numbers at its end are right", f"{counts}\n{run.story()}")
    after = run.log.result("guest/hlt_64")
    report.ok(after and after.ok, f"{name}: a guest runs afterwards", run.story())
    errors(report, run, name)
    totals["rules"] |= set(results)
    totals["confirmed"] |= refused
    totals["accepted"] |= accepted


def together(report, totals):
    """What all models together show, and docs/entry-failures.md says."""
    never = set(expected()) - totals["accepted"]
    report.ok(not never, "every rule that is listed is accepted on one of the models", sorted(never))
    count, confirmed = len(totals["rules"]), len(totals["confirmed"])
    accepted = len(totals["accepted"] - totals["confirmed"])
    sentence = (f"Of {count} rules Bochs confirms {confirmed} and accepts {accepted}; "
                f"{count - confirmed - accepted} cannot be broken there")
    with open(os.path.join(ROOT, "docs/entry-failures.md"), encoding="utf-8") as file:
        page = " ".join(file.read().split())
    report.ok(sentence in page, f"docs/entry-failures.md has the numbers: {sentence}")


def errors(report, run, name):
    """The instruction errors that this run provoked."""
    seen = {int(ERROR.fullmatch(r.name)[1]): r for r in run.log.results if ERROR.fullmatch(r.name)}
    skipped = {number for number, result in seen.items() if result.skip}
    report.ok(set(seen) == LISTED_ERRORS, f"{name}: every instruction error has its result",
              sorted(seen))
    # VMWRITE to a read-only field is an error only where the CPU does not say that it may.
    report.ok(skipped - {READ_ONLY} == NOT_PROVOKED,
              f"{name}: just those are skipped that nothing can provoke", sorted(skipped))


def without_vmx(report):
    """Where there is no VMX each rule is skipped with that reason."""
    name = "selftest=negative without VMX"
    run = boot("tcg", "--append", "selftest=negative tests=none", cpus=1)
    expect(report, run, name, NOVMX)
    results = rules(run)
    report.ok(results and all(r.skip == run.log.verdict.reason for r in results.values()),
              f"{name}: every rule is skipped with the verdict's reason", run.story())


def main():
    report = Report()
    totals = {"rules": set(), "confirmed": set(), "accepted": set()}
    absent = engine_missing("bochs")
    for model in MODELS:
        if absent:
            report.skip(f"selftest=negative, {model}", absent)
        else:
            broken(report, model, totals)
    if not absent:
        together(report, totals)
    absent = engine_missing("tcg")
    if absent:
        report.skip("selftest=negative without VMX", absent)
    else:
        without_vmx(report)
    report.done()


if __name__ == "__main__":
    main()
