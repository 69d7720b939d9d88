#!/usr/bin/env python3
"""What is told of guests that cannot go on: a kernel of ours that goes wrong in a way of each VM's own,
with the instruction, the cause, its page tables, its stack and the names of its functions."""

import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from plinth import FAIL, Machine, Report, boot, engine_missing, expect, guest_file, guests_missing  # noqa: E402

KERNEL = "wild"
MODULE = "wild vm={name} pvh memory=16M deadline={deadline} reset=stop -- {name}"

FRAMES = [r"backtrace .* frame=1 rip=0x[0-9a-f]+ symbol=work\+0x", r"backtrace .* frame=2 .* symbol=start\+0x",
          r"backtrace .* frame=3 .* symbol=entry\.halt\+0x0$",
          r"backtrace .* end: frame pointer 0x0 is where a chain ends$"]
WRITE = r'instruction .* rip=0xffffffff8010[0-9a-f]{4} symbol=write_through\+0x\w+ bytes=\w+ ' \
        r'text="mov dword ptr \[\w+\+0x10\], \w+"$'
FIRST = r": #PF by the write to 0x123456789020: the PML4 entry is not present$"


def undelivered(why):
    """Neither the page fault nor the double fault reaches a handler."""
    return [rf"cause .*: #PF cannot be delivered: {why}$", rf"cause .*: #DF cannot be delivered: {why}$"]


# What the kernel is to do, and what is told of its VM, in this order.
STORIES = {
    "write": [
        r"cannot go on: kind=triple-fault ", r"registers .* rax=0x", WRITE, r"cause .*" + FIRST,
        *undelivered(r"its gate is beyond the IDT's limit 0x0"),
        r"walk .* of=rip level=PML4 table=0x101000 index=0x1ff entry=0x102023 flags=P,RW,A$",
        r"walk .* of=rip level=PDPT table=0x102000 index=0x1fe entry=0x103023 flags=P,RW,A$",
        r"walk .* of=rip level=PD table=0x103000 index=0x0 entry=0xe3 flags=P,RW,A,D,PS$",
        r'walk .* of=rip address=0xffffffff80(10\w+) reaches=0x\1 page=2M rights=rwx user=no there="RAM" '
        r'nested="rwx \dK write-back"$',
        r"operand .* address=0x123456789020 width=4 access=write$",
        r"walk .* of=operand level=PML4 table=0x101000 index=0x24 entry=0x0 flags=none$",
        r'walk .* of=operand address=0x123456789020 stops="the PML4 entry is not present"$',
        r"stack .* \+0x0:0xffffffff80105[0-9a-f]+ \+0x8:0x[0-9a-f]+\(work\+0x", r"backtrace .* frame=0 .* symbol=write_through\+0x", *FRAMES],
    "call": [
        r"instruction .* rip=0x0 ", r"cause .*: the instruction need not fault: what came first is not known$",
        r"stack .* \+0x0:0x[0-9a-f]+\(call_through\+0x", r"backtrace .* frame=0 rip=0x0$", *FRAMES],
    "gate": [WRITE, r"cause .*" + FIRST, *undelivered(r"its gate is not present \(rights 0xe\)"), *FRAMES],
    "selector": [WRITE, r"cause .*" + FIRST,
                 *undelivered(r"its gate's code selector 0xf8 is beyond the GDT's limit 0x17"), *FRAMES],
    "push": [r'instruction .* symbol=push_nowhere\+0x\w+ bytes=50 text="push rax"$',
             r"cause .*: #PF by the write to 0x7654320ff8: the PDPT entry is not present$",
             *undelivered(r"nothing can be pushed on its stack, at 0x7654320ff8"),
             r"operand .* address=0x7654320ff8 width=8 access=write$",
             r"backtrace .* frame=0 .* symbol=push_nowhere\+0x", *FRAMES],
    "fxsave": [r"not emulated: 0f ae \w+ fxsave ", r"cannot go on: kind=nested-fault ",
               r'instruction .* symbol=save_into\+0x\w+ .* text="fxsave \[\w+\]"$',
               r"operand .* address=0xa0000 width=512 access=write$",
               r'exit address .* physical=0xa0000 there="VGA memory" nested="not mapped"$', *FRAMES],
    "loop": [r"where .* vcpu=0 state=Ready exits=\d+$", r"instruction .* symbol=work\+0x",
             r"backtrace .* frame=1 .* symbol=start\+0x", r"backtrace .* end: "],
}
# Those whose VM is stopped, so that their result is a failure.
STOPPED = ("fxsave", "loop")


def modules(names, deadline):
    return [word for name in names
            for word in ("--module", guest_file(MODULE.format(name=name, deadline=deadline)))]


def told(report, run, name, patterns, area="(vm|guest)"):
    """All of these are said of the VM, in this order."""
    lines = [entry.text for entry in run.log.entries
             if entry.kind == "log" and re.search(rf"\] \w+ {area}: .*vm=\d+\({name}\)", entry.text)]
    at = 0
    for pattern in patterns:
        found = next((i for i in range(at, len(lines)) if re.search(pattern, lines[i])), None)
        if not report.ok(found is not None, f"{name}: {pattern[:70]}", "\n".join(lines)):
            return
        at = found + 1


def asked(report):
    """While it runs, and while it is paused."""
    name = "where"
    with Machine("bochs", "--append", "tests=none exits=off", *modules(["loop"], 200), cpus=1) as machine:
        machine.send("\x1dswhere loop\n", after=r"reads the serial port")
        machine.send("pause loop\nwhere loop\n", after=r"backtrace .* end: ")
        machine.send("stop loop\n", after=r"backtrace .* end: ")
    run = machine.run
    report.ok(machine.missed is None, f"{name}: answers, and so does a paused VM", run.story())
    told(report, run, "loop", [STORIES["loop"][0], *STORIES["loop"][1:]] * 2)


def main():
    report = Report()
    absent = engine_missing("bochs") or guests_missing(KERNEL)
    if absent:
        report.skip("what is told of guests that die", absent)
        report.done()
    run = boot("bochs", "--append", "tests=none", *modules(STORIES, 5), cpus=1)
    expect(report, run, "guests that die", FAIL)
    for name, patterns in STORIES.items():
        told(report, run, name, patterns)
    report.ok(run.log.find(r"record dump why=triple-fault vm=\d+\(write\) "), "what came before is told, too",
              run.story())
    failed = {result.name for result in run.log.results if not result.ok}
    report.ok(failed == {f"vm/{name}" for name in STOPPED}, "who could not go on has failed", failed)
    asked(report)
    report.done()


if __name__ == "__main__":
    main()
