#!/usr/bin/env python3
"""tools/console-view: what somebody who types sees of a log."""

import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from plinth import ROOT, Report  # noqa: E402

ONE = ("[1 1us c0] info boot: Plinth starts\n"
       "[2 2us c0] guest vm=1(web)| Welcome\n"
       "[3 3us c0] guest vm=1(web)> login: \n"
       "[4 4us c0] guest vm=1(web)> ro\n"
       "[5 5us c0] guest vm=1(web)| ot\n"
       "[6 6us c0] guest vm=1(web)> \\e[1m#\\\\\\xc3\\t\\r\n"
       "[7 7us c1] warn log: something\n"
       "[8 8us c0] guest vm=1(web)| exit\n"
       "verdict PASS\n")
SEEN = (b"[1 1us c0] info boot: Plinth starts\nWelcome\nlogin: root\n\x1b[1m#\\\xc3\t\r\n"
        b"[7 7us c1] warn log: something\nexit\nverdict PASS\n")
TWO = ("[1 1us c0] guest vm=1(web)| a\n"
       "[2 2us c0] guest vm=2(toy)> b\n"
       "[3 3us c0] guest vm=1(web)> c\n"
       "[4 4us c0] guest vm=1(web)| d\n"
       "[5 5us c0] guest vm=2(toy)| broken \\q\n")
BOTH = b"a\ntoy| b\nweb| cd\n[5 5us c0] guest vm=2(toy)| broken \\q\n"
TYPED = ("[1 1us c0] guest vm=1(web)> # \n"
         "[2 2us c0] shell> vm\n"
         "[3 3us c0] shell> vms\n"
         "[4 4us c0] shell > vms\n"
         "[5 5us c0] shell there is no VM\n")
ECHOED = (b"# \n> vm\r\x1b[K> vms\r\x1b[K[4 4us c0] shell > vms\n"
          b"[5 5us c0] shell there is no VM\n")


def view(text):
    done = subprocess.run([os.path.join(ROOT, "tools/console-view")], stdout=subprocess.PIPE,
                          input=text.replace("\n", "\r\n").encode(), check=True)
    return done.stdout


def main():
    report = Report()
    for name, text, seen in (("one guest's console is as it sent it", ONE, SEEN),
                             ("several guests' lines bear their names", TWO, BOTH),
                             ("a command is seen while it is typed", TYPED, ECHOED)):
        shown = view(text)
        report.ok(shown == seen, name, shown)
    report.done()


if __name__ == "__main__":
    main()
