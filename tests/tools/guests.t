#!/usr/bin/env python3
"""What test guests are made with: make-initramfs, make-disk and unpack-kernel give what they should, the
same bytes each time; /init finds its commands; fetch-guests takes files out of packages, once, and says
which package fails. The packages are made here, and apt finds them in a directory: nothing is fetched."""

import gzip
import hashlib
import os
import stat
import struct
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from plinth import ROOT, Report, missing  # noqa: E402

USAGE = 2


def run(tool, *arguments, **environment):
    done = subprocess.run([os.path.join(ROOT, "tools", tool), *arguments], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, text=True,
                          env=dict(os.environ, **environment))
    return done.returncode, done.stdout


def read(path):
    with open(path, "rb") as file:
        return file.read()


def write(path, content, mode=0o644):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(content)
    os.chmod(path, mode)
    return path


# --- make-initramfs --------------------------------------------------------------------------

def members(archive):
    """The members of a newc archive, in order: name, mode, owner, time, device and content."""
    offset = 0
    while True:
        assert archive[offset:offset + 6] == b"070701", f"no header at {offset}"
        (_, mode, uid, gid, _, mtime, size, _, _, major, minor, length, _) = (
            int(archive[offset + 6 + 8 * i:offset + 14 + 8 * i], 16) for i in range(13))
        name = archive[offset + 110:offset + 110 + length - 1].decode()
        offset = (offset + 110 + length + 3) & ~3
        if name == "TRAILER!!!":
            return
        yield name, mode, (uid, gid), mtime, (major, minor), archive[offset:offset + size]
        offset = (offset + size + 3) & ~3


def test_initramfs(report, directory):
    busybox = write(f"{directory}/busybox", b"\x7fELF a shell", 0o700)
    tool = write(f"{directory}/ticks", b"\x7fELF a clock")
    modules = [write(f"{directory}/{name}.ko", name.encode()) for name in ("virtio", "a_ring", "blk")]
    images = []
    for name in ("one", "two"):
        status, output = run("make-initramfs", "--busybox", busybox, "--program", tool, "--output",
                             f"{directory}/{name}", *modules)
        report.ok(status == 0, f"make-initramfs makes {name}", output)
        images.append(read(f"{directory}/{name}"))
        # Other times of the input must not show.
        os.utime(busybox, (time.time() + 3600,) * 2)
        os.utime(modules[0], (0, 0))
    report.ok(images[0] == images[1], "the same input gives the same initramfs")
    found = {entry[0]: entry for entry in members(gzip.decompress(images[0]))}
    modes = {name: entry[1] for name, entry in found.items()}
    content = {name: entry[5] for name, entry in found.items()}
    report.ok(content.get("init") == read(f"{ROOT}/tests/guest/init") and
              modes["init"] == stat.S_IFREG | 0o755, "/init is tests/guest/init, executable")
    report.ok(content.get("bin/busybox") == b"\x7fELF a shell" and
              modes["bin/busybox"] == stat.S_IFREG | 0o755, "busybox is there, executable by all")
    report.ok(content.get("bin/ticks") == b"\x7fELF a clock", "a program is in /bin")
    report.ok(content.get("bin/sh") == b"busybox" and stat.S_ISLNK(modes["bin/sh"]),
              "/bin/sh is a link to busybox")
    report.ok(stat.S_ISCHR(modes.get("dev/console", 0)) and found["dev/console"][4] == (5, 1),
              "/dev/console is the character device 5:1")
    report.ok(content.get("modules/order") == b"virtio.ko\na_ring.ko\nblk.ko\n" and
              content.get("modules/a_ring.ko") == b"a_ring", "modules are there, their order too")
    report.ok({entry[2:4] for entry in found.values()} == {((0, 0), 0)}, "all is root's, at time 0")
    names = list(found)
    parents = [name for name in names if "/" in name and os.path.dirname(name) not in
               names[:names.index(name)]]
    report.ok(not parents, "a directory comes before what lies in it", parents)
    status, output = run("make-initramfs", "--busybox", f"{directory}/none", "--output",
                         f"{directory}/three")
    report.ok(status == 1 and "none" in output and not os.path.exists(f"{directory}/three"),
              "a missing busybox is named, and no initramfs is left", output)


# The kernel's command line as it arrives, and the commands that /init takes from it.
COMMAND_LINES = (
    ("console=ttyS0", ""),
    ("console=ttyS0 plinth.run=dmesg", "dmesg"),
    ('a plinth.run="ls /; nproc" quiet', "ls /; nproc"),
    ('a "plinth.run=ls /; nproc" quiet', "ls /; nproc"),
    ('a plinth.run=\\"ls /; nproc\\" quiet', "ls /; nproc"),
    ("a plinth.run=ls / | wc -l", "ls / | wc -l"),
    ("a plinth.run=\\\"echo \\'x y\\'\\\"", "echo 'x y'"),
    ('a plinth.run="echo a\\\\tb"', "echo a\\\\tb"),
)


def test_command_line(report, directory):
    init = read(f"{ROOT}/tests/guest/init").decode()
    start = init.index("requested_commands() {")
    function = init[start:init.index("\n}\n", start) + 3]
    for line, commands in COMMAND_LINES:
        done = subprocess.run(["sh", "-c", f'{function}requested_commands "$1"', "sh", line],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        report.ok(done.stdout.strip("\n") == commands, f"/init understands {line}", done.stdout)


# --- make-disk -------------------------------------------------------------------------------

def test_disk(report, directory):
    images = []
    for name in ("one", "two"):
        status, output = run("make-disk", "--output", f"{directory}/{name}", "--size", "2")
        report.ok(status == 0, f"make-disk makes {name}", output)
        images.append(read(f"{directory}/{name}"))
        # mke2fs notes times in seconds.
        time.sleep(1.1)
    report.ok(images[0] == images[1], "the same size gives the same disk a second later")
    report.ok(len(images[0]) == 2 << 20, "it is as large as it should be")
    report.ok(images[0][1080:1082] == b"\x53\xef", "it is an ext2 file system")
    lines = (2 << 20) // 2 // 32
    report.ok(all(f"plinth-disk-{n:016d}...\n".encode() in images[0] for n in (0, 1, lines - 1)) and
              f"plinth-disk-{lines:016d}".encode() not in images[0],
              "its file holds numbered lines, half of the disk")
    report.ok(sorted(os.listdir(directory)) == ["one", "two"], "nothing else is left",
              os.listdir(directory))
    status, output = run("make-disk", "--output", f"{directory}/x", "--size", "0")
    report.ok(status == USAGE, "a disk without size is refused", output)


# --- unpack-kernel ---------------------------------------------------------------------------

def bzimage(packed, size, length=None):
    """The least that says where the kernel lies: the setup header's fields, one sector of setup."""
    image = bytearray(1024)
    image[0x1F1] = 1
    image[0x202:0x206] = b"HdrS"
    struct.pack_into("<H", image, 0x206, 0x020F)
    payload = packed + struct.pack("<I", size)
    struct.pack_into("<II", image, 0x248, 16, len(payload) if length is None else length)
    return bytes(image) + bytes(16) + payload + b"what follows"


def test_kernel(report, directory):
    kernel = b"\x7fELF" + bytes(range(256)) * 64
    for name, command in (("gzip", ["gzip", "-c"]), ("xz", ["xz", "-c"]), ("lz4", ["lz4", "-lc"])):
        packed = subprocess.run(command, input=kernel, stdout=subprocess.PIPE, check=True).stdout
        path = write(f"{directory}/{name}", bzimage(packed, len(kernel)))
        status, output = run("unpack-kernel", path, f"{path}.elf")
        report.ok(status == 0 and read(f"{path}.elf") == kernel, f"unpack-kernel: {name}", output)
    packed = gzip.compress(kernel)
    for name, image in (("no kernel", b"MZ" + bytes(2000)),
                        ("a short file", b"HdrS"),
                        ("a payload past the end", bzimage(packed, len(kernel), 1 << 20)),
                        ("a payload of nothing", bzimage(packed, len(kernel), 0)),
                        ("an unknown compression", bzimage(b"BZh9" + packed, len(kernel))),
                        ("another size", bzimage(packed, len(kernel) + 1))):
        path = write(f"{directory}/bad", image)
        status, output = run("unpack-kernel", path, f"{directory}/bad.elf")
        report.ok(status == 1 and len(output.splitlines()) >= 1 and "Traceback" not in output and
                  not os.path.exists(f"{directory}/bad.elf"), f"unpack-kernel refuses {name}", output)


# --- fetch-guests ----------------------------------------------------------------------------

def make_package(repository, name, files, depends=""):
    """A package in the repository, and what its index says of it."""
    tree = f"{repository}/../tree-{name}"
    for path, content in files.items():
        write(f"{tree}/{path}", content)
    control = (f"Package: {name}\nVersion: 1\nArchitecture: all\nMaintainer: nobody <n@example.com>\n"
               f"Description: for a test\n{depends}")
    write(f"{tree}/DEBIAN/control", control.encode())
    deb = f"{repository}/{name}.deb"
    subprocess.run(["dpkg-deb", "--root-owner-group", "-b", tree, deb], check=True,
                   stdout=subprocess.DEVNULL)
    content = read(deb)
    return (f"{control}Filename: ./{name}.deb\nSize: {len(content)}\n"
            f"SHA256: {hashlib.sha256(content).hexdigest()}\n\n")


def make_repository(directory):
    """Returns the environment in which apt finds packages in `directory` and nowhere else."""
    os.makedirs(f"{directory}/repository")
    index = "".join((
        make_package(f"{directory}/repository", "linux-image-6.1-toy", {
            "boot/vmlinuz-6.1": b"a kernel", "lib/modules/a.ko": b"a", "lib/modules/b.ko": b"b"}),
        make_package(f"{directory}/repository", "linux-image-toy", {},
                     "Depends: linux-image-6.1-toy\n"),
        make_package(f"{directory}/repository", "mach", {"boot/mach.gz": gzip.compress(b"mach")})))
    write(f"{directory}/repository/Packages", index.encode())
    write(f"{directory}/sources", f"deb [trusted=yes] file:{directory}/repository ./\n".encode())
    write(f"{directory}/apt.conf", f'Dir::Etc::sourcelist "{directory}/sources";\n'
          f'Dir::Etc::sourceparts "/dev/null";\n'.encode())
    return {"APT_CONFIG": f"{directory}/apt.conf"}


LIST = b"""# FILE PACKAGE PATTERN
linux linux-image-toy boot/vmlinuz-*
linux.modules/ linux-image-toy lib/modules/{a,b}.ko
mach mach boot/mach.gz
ghost no-such-package boot/ghost
hollow mach boot/hollow
"""


def test_fetch(report, directory):
    environment = make_repository(directory)
    # file: repositories cannot be read in a directory closed to apt's own user.
    os.chmod(directory, 0o755)
    listed = write(f"{directory}/list", LIST)
    output_directory = f"{directory}/out"

    def fetch(*names):
        return run("fetch-guests", "--output", output_directory, "--list", listed, *names,
                   **environment)

    status, output = fetch("linux")
    report.ok(status == 0 and read(f"{output_directory}/linux") == b"a kernel",
              "a metapackage gives the kernel that it depends on", output)
    report.ok(sorted(os.listdir(f"{output_directory}/linux.modules")) == ["a.ko", "b.ko"],
              "its modules come with it", output)
    status, output = fetch("linux", "linux.modules")
    report.ok((status, output) == (0, ""), "what is there is not fetched again", output)
    write(f"{directory}/list", LIST.replace(b"hollow mach boot/hollow\n", b""))
    status, output = fetch("mach")
    report.ok(status == 0 and read(f"{output_directory}/mach") == b"mach", "gzip is unpacked", output)
    status, output = fetch("ghost")
    report.ok(status == 1 and output.splitlines()[-1].startswith(
        "fetch-guests: package no-such-package cannot be fetched"), "a package that is not there is "
        "named", output)
    write(f"{directory}/list", LIST)
    os.remove(f"{output_directory}/mach")
    status, output = fetch("mach")
    report.ok(status == 1 and output.splitlines()[-1] == "fetch-guests: package mach holds no "
              "boot/hollow", "a file that a package lacks is named", output)
    status, output = fetch("unknown")
    report.ok(status == USAGE and "names: linux " in output, "an unknown name is refused", output)
    left = [name for name in os.listdir(output_directory) if name.startswith(".work")]
    report.ok(not left, "no half-unpacked package is left", left)


def main():
    report = Report()
    absent = missing("guests")
    if absent:
        report.skip("tools for test guests", f"not installed: {absent}")
        report.done()
    for test in (test_initramfs, test_command_line, test_disk, test_kernel, test_fetch):
        with tempfile.TemporaryDirectory() as directory:
            test(report, directory)
    report.done()


if __name__ == "__main__":
    main()
