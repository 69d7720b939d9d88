#!/usr/bin/env python3
"""tools/fetch-zydis: a source tree that is named is used as it is; what cannot be had is one
sentence and a failure; the machine's own sources are turned into source entries, and nothing of the
machine's apt is written."""

import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from plinth import ROOT, Report, missing  # noqa: E402

# A proxy where nobody listens: every fetch over the network fails, at once.
NO_NETWORK = 'Acquire::http::Proxy "http://127.0.0.1:9";\n' \
             'Acquire::https::Proxy "http://127.0.0.1:9";\nAcquire::Retries "0";\n'


def fetch(target, **environment):
    variables = {name: value for name, value in os.environ.items()
                 if name not in ("ZYDIS_SRC", "ZYCORE_INCLUDE", "APT_CONFIG")}
    done = subprocess.run([os.path.join(ROOT, "tools/fetch-zydis"), target], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
                          env=dict(variables, **environment))
    return done.returncode, done.stdout


def write(path, text=""):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def source_tree(path, with_zycore):
    write(os.path.join(path, "src/Decoder.c"))
    write(os.path.join(path, "include/Zydis/Zydis.h"))
    if with_zycore:
        write(os.path.join(path, "dependencies/zycore/include/Zycore/Types.h"))


def named_sources(report, directory):
    tree, target = os.path.join(directory, "a checkout"), os.path.join(directory, "one")
    source_tree(tree, True)
    status, output = fetch(target, ZYDIS_SRC=tree)
    report.ok(status == 0, "a checkout is taken", output)
    for name in ("source/src/Decoder.c", "source/include/Zydis/Zydis.h",
                 "include/Zycore/Types.h"):
        report.ok(os.path.isfile(os.path.join(target, name)), f"there is {name}")

    tree, target = os.path.join(directory, "bare"), os.path.join(directory, "two")
    source_tree(tree, False)
    status, output = fetch(target, ZYDIS_SRC=tree, ZYCORE_INCLUDE=directory)
    report.ok(status == 1 and output.count("\n") == 1 and "Zycore" in output,
              "no headers of Zycore: one sentence", output)
    write(os.path.join(directory, "Zycore/Types.h"))
    status, output = fetch(target, ZYDIS_SRC=tree, ZYCORE_INCLUDE=directory)
    report.ok(status == 0, "ZYCORE_INCLUDE names them", output)

    status, output = fetch(target, ZYDIS_SRC=os.path.join(directory, "nowhere"))
    report.ok(status == 1 and output.count("\n") == 1 and "nowhere" in output,
              "a directory that is no source tree: one sentence that names it", output)


def no_tools(report, directory):
    tools = os.path.join(directory, "tools")
    os.mkdir(tools)
    for name in ("bash", "mkdir", "realpath", "env"):
        os.symlink(f"/usr/bin/{name}", os.path.join(tools, name))
    status, output = fetch(os.path.join(directory, "three"), PATH=tools)
    report.ok(status == 1 and output.count("\n") == 1 and "ZYDIS_SRC" in output,
              "no apt-get: one sentence with the way out", output)


def no_network(report, directory):
    target, config = os.path.join(directory, "four"), os.path.join(directory, "apt.conf")
    write(config, NO_NETWORK)
    status, output = fetch(target, APT_CONFIG=config)
    lines = [line for line in output.splitlines() if not line.startswith("+ ")]
    report.ok(status == 1 and len(lines) == 1 and "ZYDIS_SRC" in lines[0],
              "no network: one sentence with the way out", output)
    entries = []
    sources = os.path.join(target, "apt/sources")
    for name in os.listdir(sources):
        with open(os.path.join(sources, name), encoding="utf-8") as file:
            entries += [line for line in file if line.lower().startswith(("deb", "types:"))]
    report.ok(entries and all("deb-src" in line for line in entries),
              "every entry is one of sources", "".join(entries))
    report.ok(not os.path.exists(os.path.join(target, "source")), "no source is left half there")


def main():
    report = Report()
    with tempfile.TemporaryDirectory() as directory:
        named_sources(report, directory)
        no_tools(report, directory)
        if missing("build"):
            report.skip("no network", f"not installed: {missing('build')}")
        else:
            no_network(report, directory)
    report.done()


if __name__ == "__main__":
    main()
