#!/usr/bin/env python3
"""The distribution's gdb at COM2: breakpoints, steps, watchpoints, threads, detaching and the end, in
the embedded guests written in C and in Linux, under Bochs."""

import os
import re
import socket
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from plinth import (FAIL, PASS, ROOT, Machine, Report, engine_missing, expect,  # noqa: E402
                    guest_file, guests_missing, missing)
from linux_guest import linux as linux_modules  # noqa: E402
from linux_symbols import linux_symbols  # noqa: E402

WAITS = r"info gdb: vm=\d+\({}\) waits for a debugger on COM2 "
GDB_SECONDS = 240


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def debug(port, commands, file=None):
    """What gdb says to these commands, one after the other."""
    words = ["gdb", "-nx", "-batch", "-ex", "set pagination off", "-ex", "set confirm off",
             "-ex", "set width 0", "-ex", "set remotetimeout 60",
             "-ex", f"target remote 127.0.0.1:{port}"]
    for command in commands:
        words += ["-ex", command]
    done = subprocess.run(words + ([file] if file else []), cwd=ROOT, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          timeout=GDB_SECONDS, check=False)
    return done.stdout


def session(report, name, guest, commands, patterns, cpus=1, status=PASS, keys="", model=None):
    """One run of an embedded guest in gdb's hands: `patterns` have to come in this order in what gdb
    says."""
    port = free_port()
    with Machine("bochs", "--gdb", str(port), "--append",
                 f"tests=guest/{guest} gdb=guest/{guest} exits=off {keys}",
                 *(["--model", model] if model else []), cpus=cpus) as machine:
        machine.wait(WAITS.format(guest))
        said = debug(port, commands, f"build/guest/{guest}.elf")
    run = machine.run
    expect(report, run, name, status)
    in_order(report, name, said, patterns)
    return run


def in_order(report, name, said, patterns):
    at, lost = 0, None
    for pattern in patterns:
        match = re.compile(pattern, re.MULTILINE).search(said, at)
        if not match:
            lost = pattern
            break
        at = match.end()
    report.ok(lost is None, f"{name}: gdb says what it should", f"no {lost!r} in:\n{said}")


def source_level(report):
    session(report, "a program in C on two vCPUs", "debug_c_64", [
        "break distance", "continue", "backtrace", "print *from", "print *to", "finish",
        "next", "step", "info args", "delete",
        "watch counter", "continue", "info threads", "delete",
        "hbreak square", "continue", "print side", "delete",
        "watch second_goes_on", "continue", "delete",
        "thread 2", "backtrace", "monitor info", "monitor walk 0x8000", "monitor nonsense",
        "continue",
    ], [
        r"^Thread 1 hit Breakpoint 1, distance ",
        r"^#0 .* distance .*\n#1 .* in walk .*\n#2 .* in guest_main \(vcpu=0\)",
        r'= \{x = 1, y = 2, name = 0x\w+ "start"\}',
        r'= \{x = 4, y = 2, name = 0x\w+ "here"\}',
        r"^Value returned is \$\d+ = 9$",
        r"count \(by=", r"^by = 1$",
        r"^Thread 1 hit Hardware watchpoint 2: counter\n\nOld value = \d+\nNew value = \d+$",
        r"^\* 1 +Thread 1 \(vCPU 0 \w+\).*\n +2 +Thread 2 \(vCPU 1 \w+\)",
        r"^Thread \d hit Breakpoint 3, square \(side=\d+\)", r"= \d+$",
        r"^Thread 2 hit Hardware watchpoint \d: second_goes_on\n\nOld value = 0\n",
        r"^\[Switching to thread 2 ", r"guest_main \(vcpu=1\)",
        r"^vm=\d+\(debug_c_64\) vcpus=2\nvcpu=0 .*\nvcpu=1 ",
        r"^level=PML4 ", r"^address=0x8000 reaches=0x8000 page=2M rights=rw", r"no such word",
        r"^\[Inferior 1 \(Remote target\) exited normally\]$",
    ], cpus=2)


def steps(report, name="steps leave no trace", **settings):
    """Through every instruction that tells of flags: the guest itself looks for TF."""
    return session(report, name, "debug_flags_64", [
        "hbreak *steps_begin", "continue", "print $pc == (long)&steps_begin",
        *["stepi"] * 36,
        "print $pc == (long)&steps_end", "print interrupts", "print saved & 0x100", "delete",
        # The guest's own debug registers, while the CPU's are the debugger's.
        "hbreak keep_debug_registers", "watch interrupts", "continue", "stepi", "print/x $dr7",
        "continue",
    ], [
        r"= 1$", r"interrupt_entry", r"fault_entry", r"= 1$", r"= 3$", r"= 0$",
        r"^Breakpoint 2, keep_debug_registers", r"= 0x400$",
        r"exited normally",
    ], **settings)


def steps_elsewhere(report):
    """A CPU that offers a monitor trap flag which never acts; slices that a host timer ends."""
    name = "steps where the monitor trap flag does not act"
    run = steps(report, name, keys="timer=apic", model="corei7_icelake_u")
    report.ok(run.log.find(r"info gdb: steps go by RFLAGS\.TF: the monitor trap flag does not act$"),
              f"{name}: is seen at boot", run.story())


def other_modes(report):
    """Steps in code of 16 and 32 bits, through an instruction that Plinth carries out."""
    for guest in ("cpuid_16", "cpuid_32", "cpuid_pae"):
        session(report, f"steps in {guest}", guest,
                ["x/1xb 0x8000", *["stepi"] * 16, "info registers cr0", "continue"],
                [r"^0x8000:\t0x(?!00)", r"^0x00000000000080[0-9a-f]{2} in", r"^cr0 ",
                 r"exited normally"])


class Client:
    """Packets by hand, for what gdb does only at a terminal."""

    def __init__(self, port):
        self.line = socket.create_connection(("127.0.0.1", port), timeout=GDB_SECONDS)

    def send(self, content):
        self.line.sendall(b"$%s#%02x" % (content, sum(content) & 0xff))

    def answer(self):
        """The next packet's content; it is acknowledged."""
        said = b""
        while not re.search(rb"\$[^#]*#..", said):
            data = self.line.recv(4096)
            if not data:
                return None
            said += data
        self.line.sendall(b"+")
        return re.search(rb"\$([^#]*)#", said)[1]

    def ask(self, content):
        self.send(content)
        return self.answer()


def breaking_in(report):
    """Ctrl-C, and a debugger that comes to a VM that runs. The guest works for seconds."""
    name, guest, port = "Ctrl-C", "fairness_64", free_port()
    with Machine("bochs", "--gdb", str(port), "--append",
                 f"tests=guest/{guest} gdb={guest} exits=off", cpus=2) as machine:
        machine.wait(WAITS.format(guest))
        client = Client(port)
        first = client.ask(b"?")
        client.send(b"vCont;c")
        client.line.sendall(b"\x03")
        stop = client.answer()
        gone = client.ask(b"D")
        client.line.close()
        client = Client(port)
        greeting = client.ask(b"qSupported:swbreak+;hwbreak+")
        again = client.ask(b"?")
        threads = client.ask(b"qfThreadInfo")
        killed = client.ask(b"vKill;1")
    expect(report, machine.run, name, FAIL)
    report.ok(first and first.startswith(b"T05"), f"{name}: the VM waits", first)
    report.ok(stop and stop.startswith(b"T02"), f"{name}: stops it", stop)
    report.ok(gone == b"OK" and greeting and b"PacketSize" in greeting,
              f"{name}: another debugger comes", greeting)
    report.ok(again and again.startswith(b"T02"), f"{name}: and the VM stands still", again)
    report.ok(threads and threads.startswith(b"m1"), f"{name}: and has its threads", threads)
    report.ok(killed == b"OK", f"{name}: and is killed", killed)


def leaving(report):
    """Breakpoints go when the debugger leaves, and the guest passes; it may come back before."""
    name = "leaving and coming back"
    port, guest = free_port(), "debug_c_64"
    with Machine("bochs", "--gdb", str(port), "--append",
                 f"tests=guest/{guest} gdb={guest} exits=off", cpus=1) as machine:
        machine.wait(WAITS.format(guest))
        file = f"build/guest/{guest}.elf"
        first = debug(port, ["break walk", "continue", "disconnect"], file)
        second = debug(port, ["backtrace 1", "x/2xb walk", "break count", "detach"], file)
        machine.wait(rf"info gdb: debugger left vm=\d+\({guest}\)$")
    expect(report, machine.run, name, PASS)
    in_order(report, name, first + second, [
        r"hit Breakpoint 1, walk", r"^#0 +walk \(\)", r"<walk>:\t0x(?!cc)", r"detached\]"])


def killing(report):
    name = "killing"
    session(report, name, "debug_c_64", ["break walk", "continue", "kill"],
            [r"hit Breakpoint 1, walk", r"killed\]"], status=FAIL)


def nobody(report):
    """A name that no VM has is told, and nothing waits."""
    name = "gdb= without a VM"
    with Machine("bochs", "--append", "tests=guest/hlt_64 gdb=nobody", cpus=1) as machine:
        pass
    expect(report, machine.run, name, PASS)
    report.ok(machine.run.log.find(r"warn gdb: (no VM has the name|there is no COM2)"),
              f"{name}: told", machine.run.story())


def linux(report):
    """Without symbols of its own: addresses come from the kernel's table."""
    name, files = "Linux", ("linux-cloud", "linux-cloud.elf", "initramfs-cloud")
    absent = guests_missing(*files)
    if absent:
        report.skip(name, absent)
        return
    symbols = linux_symbols(guest_file("linux-cloud.elf"))
    start, rest, banner = (symbols[s] for s in ("start_kernel", "rest_init", "linux_banner"))
    port = free_port()
    with Machine("bochs", "--memory", "1024", "--gdb", str(port), "--append", "gdb=web",
                 *linux_modules("web", "cpus=2"), cpus=1, ticks=50000000) as machine:
        machine.wait(WAITS.format("web"))
        said = debug(port, [
            f"hbreak *{start:#x}", "continue", "print/x $pc", "print/x $cr0 & 0x80000001",
            "info registers cr3 efer", "backtrace 3", f"x/s {banner:#x}", "stepi", "stepi",
            "delete", f"break *{rest:#x}", "continue", "backtrace 2", "info threads", "stepi",
            "delete", f"x/1xb {rest:#x}", f"monitor walk {start:#x}", "detach"])
        machine.wait(r"^/ # ", console="web")
        machine.send("poweroff -f\n")
    run = machine.run
    report.ok(machine.missed is None, f"{name}: goes on to its shell", run.story())
    expect(report, run, name, PASS)
    in_order(report, name, said, [
        rf"hit Breakpoint 1, {start:#x} in", rf"= {start:#x}$", r"= 0x80000001$",
        r"^cr3 +0x\w+", r"^efer +0x\w*d01 ", rf"^#0 +{start:#018x} in .*\n#1 +0xffffffff8",
        r'"Linux version 6\.', rf"hit Breakpoint 2, {rest:#x} in",
        r"^#1 +0xffffffff8", r"Thread 2 \(vCPU 1 waits for SIPI\)", r"0xffffffff8",
        rf"^{rest:#x}:\t0x(?!cc)", rf"^address={start:#x} reaches=0x\w+ page=2M ", r"detached\]"])


def main():
    report = Report()
    absent = engine_missing("bochs") or " ".join(missing("test").split())
    if absent:
        report.skip("debugging", absent)
        report.done()
    for test in (source_level, steps, steps_elsewhere, other_modes, breaking_in, leaving, killing, nobody, linux):
        test(report)
    report.done()


if __name__ == "__main__":
    main()
