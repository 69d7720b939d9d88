#!/usr/bin/env python3
"""The same tree, built in two places, gives the same kernel and the same image byte for byte."""

import os
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from plinth import ROOT, Report, missing  # noqa: E402


def copy_tree(target):
    """The files of the work tree that git knows or would take."""
    # The tree may belong to somebody else, as in a container.
    listed = subprocess.run(["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached",
                             "--others", "--exclude-standard"], cwd=ROOT, check=True,
                            stdout=subprocess.PIPE)
    for name in listed.stdout.decode().split("\0"):
        path = os.path.join(ROOT, name)
        if name and os.path.isfile(path):
            os.makedirs(os.path.dirname(os.path.join(target, name)), exist_ok=True)
            shutil.copy2(path, os.path.join(target, name))


def build(target, **environment):
    """Both with the decoder's source that is there already, as long as there is one: the test is
    not about the network."""
    fetched = os.path.join(ROOT, "build/zydis/source")
    if os.path.isdir(fetched):
        environment.setdefault("ZYDIS_SRC", os.environ.get("ZYDIS_SRC") or os.path.realpath(fetched))
    done = subprocess.run(["make", "-s", "all"], cwd=target, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, env=dict(os.environ, **environment), text=True,
                          check=False)
    return done.returncode, done.stdout


def read(*parts):
    with open(os.path.join(*parts), "rb") as file:
        return file.read()


def main():
    report = Report()
    absent = missing("build")
    if absent:
        report.skip("reproducible build", f"not installed: {absent}")
        report.done()
    with tempfile.TemporaryDirectory() as directory:
        places = [os.path.join(directory, name) for name in ("a", "a longer path/to it")]
        results = []
        for place, zone in zip(places, ("UTC", "Asia/Kolkata")):
            os.makedirs(place)
            copy_tree(place)
            results.append(build(place, TZ=zone, MAKEFLAGS=""))
        for place, (status, output) in zip(places, results):
            report.ok(status == 0, f"a copy of the tree builds in {os.path.basename(place)}/",
                      output[-2000:])
        for name in ("plinth.elf", "plinth.iso"):
            report.ok(read(places[0], "build", name) == read(places[1], "build", name),
                      f"both copies give the same {name}")
        elf = read(places[0], "build/plinth.elf")
        report.ok(directory.encode() not in elf, "the kernel names no directory of its build")
    report.done()


if __name__ == "__main__":
    main()
