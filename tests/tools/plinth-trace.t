#!/usr/bin/env python3
"""tools/plinth-trace: what it makes of a log, and whether a browser shows it."""

import html
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, ".."))
from plinth import ROOT, Report  # noqa: E402

TOOL = os.path.join(ROOT, "tools/plinth-trace")

# Two CPUs, two VMs; a turn whose end was not reached, one whose beginning was overwritten, a record
# that two dumps have, a name that a page must not take for markup.
LOG = """firmware says something
[1 1us c0] info boot: Plinth starts
[2 9us c0] info time: TSC calibrated source=acpi-pm-timer tsc-hz=10000000
[3 500us c0] info vm: started vm=1(<web>)
[4 510us c0] info vm: started vm=2(toy)
[5 900us c0] record dump why=asked records=2 older=0 overwritten=0 cpus=2 tick_rate=10000000
[6 901us c0] record cpu=0 seq=7 tsc=6100 us=610.000 vm=1 vcpu=0 event=exit reason=10(CPUID) rip=0x1000 qual=0x0 did=emulated cost=100
[7 902us c0] record dump why=end records=9 older=0 overwritten=5 cpus=2 tick_rate=10000000
[8 903us c0] record cpu=0 seq=6 tsc=6000 us=600.000 vm=1 vcpu=0 event=in cost=400
[9 904us c0] record cpu=0 seq=7 tsc=6100 us=610.000 vm=1 vcpu=0 event=exit reason=10(CPUID) rip=0x1000 qual=0x0 did=emulated cost=100
[10 905us c0] record cpu=0 seq=8 tsc=6300 us=630.000 vm=1 vcpu=0 event=exit reason=30(IO_INSTRUCTION) rip=0xffffffff81000000 qual=0x3f80008 did="answered by the board" cost=300
[11 906us c0] record cpu=0 seq=9 tsc=6500 us=650.000 vm=1 vcpu=0 event=exit reason=10(CPUID) rip=0x1002 qual=0x0 did=emulated cost=50
[12 907us c0] record cpu=0 seq=10 tsc=6600 us=660.000 vm=1 vcpu=0 event=ipi icr=0xc4500
[13 908us c0] record cpu=0 seq=11 tsc=7000 us=700.000 vm=1 vcpu=0 event=out did=blocked
[14 909us c0] record cpu=1 seq=3 tsc=6200 us=620.000 vm=2 event=vm did=paused
[15 910us c0] record cpu=1 seq=4 tsc=6400 us=640.000 vm=2 vcpu=1 event=out did=slice-over
[16 911us c0] record cpu=1 seq=5 tsc=6500 us=650.000 vm=2 vcpu=0 event=in cost=200
[17 912us c0] record cpu=1 seq=6 tsc=6800 us=680.000 vm=2 vcpu=0 event=exit reason=12(HLT) rip=0x10 qual=0x0 cost=0
verdict PASS passed=2 failed=0 skipped=0
"""
EXIT_LINES = """[1 1us c0] info boot: Plinth starts
[2 20us c1] exit vm=3(guest/hlt_64) vcpu=0 reason=12(HLT) rip=0x1000 len=1 qual=0x0 did=blocked
[3 25us c1] exit vm=3(guest/hlt_64) vcpu=0 reason=18(VMCALL) rip=0x1010 len=3 qual=0x0 did=resumed
verdict PASS passed=1 failed=0 skipped=0
"""


def trace(log, work, *outputs):
    path = os.path.join(work, "run.log")
    with open(path, "w", encoding="ascii", newline="") as file:
        file.write(log.replace("\n", "\r\n"))
    return subprocess.run([TOOL, path, *outputs], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, check=False)


def spans(events, process, category):
    return [(event["name"], event["tid"], event["ts"], event["dur"]) for event in events
            if event["ph"] == "X" and event["pid"] == process and event["cat"] == category]


def check_events(report, work):
    """The trace events of LOG: tracks, turns, exits within them, counters."""
    path = os.path.join(work, "run.json")
    done = trace(LOG, work, "--json", path)
    report.ok(done.returncode == 0, "trace events: status 0", done.stdout)
    with open(path, encoding="utf-8") as file:
        events = json.load(file)["traceEvents"]
    names = {(event["pid"], event.get("tid")): event["args"]["name"] for event in events
             if event["ph"] == "M"}
    report.ok(names == {(1, None): "CPUs", (2, None): "vCPUs", (1, 0): "CPU 0", (1, 1): "CPU 1",
                        (2, 0): "<web>.0 (VM 1)", (2, 1): "toy.0 (VM 2)", (2, 2): "toy.1 (VM 2)"},
              "trace events: a track for each CPU and each vCPU", names)
    turns = spans(events, 1, "turn")
    report.ok(turns == [("<web>.0", 0, 600.0, 100.0), ("toy.1", 1, 620.0, 20.0),
                        ("toy.0", 1, 650.0, 30.0)],
              "trace events: turns, those cut off by the dump included", turns)
    exits = spans(events, 2, "exit")
    report.ok(exits == [("10(CPUID)", 0, 610.0, 10.0), ("30(IO_INSTRUCTION)", 0, 630.0, 30.0),
                        ("10(CPUID)", 0, 650.0, 5.0), ("12(HLT)", 1, 680.0, 0)],
              "trace events: each exit once, as long as it cost", exits)
    for process in 1, 2:
        inside = [exit for exit in spans(events, process, "exit")
                  if not any(turn[1] == exit[1] and turn[2] <= exit[2] and
                             exit[2] + exit[3] <= turn[2] + turn[3]
                             for turn in spans(events, process, "turn"))]
        report.ok(not inside, f"trace events: exits lie in turns, process {process}", inside)
    counted = {}
    for event in events:
        if event["ph"] == "C":
            counted.setdefault(event["name"], []).append(event["args"]["exits"])
    report.ok(counted.keys() == {"exits of <web>.0", "exits of toy.0", "exits of toy.1"} and
              max(counted["exits of <web>.0"]) == 1 and not any(counted["exits of toy.1"]),
              "trace events: a counter of exits for each vCPU", counted)


def browse(path, *options):
    """What chromium makes of a page, after its scripts have run."""
    profile = tempfile.mkdtemp()
    try:
        return subprocess.run(
            ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--window-size=1200,900",
             f"--user-data-dir={profile}", "--virtual-time-budget=5000", *options, path],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, timeout=300,
            check=False).stdout
    finally:
        shutil.rmtree(profile, ignore_errors=True)


def cells(document, table):
    """The text of a table's body, row by row."""
    body = re.search(rf'<table id="{table}">.*?<tbody>(.*?)</tbody>', document, re.S)
    return [[html.unescape(re.sub("<.*?>", "", cell)) for cell in re.findall("<td.*?>(.*?)</td>", row)]
            for row in re.findall("<tr>(.*?)</tr>", body[1] if body else "")]


def check_page(report, work):
    """The page of LOG in a browser: the histogram, events, what the address asks for."""
    path = os.path.join(work, "run.html")
    done = trace(LOG, work, "--html", path)
    report.ok(done.returncode == 0, "page: status 0", done.stdout)
    with open(path, encoding="utf-8") as file:
        text = file.read()
    report.ok("src=" not in text and "http" not in re.sub(r"<script.*?</script>", "", text, flags=re.S),
              "page: needs nothing from anywhere else")
    if not shutil.which("chromium"):
        report.skip("page: in a browser", "chromium is not installed")
        return
    whole = browse(f"file://{path}", "--dump-dom")
    report.ok('data-ready="yes"' in whole, "page: its script runs to the end", whole[-2000:])
    rows = cells(whole, "histogram")
    report.ok(rows == [["30(IO_INSTRUCTION)", "1", "300", "300", "300", "300", "300", ""],
                       ["10(CPUID)", "2", "150", "50", "50", "100", "100", ""]],
              "page: exits by reason, the dearest first, an exit that is not over left out", rows)
    rows = cells(whole, "events")
    report.ok(["660.000 µs", "0", "<web>.0", "ipi", "icr=0xc4500"] in rows and
              ["620.000 µs", "1", "", "vm", "vm=2(toy) did=paused"] in rows,
              "page: events, and names that are no markup", rows)
    part = browse(f"file://{path}#from=625&to=645&vm=2&exit=1", "--dump-dom")
    rows = cells(part, "events")
    report.ok([row[3:] for row in rows] == [["out", "did=slice-over"]],
              "page: the address says which part of the time is shown", rows)
    report.ok(cells(part, "histogram") == [], "page: and of which VM", cells(part, "histogram"))
    story = html.unescape(part)
    report.ok("<dd>30(IO_INSTRUCTION)</dd>" in story and "<dd>0xffffffff81000000</dd>" in story and
              "<dd>300 ticks</dd>" in story, "page: and which exit tells its story")
    check_picture(report, work, path)


def check_picture(report, work, path):
    """The canvas shows something: the screenshot with exits differs from one of a time without."""
    pictures = []
    for name, address in ("all", ""), ("empty", "#from=690&to=695"):
        shot = os.path.join(work, f"{name}.png")
        browse(f"file://{path}{address}", f"--screenshot={shot}")
        with open(shot, "rb") as file:
            pictures.append(file.read())
    report.ok(all(picture.startswith(b"\x89PNG") for picture in pictures) and
              pictures[0] != pictures[1], "page: the timeline is drawn")


def check_other_logs(report, work):
    path = os.path.join(work, "lines.json")
    done = trace(EXIT_LINES, work, "--json", path)
    with open(path, encoding="utf-8") as file:
        events = json.load(file)["traceEvents"]
    exits = spans(events, 2, "exit")
    report.ok(done.returncode == 0 and exits == [("12(HLT)", 0, 20, 0), ("18(VMCALL)", 0, 25, 0)],
              "exit lines: taken where there are no records", exits)
    done = trace("[1 1us c0] info boot: Plinth starts\n", work, "--json", path)
    report.ok(done.returncode == 1 and "recorder=dump" in done.stdout,
              "a log with nothing to show: status 1, and what to do", done.stdout)
    done = trace(LOG, work)
    report.ok(done.returncode == 2 and "--html" in done.stdout, "no output asked for: status 2",
              done.stdout)


def main():
    report = Report()
    work = tempfile.mkdtemp()
    try:
        check_events(report, work)
        check_page(report, work)
        check_other_logs(report, work)
    finally:
        shutil.rmtree(work)
    report.done()


if __name__ == "__main__":
    main()
