#!/usr/bin/env python3
"""Unit tests of tests/log_check.py: a good log passes, and each broken one fails for its reason."""

import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from log_check import Log  # noqa: E402

GOOD = (
    "[1 10us c0] info boot: Plinth begins version=1\n"
    "[2 10us c0] warn x2apic: missing reason=\"no such bit\" mask=0xff\n"
    "TAP version 13\n"
    "1..3\n"
    "[3 20us c1] exit vm=1(hlt) vcpu=0 reason=12(HLT) rip=0x1000 len=1 qual=0x0 did=blocked\n"
    "[4 21us c0] guest vm=1(hlt)| = hello \"\n"
    "[5 22us c0] guest vm=1(hlt)> \\e[1mlogin:\\t\n"
    "[6 22us c1] guest vm=2(cpuid)| \n"
    "[7 23us c0] guest vm=1(hlt)| root\\\\\\xc3\\r\n"
    "[8 24us c0] shell> stop \"w\n"
    "[9 25us c0] shell > stop \"web\n"
    "ok 1 - hlt\n"
    "not ok 2 - cpuid\n"
    "# expected 1\n"
    "ok 3 - nmi # SKIP no NMI here\n"
    "verdict FAIL passed=1 failed=1 skipped=1\n")
PASSING = GOOD.replace("not ok 2", "ok 2").replace(
    "FAIL passed=1 failed=1", "PASS passed=2 failed=0")
NOVMX = PASSING.replace("PASS passed", "NOVMX passed").replace(
    "skipped=1\n", "skipped=1 reason=\"CPUID shows no VMX\"\n")


def swap(old, new, text=PASSING):
    assert old in text, old
    return text.replace(old, new, 1)


# name, text (line ends are made CR LF), the rule that must be broken, or None for a good log
CASES = [
    ("a failing log that keeps the grammar", GOOD, None),
    ("a passing log", PASSING, None),
    ("a machine without VMX", NOVMX, None),
    ("firmware's output before the first line", "\x1b[2Jnoise\nBooting..." + PASSING, None),
    ("a panic with missing results", swap("ok 3 - nmi # SKIP no NMI here\n", "", GOOD), None),
    ("a panic before the plan",
     "[1 1us c0] error panic: bad\nverdict FAIL passed=0 failed=1 skipped=0\n", None),
    ("nothing", "", "start"),
    ("only firmware", "SeaBIOS\nBooting\n", "start"),
    ("a gap in the numbers", swap("[2 ", "[5 "), "sequence"),
    ("a number twice", swap("[4 ", "[3 "), "sequence"),
    ("a time that goes back", swap("[4 21us", "[4 19us"), "time"),
    ("a CPU that is not there", swap("c1]", "c4]"), "cpu"),
    ("lost lines", swap("info boot: Plinth begins version=1", "warn log: lines lost=3"), "lost"),
    ("a character that is not ASCII", swap("Plinth", "Pl\xefnth"), "ascii"),
    ("a control character", swap("Plinth", "Pl\x07nth"), "ascii"),
    ("a line of no kind", swap("TAP version 13", "hello\nTAP version 13"), "kind"),
    ("a line torn in two", swap("info boot: Plinth", "info boot: Pl\ninth"), "kind"),
    ("two lines in one", swap("len=1 qual=0x0 did=blocked\n[4 21us", "len=1 qu[4 21us"), "kind"),
    ("an empty line", swap("1..3\n", "1..3\n\n"), "kind"),
    ("an unknown level", swap("info boot", "note boot"), "kind"),
    ("a log line without an area", swap("boot: Plinth", "Plinth"), "kind"),
    ("an exit without its reason's name", swap("12(HLT)", "12"), "kind"),
    ("an exit whose RIP is decimal", swap("rip=0x1000", "rip=4096"), "kind"),
    ("an escape that is none", swap("\\e[1m", "\\q[1m"), "escape"),
    ("an escape cut short", swap("\\xc3", "\\xc"), "escape"),
    ("a console line without its mark", swap("vm=1(hlt)>", "vm=1(hlt):"), "kind"),
    ("a quoted value that does not end", swap("bit\"", "bit"), "value"),
    ("no TAP version", swap("TAP version 13\n", ""), "tap"),
    ("no plan", swap("1..3\n", ""), "plan"),
    ("two plans", swap("1..3\n", "1..3\n1..3\n"), "plan"),
    ("the plan after a result", swap("1..3\n", "").replace("ok 2", "1..3\nok 2"), "plan"),
    ("fewer results than planned", swap("1..3", "1..4"), "plan"),
    ("more results than planned", swap("1..3", "1..2"), "plan"),
    ("a result out of order", swap("ok 2", "ok 7"), "result"),
    ("a result twice", swap("- cpuid", "- hlt"), "result"),
    ("a failure that was skipped", swap("ok 3", "not ok 3", GOOD), "result"),
    ("no verdict", swap("verdict PASS passed=2 failed=0 skipped=1\n", ""), "verdict"),
    ("a verdict of another word", swap("verdict PASS", "verdict GOOD"), "verdict"),
    ("a verdict without counts", swap(" failed=0", ""), "verdict"),
    ("a verdict that miscounts", swap("passed=2", "passed=3"), "verdict"),
    ("PASS in spite of a failure", swap("ok 2", "not ok 2"), "verdict"),
    ("PASS with nothing passed",
     "[1 1us c0] info a: b\nTAP version 13\n1..0\nverdict PASS passed=0 failed=0 skipped=0\n",
     "verdict"),
    ("NOVMX without a reason", swap("PASS", "NOVMX"), "verdict"),
    ("a line after the verdict", PASSING + "# more\n", "last"),
    ("a second verdict", PASSING + "verdict PASS passed=2 failed=0 skipped=1\n", "last"),
    ("a log cut off within a line", PASSING[:-5], "whole"),
]


def main():
    failed = 0
    print(f"1..{len(CASES) + 2}")
    for number, (name, text, rule) in enumerate(CASES, 1):
        log = Log(text.replace("\n", "\r\n").encode("latin-1"), 4)
        rules = {problem.rule for problem in log.problems}
        good = rule in rules if rule else not rules
        failed += not good
        print(f"{'ok' if good else 'not ok'} {number} - {name}")
        if not good:
            print(f"# wanted {rule}, found {log.problems}")
    log = Log(PASSING.encode("latin-1"), 4)
    bare = any(problem.rule == "line-end" for problem in log.problems)
    print(f"{'ok' if bare else 'not ok'} {len(CASES) + 1} - lines without CR LF")
    parts = (log.exits()[0].fields["reason"] == "12" and log.result("cpuid").ok
             and log.find(r"mask=(0x\w+)")[1] == "0xff" and len(log.messages("boot")) == 1
             and log.console("hlt") == b'= hello "\n\x1b[1mlogin:\troot\\\xc3\r\n'
             and log.console("cpuid") == b"\n" and log.shell() == ['> stop "web'])
    print(f"{'ok' if parts else 'not ok'} {len(CASES) + 2} - the parts of a log by name")
    return 1 if failed or not bare or not parts else 0


if __name__ == "__main__":
    sys.exit(main())
