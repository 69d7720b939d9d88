"""What Plinth itself takes, beside what exits cost: ticks from the loader's jump until guests may run, bytes
of text and constants in the image, memory of a vCPU and of a VM. Shown with the benchmark and recorded
with its figures, but not judged: most changes add something."""

import os
import re
from collections import Counter, namedtuple

from log_check import Log

PAGE = 4096
# An input section in the linker's map: name, address, size, object file.
SECTION = re.compile(r"^ (\.[\w.]+)\s+0x([0-9a-f]+)\s+0x([0-9a-f]+) (\S+\.o)$", re.MULTILINE)
READ_ONLY = ("text", "rodata", "boot", "multiboot2", "guests", "symbols")
# What only guests execute or read: images of our own guests, the BIOS and the option ROM, the ACPI code.
GUEST_IMAGES = ("guest/registry.asm.o", "guest/bench_image.asm.o", "guest/bios/rom.asm.o", "guest/tables/dsdt.asm.o")
BOOT = re.compile(r"info boot: guests may run tsc=\d+ boot_ticks=(\d+)")
MEMORY = re.compile(r"memory vm=\d+\(bench\) ram_pages=\d+ nested_pages=\d+ vcpus=(\d+) vcpu_pages=(\d+) other_pages=(\d+)")

# What is said of each measure, and its target.
Measure = namedtuple("Measure", "name what target")
MEASURES = (
    Measure("boot_1_cpu", "ticks until guests may run", 5000000),
    Measure("boot_4_cpus", "the same with four CPUs", 12000000),
    Measure("image", "bytes, without guests and decoder", 150000),
    Measure("vcpu", "bytes for a vCPU", 32768),
    Measure("vm", "bytes for a VM but its RAM, nested tables and vCPUs", 65536),
)


NOT_OWN = ("guests", "decoder")


def part_of(path):
    """Which part of the image an object file belongs to: a layer, or what is not Plinth's code."""
    path = path.partition("build/kernel/")[2]
    if path in GUEST_IMAGES:
        return "guests"
    folder = path.partition("/")[0] or "symbols"
    return "decoder" if folder == "zydis" else folder


def kind_of(section):
    """What lies in a section, by its name."""
    name = section.split(".")[1]
    if name in ("rodata", "guests"):
        return "strings" if ".str" in section else "tables"
    return "names of functions" if name == "symbols" else "text"


def image_parts(text):
    """Bytes of text and constants by part and, of Plinth's own, by kind, from the linker's map."""
    parts, kinds = Counter(), Counter()
    for section, address, size, path in SECTION.findall(text.partition("Linker script and memory map")[2]):
        if not int(address, 16) or section.split(".")[1] not in READ_ONLY:
            continue
        part = part_of(path)
        parts[part] += int(size, 16)
        if part not in NOT_OWN:
            kinds[kind_of(section)] += int(size, 16)
    return parts, kinds


def boot_ticks(data):
    """From a log's bytes: ticks from the loader's jump until guests may run; None without that line."""
    found = Log(data).find(BOOT.pattern)
    return int(found[1]) if found else None


def target(name):
    return next(measure.target for measure in MEASURES if measure.name == name)


def measured(one_cpu, four_cpus, linker_map):
    """The values by name, and the image by part and by kind. Logs are bytes, the map is text."""
    values = {}
    for measure, data in (("boot_1_cpu", one_cpu), ("boot_4_cpus", four_cpus)):
        ticks = boot_ticks(data)
        if ticks is not None:
            values[measure] = ticks
    memory = Log(one_cpu).find(MEMORY.pattern)
    if memory:
        values["vcpu"] = int(memory[2]) * PAGE // int(memory[1])
        values["vm"] = int(memory[3]) * PAGE
    parts, kinds = image_parts(linker_map)
    if parts:
        values["image"] = sum(kinds.values())
    return values, (parts, kinds)


def read(path):
    if not os.path.exists(path):
        return {}
    with open(path, encoding="utf-8") as file:
        rows = [line.split() for line in file if line.strip() and not line.startswith("#")]
    return {row[0]: int(row[1]) for row in rows}


def write(path, values):
    lines = ["# Written by `make bench RECORD=1`: what Plinth itself takes, tests/bench_footprint.py.\n"]
    lines += [f"{measure.name:12} {values[measure.name]}\n" for measure in MEASURES if measure.name in values]
    with open(path, "w", encoding="utf-8") as file:
        file.writelines(lines)


def table(values, stored, parts):
    """The lines of the table."""
    lines = ["", f"{'measure':12} {'now':>9} {'stored':>9} {'change':>8} {'target':>9} {'of it':>6}"]
    for measure in MEASURES:
        now, before = values.get(measure.name), stored.get(measure.name)
        change = f"{100 * (now - before) / before:+.1f} %" if now is not None and before else "-"
        share = "-" if now is None else f"{now / measure.target:.2f}"
        lines.append(f"{measure.name:12} {'-' if now is None else now:>9} {'-' if before is None else before:>9} "
                     f"{change:>8} {measure.target:>9} {share:>6}  {measure.what}")
    return lines + [f"image by {what}: " + ", ".join(f"{name} {size}" for name, size in sizes.most_common())
                    for what, sizes in zip(("part", "kind"), parts)]
