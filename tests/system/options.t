#!/usr/bin/env python3
"""Plinth's command line and its modules, shown by what they change on the wire: the modes of the
local APIC, the timers, safe mode, how much is said of exits, a CPU that is not there; and that what
is wrong in them is named, and the run goes on."""

import os
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from plinth import (FAIL, NOVMX, ONE_CPU, PASS, ROOT, Report, boot,  # noqa: E402
                    engine_missing, expect, expect_cpus, expect_guests, expect_no_vmx)

GUESTS = ["cpuid_16", "cpuid_32", "cpuid_pae", "cpuid_64", "time_slice_64"]
FEW = "tests=guest/cpuid*,guest/time_slice*"
PHANTOM = (r"error smp: CPU 2 does not answer to INIT-SIPI-SIPI and is left out "
           r"apic-id=0xc8 acpi-uid=200$")
# What stands on the command line, and the sentence that leaves it out.
BAD_OPTIONS = [
    ("bad=1", "no such key"),
    ("novalue", "no such key"),
    ("exits=maybe", "it wants tests, all, summary or off"),
    ("cpus=0", "it wants a number from 1 to 512"),
    ("slice=99", "it wants microseconds from 100 to 1000000"),
    ("vpid=no", "it wants on or off"),
    ("preflight=", "it wants on or off"),
    ("apic=", "it wants auto, xapic or x2apic"),
    ("phantom-cpu=255", "it wants an APIC ID from 1 to 254"),
]
MODULES_MOST = 64


def summaries(run):
    """The VMs' names that have a line of counts."""
    return [entry.text.split("(", 1)[1].split(")", 1)[0]
            for entry in run.log.messages("vm", "info") if ": exits vm=" in entry.text]


def mode_is(report, run, name, mode):
    report.ok(run.log.find(rf"info lapic: mode={mode} "), f"{name}: the local APICs are in that mode",
              run.story())


def passed(report, run, name, guests):
    results = [run.log.result(f"guest/{guest}") for guest in guests]
    report.ok(all(r and r.ok and not r.skip for r in results), f"{name}: {', '.join(guests)} pass",
              f"{results}\n{run.story()}")


def xapic_without_vpid(report):
    """Few guests, so that many options fit into one boot."""
    name = "apic=xapic vpid=off exits=off log=debug phantom-cpu=200"
    run = boot("bochs", "--append", f"{name} {FEW}", cpus=2)
    expect(report, run, name, PASS, (PHANTOM,))
    mode_is(report, run, name, "xapic")
    report.ok(run.log.find(r"smp: cpus-online=2 of=3 "), f"{name}: the real CPUs come online",
              run.story())
    report.ok(run.log.find(r"debug vmx: enable VPID not used: every entry and exit flushes the TLB$"),
              f"{name}: what it means to do without VPID", run.story())
    report.ok(not run.log.exits() and not summaries(run),
              f"{name}: no exit on the wire, not even counted", run.story())
    passed(report, run, name, GUESTS)


def all_exits(report):
    """Each exit of a test guest is a line that nobody has to ask for; the counts agree."""
    name = "apic=x2apic vpid=on"
    run = boot("bochs", "--append", f"{name} {FEW}", cpus=2)
    expect(report, run, name, PASS)
    mode_is(report, run, name, "x2apic")
    expect_cpus(report, run, name, 2)
    report.ok(run.log.find(r"vmx: secondary used: .*enable VPID"), f"{name}: VPID is used",
              run.story())
    ran = {r.name for r in run.log.results if r.name.startswith("guest/")}
    report.ok(ran == {f"guest/{guest}" for guest in GUESTS}, f"{name}: tests= runs no other guest",
              ran)
    wrong = []
    for guest in ("cpuid_64", "cpuid_16", "time_slice_64"):
        lines = len([e for e in run.log.exits() if e.fields["name"] == guest])
        total = run.log.find(rf"vm: exits vm=\d+\({guest}\) total=(\d+) ")
        if not lines or not total or int(total[1]) != lines:
            wrong.append(f"{guest}: {lines} lines, counted: {total and total[0]}")
    report.ok(not wrong, f"{name}: a line for every exit by default, and their count",
              "\n".join(wrong))


def timer_interrupt(report):
    """Everything, with slices that the local APIC's timer ends."""
    name = "timer=apic"
    run = boot("bochs", "--append", name, cpus=4)
    expect(report, run, name, PASS)
    expect_guests(report, run, name)
    ticks = [e for e in run.log.exits()
             if e.fields["name"] == "runaway_64" and e.fields["reason_name"] == "EXTERNAL_INTERRUPT"]
    report.ok(len(ticks) > 1, f"{name}: the timer interrupt takes the CPU from a runaway guest",
              run.story())


def safe_mode(report):
    """What GRUB's menu offers for a machine that misbehaves, with short slices."""
    name = "cpus=1 vpid=off pages=small slice=200 exits=summary"
    run = boot("bochs", "--append", name, cpus=2)
    expect(report, run, name, PASS)
    expect_cpus(report, run, name, 1)
    expect_guests(report, run, name, (ONE_CPU,))
    report.ok({entry.cpu for entry in run.log.entries} == {0}, f"{name}: only CPU 0 works")
    report.ok(run.log.find(r"EPT and VPID not used: .*2-MByte EPT pages, 1-GByte EPT pages")
              and run.log.find(r"secondary not used: .*enable VPID"),
              f"{name}: neither large pages nor VPID are used", run.story())
    report.ok(not run.log.exits(), f"{name}: no line for a single exit", run.story())
    counted = summaries(run)
    report.ok("cpuid_64" in counted and len(counted) == len(set(counted)),
              f"{name}: one line of counts for each guest", counted)
    report.ok(run.log.find(r"exits vm=\d+\(fairness_64\) total=\d+ .*\btime-slice=\d+"),
              f"{name}: the ends of slices are counted", run.story())


def preflight(report):
    """Every entry is checked beforehand: all are sound but those that tests spoil, and these never
    reach the CPU. Without the option the CPU refuses first, and the rules are named then."""
    kinds = "tests=guest/hlt_*,guest/paging_modes*,guest/nmi_*,guest/inject_*,guest/entry_failure_64"
    rule = (r"error vmx: entry-check guest\.segment\.tr\.busy: GUEST_TR_AR_BYTES=0x89, "
            r"want type 3 or 11")
    for option, guests, story in (
            ("on", kinds, r"not entered: preflight expects exit 33, qualification 0"),
            ("off", "tests=guest/entry_failure_64",
             r"invalid guest state: a guest-state field breaks a rule")):
        name = f"preflight={option}"
        run = boot("bochs", "--append", f"{name} exits=off {guests}", cpus=1)
        expect(report, run, name, PASS, (rule,))
        report.ok(run.log.find(rule), f"{name}: the rule is named with its field", run.story())
        report.ok(run.log.find(rf"entry_failure_64.*{story}; entry-check guest\.segment\.tr\.busy"),
                  f"{name}: what ended the guest", run.story())
        report.ok(run.log.find(r"error vmx: entry-check control\.cr3-targets\.count: "
                               r"CR3_TARGET_COUNT=0x5, want ")
                  and run.log.find(r"error vmx: entry-check host\.cs\.null: HOST_CS_SELECTOR=0x0, "),
                  f"{name}: a control and a field of the host", run.story())
        report.ok(not run.log.find("entry-check: none of"), f"{name}: no refusal without a rule",
                  run.story())


def fewer(report):
    """Less of the log, and fewer CPUs than there are."""
    name = "log=warn cpus=2"
    run = boot("tcg", "--append", f"{name} tests=none", cpus=4)
    expect(report, run, name, NOVMX)
    # The first lines come before Plinth has read its command line.
    late = [entry.text for entry in run.log.messages(level="info") if entry.seq > 2]
    report.ok(not late and run.log.messages(level="warn"), f"{name}: warnings, but no info", late)
    report.ok(len(run.log.messages(level="info")) > 0, f"{name}: but for the lines before", late)
    run = boot("tcg", "--append", "cpus=2 tests=none", cpus=4)
    report.ok(run.log.find(r"smp: listed=4 used=2 disabled=0 left-out-by-option=2$")
              and max(entry.cpu for entry in run.log.entries) < 2, "cpus=2 of 4 leaves two out",
              run.story())


def mistyped(report):
    """A test that does not exist is a failure, not an empty success."""
    name = "tests=guest/hlt_64,hlt_32"
    run = boot("tcg", "--append", name, cpus=1)
    expect(report, run, name, FAIL)
    wrong, right = run.log.result("tests=hlt_32"), run.log.result("guest/hlt_64")
    report.ok(wrong and not wrong.ok and right and right.skip,
              f"{name}: the name that fits nothing fails, the other counts", run.story())


def phantom(report):
    """A CPU that does not answer is named and left out; without VMX the run ends as it should."""
    for mode in ("xapic", "x2apic"):
        name = f"phantom-cpu=200 apic={mode}"
        run = boot("tcg", "--append", f"{name} tests=none", cpus=2)
        expect(report, run, name, NOVMX, (PHANTOM,))
        report.ok(run.log.find(r"smp: cpus-online=2 of=3 "), f"{name}: the real CPUs come online",
                  run.story())
        # QEMU's TCG has no x2APIC; Plinth says so and goes on.
        mode_is(report, run, name, "xapic")
        report.ok(bool(run.log.find("warn lapic: this CPU has no x2APIC")) == (mode == "x2apic"),
                  f"{name}: a mode that is not there is named", run.story())


def bad_options(report):
    name = "bad options"
    line = " ".join(option for option, _ in BAD_OPTIONS)
    run = boot("tcg", "--append", f'{line} a="quoted text" tests=none', cpus=2)
    expect(report, run, name, NOVMX)
    warned = [entry.fields["message"] for entry in run.log.messages("boot", "warn")]
    for option, why in BAD_OPTIONS:
        want = f'command line: "{option}" left out: {why}'
        report.ok(warned.count(want) == 1, f"bad option {option}: one line names it", warned)
    # The quoted text counts as two words.
    report.ok(len(warned) == len(BAD_OPTIONS) + 2, f"{name}: no other warning", warned)
    expect_cpus(report, run, name, 2)


def modules(report):
    """More modules than Plinth takes, one of them empty, and strings that break quoting."""
    name = "too many modules"
    with tempfile.TemporaryDirectory() as directory:
        empty = os.path.join(directory, "empty")
        with open(empty, "wb"):
            pass
        options = ["--module", f"{empty} vm=m0 flat",
                   "--module", f'{ROOT}/Makefile vm=m1 flat -- say="a b c']
        for number in range(2, MODULES_MOST + 2):
            options += ["--module", f"{ROOT}/.clang-format vm=m{number} flat"]
        run = boot("tcg", *options, "--append", "tests=none", cpus=1)
    expect(report, run, name, NOVMX)
    warned = [entry.fields["message"] for entry in run.log.messages("boot", "warn")]
    report.ok(len(warned) == 2 and all(w.startswith("multiboot2: tag type=3 (module) ")
                                       and w.endswith("there are more than 64 modules")
                                       for w in warned), f"{name}: each one too many is named", warned)
    report.ok(run.log.find(rf" modules={MODULES_MOST} "), f"{name}: the others count", run.story())
    report.ok(run.log.find(r'boot: module=0 start=0x[0-9a-f]+ length=0x0 string="vm=m0 flat"$'),
              f"{name}: the empty one", run.story())
    size = os.path.getsize(os.path.join(ROOT, "Makefile"))
    report.ok(run.log.find(rf"""boot: module=1 start=0x[0-9a-f]+ length={size:#x} """
                           r"""string="vm=m1 flat -- say=.*'a b c"$"""),
              f"{name}: the one with a quote in its string", run.story())
    report.ok(run.log.find(r'boot: module=63 .* string="vm=m63 flat"$')
              and not run.log.find("boot: module=64 "), f"{name}: the last one", run.story())
    skipped = {r.name for r in run.log.results if r.ok and r.skip}
    report.ok({f"vm/m{number}" for number in range(MODULES_MOST)} <= skipped,
              f"{name}: without VMX each one's VM is skipped by name", skipped)


def amd(report):
    name = "a CPU of AMD"
    run = boot("tcg", "--model", "EPYC", cpus=2)
    expect(report, run, name, NOVMX)
    expect_no_vmx(report, run, name, "VMX")


def main():
    report = Report()
    for engine, tests in (("tcg", (phantom, mistyped, fewer, bad_options, modules, amd)),
                          ("bochs", (xapic_without_vpid, all_exits, timer_interrupt, safe_mode,
                                    preflight))):
        absent = engine_missing(engine)
        if absent:
            report.skip(f"options under {engine}", absent)
            continue
        for test in tests:
            test(report)
    report.done()


if __name__ == "__main__":
    main()
