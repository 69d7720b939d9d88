#!/bin/bash
# Builds Plinth, boots it in the best machine present, streams its serial log and ends with its
# verdict. `./run-qemu.sh --help` lists the options; docs/testing.md says how it decides.
set -uo pipefail

readonly STATUS_PASS=0 STATUS_FAIL=1 STATUS_USAGE=2 STATUS_NOVMX=3 STATUS_TIMEOUT=4 STATUS_MISSING=5

# Seconds that a machine may take to end after its verdict.
readonly ENDING_GRACE=${PLINTH_ENDING_GRACE:-20}

usage() {
	cat <<-END
	usage: ./run-qemu.sh [OPTION]...
	Builds the Plinth ISO, boots it and streams its serial log.

	  --engine auto|kvm|bochs|tcg  the machine; auto takes KVM where it offers VMX, else Bochs
	  --cpus N                     CPUs, 1 to 255 (Bochs: 1 to 8; default 4, in Bochs with
	                               modules 1)
	  --memory MIB                 memory, 64 to 65536 (Bochs: to 8192; default 512)
	  --model NAME                 the engine's CPU model
	  --firmware bios|uefi         default bios; Bochs has no UEFI
	  --media cd|usb               the ISO as a CD (the default) or as a USB stick; Bochs: cd only
	  --append TEXT                Plinth's command line
	  --module 'FILE STRING'       a Multiboot2 module and its string; repeatable
	  --input FILE                 type what FILE holds (a file, a FIFO, - for standard input)
	                               once Plinth reads its serial port; standard input is typed by
	                               itself when it is a terminal
	  --gdb PORT                   the machine's second serial port, where a debugger reaches the
	                               VM that gdb=VM of --append names, on PORT of 127.0.0.1
	  --log FILE                   keep the serial log, as it came, in FILE
	  --timeout SECONDS            for the whole run, 1 to 86400 (default 300)
	  --iso FILE                   boot this ISO; nothing is built
	  --no-build                   take build/plinth.elf as it is
	  --help                       this text

	Exit status: 0 verdict PASS; 1 verdict FAIL, a crash, or the build failed; 2 usage; 3 ran to
	the end, but the machine has no usable VMX; 4 no verdict within the timeout; 5 engine or tool
	missing.
	END
}

say() {
	printf 'run-qemu: %s\n' "$*"
}

die() { # STATUS SENTENCE...
	local status=$1
	shift
	printf 'run-qemu: %s\n' "$*" >&2
	exit "$status"
}

# --- options ---------------------------------------------------------------------------------

want_number() { # OPTION VALUE LOW HIGH
	[[ $2 =~ ^[1-9][0-9]{0,6}$ ]] && (($2 >= $3 && $2 <= $4)) ||
		die $STATUS_USAGE "$1 takes a number from $3 to $4, not '$2'"
}

want_one_of() { # OPTION VALUE CHOICE...
	local option=$1 value=$2 choice
	shift 2
	for choice; do
		[[ $value != "$choice" ]] || return 0
	done
	die $STATUS_USAGE "$option takes one of: $*; not '$value'"
}

want_plain_text() { # OPTION VALUE
	[[ ! $2 =~ [[:cntrl:]] ]] || die $STATUS_USAGE "$1 takes text without control characters"
}

# ISO 9660: the first volume descriptor, in sector 16, has the identifier CD001.
want_iso() { # OPTION FILE
	[[ $(head -c 32774 "$2" | tail -c 5 | tr -d '\0') == CD001 ]] ||
		die $STATUS_USAGE "$1: '$2' is no ISO image"
}

want_file() { # OPTION VALUE
	[[ -f $2 && -r $2 ]] || die $STATUS_USAGE "$1: '$2' is not a file that can be read"
}

here=$(cd "$(dirname "$(realpath "$0")")" && pwd)
engine=auto cpus= memory=512 model= firmware=bios media=cd append= log= timeout=300 iso= build=yes input= gdb=
modules=()

parse_options() {
	local file
	while (($#)); do
		case $1 in
		--help | -h)
			usage
			exit 0
			;;
		--no-build)
			build=no
			shift
			continue
			;;
		--engine | --cpus | --memory | --model | --firmware | --media | --append | --module | \
			--input | --gdb | --log | --timeout | --iso)
			(($# > 1)) || die $STATUS_USAGE "$1 needs a value"
			;;
		*) die $STATUS_USAGE "unknown option '$1'; --help lists them" ;;
		esac
		case $1 in
		--engine) want_one_of "$1" "$2" auto kvm bochs tcg && engine=$2 ;;
		--cpus) want_number "$1" "$2" 1 255 && cpus=$2 ;;
		--memory) want_number "$1" "$2" 64 65536 && memory=$2 ;;
		--model)
			[[ $2 =~ ^[A-Za-z0-9_.,+=-]+$ ]] ||
				die $STATUS_USAGE "--model takes a CPU model's name, not '$2'"
			model=$2
			;;
		--firmware) want_one_of "$1" "$2" bios uefi && firmware=$2 ;;
		--media) want_one_of "$1" "$2" cd usb && media=$2 ;;
		--append) want_plain_text "$1" "$2" && append=$2 ;;
		--module)
			want_plain_text "$1" "$2"
			file=$(module_file "$2") ||
				die $STATUS_USAGE "--module: '$2' begins with no file that can be read"
			module_names_vm "${2#"$file"}" ||
				die $STATUS_USAGE "--module '$2': module ${#modules[@]}: it names no VM: vm=NAME is missing"
			modules+=("$2")
			;;
		--input)
			[[ $2 == - || (-r $2 && ! -d $2) ]] ||
				die $STATUS_USAGE "--input: '$2' is not a file that can be read"
			input=$2
			[[ $2 == - ]] || input=$(realpath -s "$2")
			;;
		--gdb) want_number "$1" "$2" 1 65535 && gdb=$2 ;;
		--log)
			: 2>/dev/null >"$2" || die $STATUS_USAGE "--log: '$2' cannot be written"
			want_file "$1" "$2" && log=$(realpath "$2")
			;;
		--timeout) want_number "$1" "$2" 1 86400 && timeout=$2 ;;
		--iso) want_file "$1" "$2" && want_iso "$1" "$2" && iso=$(realpath "$2") ;;
		esac
		shift 2
	done
	if [[ -z $input && -t 0 ]]; then
		input=-
	fi
	if [[ -n $iso && (-n $append || ${#modules[@]} -gt 0) ]]; then
		die $STATUS_USAGE "--iso boots an image as it is: no --append and no --module with it"
	fi
	if [[ $engine == bochs && $firmware == uefi ]]; then
		die $STATUS_USAGE "Bochs has no UEFI firmware: --firmware uefi needs --engine tcg or kvm"
	fi
	if [[ $engine == bochs && $media == usb ]]; then
		die $STATUS_USAGE "Plinth boots from CD under Bochs: --media usb needs --engine tcg or kvm"
	fi
}

# --- the engine ------------------------------------------------------------------------------

# What nested KVM takes: the device, and the kernel's word (Y, N, 1 or 0) whether it nests. A test may
# name others.
readonly KVM_DEVICE=${PLINTH_KVM_DEVICE:-/dev/kvm}
readonly KVM_NESTED=${PLINTH_KVM_NESTED:-/sys/module/kvm_intel/parameters/nested}

# Why nested KVM cannot be used here; nothing when it can.
kvm_obstacle() {
	if [[ ! -e $KVM_DEVICE ]]; then
		echo "there is no $KVM_DEVICE"
	elif ! (exec 3<>"$KVM_DEVICE") 2>/dev/null; then
		echo "$KVM_DEVICE does not open for this user"
	elif [[ -r $KVM_NESTED && $(<"$KVM_NESTED") == [N0]* ]]; then
		echo "$KVM_NESTED says that nesting is off"
	elif ! grep -qw vmx /proc/cpuinfo; then
		echo "this CPU shows no VMX to nest"
	fi
}

need() { # GROUP...
	"$here/tools/install-packages" "$@" || exit $STATUS_MISSING
}

# Sets `engine` and `why`.
pick_engine() {
	local obstacle
	obstacle=$(kvm_obstacle)
	case $engine in
	kvm)
		[[ -z $obstacle ]] || die $STATUS_MISSING "no nested KVM: $obstacle"
		why="asked for"
		;;
	bochs | tcg) why="asked for" ;;
	auto)
		if [[ -z $obstacle ]]; then
			engine=kvm why="/dev/kvm opens and the CPU has VMX"
		elif [[ $firmware == uefi || $media == usb ]]; then
			engine=tcg why="no nested KVM ($obstacle), and Bochs has no UEFI and no USB boot"
		elif "$here/tools/install-packages" bochs; then
			engine=bochs why="no nested KVM ($obstacle); Bochs emulates VMX"
		else
			engine=tcg why="no nested KVM ($obstacle) and no Bochs; QEMU alone has no VMX"
		fi
		;;
	esac
	case $engine in
	bochs) need bochs ;;
	*) need qemu ;;
	esac
	if [[ $firmware == uefi ]]; then
		need uefi
	fi
}

# Checks what only the chosen engine knows, and fills in its defaults.
settle_machine() {
	# An operating system in an emulated CPU takes what that CPU can give: idle ones slow it down.
	local default_cpus=4
	if [[ $engine == bochs ]] && ((${#modules[@]})); then
		default_cpus=1
		bochs_ips=50000000
	fi
	if [[ $engine == bochs ]]; then
		: "${cpus:=$default_cpus}" "${model:=corei7_skylake_x}"
		((cpus <= 8)) || die $STATUS_USAGE "Bochs runs 1 to 8 CPUs here, not $cpus"
		((memory <= 8192)) || die $STATUS_USAGE "Bochs takes up to 8192 MiB here, not $memory"
		grep -qxF -- "$model" <<<"$(bochs --help cpu 2>&1)" ||
			die $STATUS_USAGE "Bochs has no CPU model '$model'; bochs --help cpu lists them"
		return
	fi
	: "${cpus:=4}"
	if [[ -z $model ]]; then
		model=max
		[[ $engine == tcg ]] || model=host
	fi
	grep -qE -- "^(x86 )? *${model%%,*}( |$)" <<<"$(qemu-system-x86_64 -cpu help)" ||
		die $STATUS_USAGE "QEMU has no CPU model '${model%%,*}'; qemu-system-x86_64 -cpu help lists them"
}

# --- the image -------------------------------------------------------------------------------

make_image() {
	if [[ -n $iso ]]; then
		ln -s "$iso" "$run/disc.iso"
		return
	fi
	need build
	if [[ $build == yes ]]; then
		say "+ make -C $here -j$(nproc) build/plinth.elf"
		# One build at a time, where several runs begin at once.
		flock "$here/build/run" make -C "$here" -j"$(nproc)" --no-print-directory \
			build/plinth.elf >"$run/make.log" 2>&1 || {
			cat "$run/make.log" >&2
			die $STATUS_FAIL "the build failed"
		}
	fi
	[[ -f $here/build/plinth.elf ]] ||
		die $STATUS_USAGE "there is no build/plinth.elf; run without --no-build"
	local arguments=(--kernel "$here/build/plinth.elf" --output "$run/disc.iso" --work "$run/iso"
		--append "$append") module
	for module in "${modules[@]}"; do
		arguments+=(--module "$module")
	done
	"$here/tools/make-iso" "${arguments[@]}" || die $STATUS_FAIL "the ISO could not be built"
}

# --- watching --------------------------------------------------------------------------------

# The log for people: line ends and firmware's screen control taken out, and for who types at a
# terminal, consoles of guests as terminals show them.
stream_log() {
	local view=(cat)
	[[ $input != - || ! -t 0 || ! -t 1 ]] || view=("$here/tools/console-view")
	tail -c +1 -f -s 0.2 --pid="$emulator" "$run/serial" 2>/dev/null |
		perl -pe 'BEGIN { $| = 1 } s/\r|\e\[[0-9;=?]*[A-Za-z]//g' | "${view[@]}" &
	streamer=$!
}

verdict_line() {
	tail -c 65536 "$run/serial" | tr -d '\r' |
		grep -a -E '^verdict (PASS|FAIL|NOVMX) .*' | tail -n 1
}

end_emulator() {
	local pid
	pid=$(cat "$run/pid" 2>/dev/null) && kill -KILL "$pid" 2>/dev/null
}

# Waits for the machine's end. Sets `outcome` (ended, timeout, lingers) and `machine_status`.
watch() {
	local deadline=$((SECONDS + timeout)) grace=
	outcome=ended
	while kill -0 "$emulator" 2>/dev/null; do
		if [[ -z $grace && -n $(verdict_line) ]]; then
			grace=$((SECONDS + ENDING_GRACE))
		fi
		if [[ -n $grace ]] && ((SECONDS >= grace)); then
			outcome=lingers
			end_emulator
		elif [[ -z $grace ]] && ((SECONDS >= deadline)); then
			outcome=timeout
			end_emulator
		fi
		sleep 0.1
	done
	machine_status=$(cat "$run/status")
	emulator=
	wait "$streamer" 2>/dev/null
}

# True when the emulator ended as kernel/machine_end.c ends it for this verdict: QEMU's exit port
# turns the value V into status 2 V + 1; Bochs ends with 1 only for a failure.
ending_fits() { # VERDICT
	local expected
	case $engine-$1 in
	bochs-FAIL) expected=1 ;;
	bochs-*) expected=0 ;;
	*-PASS) expected=33 ;;
	*-FAIL) expected=35 ;;
	*-NOVMX) expected=37 ;;
	esac
	((machine_status == expected))
}

conclude() {
	local verdict word last
	verdict=$(verdict_line)
	word=${verdict#verdict }
	word=${word%% *}
	last=$(tr -d '\r' <"$run/serial" | grep -a -E '^\[[0-9]+ [0-9]+us c[0-9]+\] ' | tail -n 1)
	if [[ -z $word ]]; then
		if [[ $outcome == timeout ]]; then
			die $STATUS_TIMEOUT "no verdict within $timeout s; the last line: ${last:-none}"
		fi
		tail -n 5 "$run/screen" "$run/bochs.log" 2>/dev/null | tr -d '\r\033' >&2
		die $STATUS_FAIL "the machine ended (status $machine_status) without a verdict;" \
			"the last line: ${last:-none}"
	fi
	# An end= key asks for another ending, which says nothing about the verdict.
	if [[ " $append" != *" end="* ]]; then
		[[ $outcome != lingers ]] ||
			die $STATUS_FAIL "$verdict, but the machine did not end within $ENDING_GRACE s"
		ending_fits "$word" ||
			die $STATUS_FAIL "$verdict, but the machine ended with status $machine_status"
	fi
	say "$verdict"
	case $word in
	PASS) exit $STATUS_PASS ;;
	NOVMX) exit $STATUS_NOVMX ;;
	*) exit $STATUS_FAIL ;;
	esac
}

clean_up() {
	[[ -z $line ]] || kill "$line" 2>/dev/null
	[[ -z $debugger ]] || kill "$debugger" 2>/dev/null
	while [[ -n $emulator ]] && kill -0 "$emulator" 2>/dev/null; do
		end_emulator
		sleep 0.1
	done
	[[ -z $run ]] || rm -rf "$run"
}

. "$here/tools/machines.sh"
. "$here/tools/module.sh"
run= emulator= streamer= line= debugger=
parse_options "$@"
pick_engine
settle_machine
say "engine $engine: $why; model $model, $cpus CPUs, $memory MiB, $firmware"
mkdir -p "$here/build/run"
run=$(mktemp -d "$here/build/run/XXXXXXXX") || die $STATUS_MISSING "build/run cannot be written"
trap clean_up EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM
make_image
if [[ -n $log ]]; then
	ln -s "$log" "$run/serial"
else
	: >"$run/serial"
fi
start_line
start_debugger
if [[ $engine == bochs ]]; then
	start_bochs
else
	start_qemu
fi
stream_log
watch
conclude
