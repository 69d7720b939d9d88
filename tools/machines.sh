# shellcheck shell=bash
# How each emulator is started; run-qemu.sh reads this file. The machine is described by $engine,
# $cpus, $memory, $model, $firmware and $media, and lives in the directory $run, which holds disc.iso.
# With $input, its serial port leads to tools/serial-line and back; without, it is a file.
# It writes its serial port to `serial`, its own output to `screen`, and at its end its exit status to
# `status`; `pid` names the process to end.

# Ticks (instructions) a second of Bochs' clock; its TSC, its timers and the pace of its serial port
# follow it. At 10 million a logged line costs a fifth of what it does at 50 million, and an operating
# system's timer ticks five times as often. $BOCHS_IPS in the environment wins.
bochs_ips=10000000
# The most that it can have in memory of its own; the rest of a machine's is in a file.
bochs_host_memory=2048

# Sets `line`, the process at the other end of the serial port, and `port`, its address for the
# engine; or neither. On a pseudo-terminal Bochs would lose what comes too fast in either direction;
# from a socket it takes a byte only when the one before was read.
start_line() {
	local address=(--unix line.sock) file=line.sock
	[[ -n $input ]] || return
	[[ $engine != bochs ]] || address=(--tcp line.port) file=line.port
	exec 3<&0
	(
		cd "$run" && exec "$here/tools/serial-line" "${address[@]}" --log serial \
			--input "$input" <&3 2>"$run/line.log"
	) &
	line=$!
	exec 3<&-
	until [[ -e $run/$file ]]; do
		kill -0 "$line" 2>/dev/null ||
			die $STATUS_MISSING "the serial line: $(tail -n 1 "$run/line.log")"
		sleep 0.1
	done
	port=line.sock
	[[ $engine != bochs ]] || port=localhost:$(<"$run/line.port")
}

# With $gdb, a port of 127.0.0.1 where a debugger finds the machine's second serial port. QEMU listens
# there itself; Bochs only connects, to tools/gdb-line, and `debugger` is that process.
start_debugger() {
	[[ -n $gdb ]] || return 0
	say "a debugger finds COM2 at 127.0.0.1:$gdb once the log says that a VM waits:" \
		"gdb -ex 'target remote 127.0.0.1:$gdb' FILE"
	[[ $engine == bochs ]] || return 0
	(
		cd "$run" && exec "$here/tools/gdb-line" --machine com2.port --debugger "$gdb" \
			--address debugger.port </dev/null 2>debugger.log
	) &
	debugger=$!
	until [[ -e $run/com2.port ]]; do
		kill -0 "$debugger" 2>/dev/null ||
			die $STATUS_MISSING "the debugger's line: $(tail -n 1 "$run/debugger.log")"
		sleep 0.1
	done
}

# Bochs reads its settings from a file and its debugger's commands from another; `script` gives
# its text screen a terminal to draw on. The pid file names the process to end.
start_bochs() {
	local com1="mode=file, dev=serial" com2="enabled=0"
	[[ -z $debugger ]] || com2="enabled=1, mode=socket-client, dev=localhost:$(<"$run/com2.port")"
	[[ -z $line ]] || com1="mode=socket-client, dev=$port"
	cat >"$run/bochsrc" <<-END
	cpu: model=$model, count=$cpus, ips=${BOCHS_IPS:-$bochs_ips}, reset_on_triple_fault=0, ignore_bad_msrs=1
	memory: guest=$memory, host=$((memory < bochs_host_memory ? memory : bochs_host_memory))
	romimage: file=/usr/share/bochs/BIOS-bochs-latest
	vgaromimage: file=/usr/share/bochs/VGABIOS-lgpl-latest
	display_library: term
	clock: sync=${BOCHS_SYNC:-none}, time0=1000000000
	pci: enabled=1, chipset=i440fx
	com1: enabled=1, $com1
	com2: $com2
	port_e9_hack: enabled=1
	plugin_ctrl: unmapped=1, biosdev=1, iodebug=1, serial=1, speaker=0, gameport=0, parallel=0, extfpuirq=0
	sound: waveoutdrv=dummy
	ata0-master: type=cdrom, path=disc.iso, status=inserted
	boot: cdrom
	log: bochs.log
	panic: action=fatal
	error: action=report
	info: action=report
	debug: action=ignore
	END
	printf '%b' "${bochs_commands:-c\\nquit\\n}" >"$run/commands"
	say "+ bochs -q -f bochsrc -rc commands"
	printf '%s\n' '#!/bin/sh' 'echo $$ >pid' 'exec bochs -q -f bochsrc -rc commands' >"$run/start"
	chmod +x "$run/start"
	start env SHELL=/bin/sh TERM=vt100 script -qec ./start /dev/null
	drain_screen &
}

# Bochs with its debugger draws its text screen on a pseudo-terminal of its own, which it names. The
# machine stands still as soon as that is full, so somebody has to read it. Ends with Bochs.
drain_screen() {
	local terminal
	until terminal=$(grep -a -o -m 1 '/dev/pts/[0-9]*' "$run/screen" 2>/dev/null); do
		kill -0 "$emulator" 2>/dev/null || return
		sleep 0.1
	done
	stty -F "$terminal" raw -echo 2>/dev/null && exec cat "$terminal" >/dev/null 2>&1
}

# Under TCG all CPUs share one host thread: with a thread each, more CPUs than the host has wait for
# one another's turn at every lock, and 64 of them take minutes for what takes a second so.
start_qemu() {
	local accelerator=$engine arguments serial=(-serial file:serial)
	[[ -z $line ]] || serial=(-chardev "socket,id=line,path=$port" -serial chardev:line)
	[[ -z $gdb ]] || serial+=(-serial "tcp:127.0.0.1:$gdb,server=on,wait=off,nodelay=on")
	[[ $engine == kvm ]] || accelerator=tcg,thread=single
	arguments=(-machine q35 -accel "$accelerator" -cpu "$model" -smp "$cpus" -m "$memory"
		-nodefaults -vga std -display none -no-reboot "${serial[@]}"
		-device "isa-debug-exit,iobase=0xf4,iosize=0x04")
	if [[ $firmware == uefi ]]; then
		cp /usr/share/OVMF/OVMF_VARS_4M.fd "$run/vars.fd"
		arguments+=(
			-drive "if=pflash,format=raw,readonly=on,file=/usr/share/OVMF/OVMF_CODE_4M.fd"
			-drive "if=pflash,format=raw,file=vars.fd")
	fi
	if [[ $media == usb ]]; then
		arguments+=(-device qemu-xhci
			-drive "if=none,id=stick,format=raw,readonly=on,file=disc.iso"
			-device "usb-storage,drive=stick")
	else
		arguments+=(-cdrom disc.iso)
	fi
	say "+ qemu-system-x86_64 ${arguments[*]}"
	start sh -c 'echo $$ >pid; exec "$0" "$@"' qemu-system-x86_64 "${arguments[@]}"
}

# Runs the command in the background, in the run's directory. Its `pid` file names the emulator.
start() {
	(
		cd "$run" || exit
		"$@" </dev/null
		status=$?
		if [[ -n $line ]]; then
			# Until it has written what came last.
			kill "$line" 2>/dev/null
			tail -f -s 0.1 --pid="$line" /dev/null
		fi
		echo $status >status
	) >"$run/screen" 2>&1 &
	emulator=$!
}
