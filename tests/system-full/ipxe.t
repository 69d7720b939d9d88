#!/usr/bin/env python3
"""iPXE under SeaBIOS: its disk image is started by way of ISOLINUX, which loads a kernel that is
entered in real mode and uses the BIOS for all it does. Without a network card it goes back there."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from plinth import (PASS, Report, boot, engine_missing, expect, guest_file,  # noqa: E402
                    guests_missing)

os.environ["BOCHS_IPS"] = "50000000"

SAYS = ["ISOLINUX ", "iPXE initialising devices...ok", "Press Ctrl-B for the iPXE command line...",
        "No bootable device."]


def main():
    report = Report()
    why = engine_missing("bochs") or guests_missing("seabios.bin", "ipxe.iso")
    if why:
        report.skip("iPXE on Bochs", why)
        report.done()
    name = "iPXE"
    # The BIOS waits a minute for a device to boot from, then resets the machine.
    run = boot("bochs", "--append", "tests=none", "--module",
               f"{guest_file('seabios.bin')} vm=pc firmware memory=64M deadline=300 reset=stop",
               "--module", f"{guest_file('ipxe.iso')} vm=pc disk", cpus=1)
    expect(report, run, name, PASS)
    said, at = run.log.console("pc").decode("latin-1"), 0
    for words in SAYS:
        found = said.find(words, at)
        report.ok(found >= 0, f"{name}: then comes: {words}", said[at:] + run.story())
        at = max(at, found)
    report.done()


if __name__ == "__main__":
    main()
