# Plinth's one Makefile. `make help` lists the targets. Everything it makes lies under build/.
#
# The source lists follow the layers, bottom up (docs/architecture.md). A file NAME_test.c or
# NAME_fuzz.c beside a NAME.c runs on the host only.

BUILD   := build
CC      := gcc
LD      := ld
NASM    := nasm
OBJCOPY := objcopy
NM      := nm

LAYERS := lib x86 boot ept kernel vm device vmx guest
# Where their sources lie: a layer may have folders of its own.
FOLDERS := $(LAYERS) kernel/output vm/vcpu vm/policy vm/schedule vm/emulate vm/crash vmx/cpu \
	vmx/check vmx/vcpu vmx/exit vmx/trial guest/load guest/tables guest/bios guest/pc guest/console \
	guest/gdb
not_host = $(filter-out %_test.c %_fuzz.c,$(1))

# Modules without assembly, globals, locks or clock: compiled into the host tests unchanged.
# One a line, in the order of the layers.
PURE := \
	lib/error.c \
	lib/format.c \
	lib/page_walk.c \
	lib/range_set.c \
	lib/text_list.c \
	lib/ratio.c \
	lib/complain.c \
	lib/page_pool.c \
	x86/exception.c \
	x86/msr.c \
	lib/ring.c \
	x86/mtrr.c \
	x86/page_table.c \
	boot/acpi.c \
	boot/acpi_madt.c \
	boot/acpi_s5.c \
	boot/memory_map.c \
	boot/memory_map_sources.c \
	boot/multiboot2.c \
	ept/ept.c \
	ept/fill.c \
	ept/query.c \
	kernel/command_line.c \
	kernel/recorder_ring.c \
	kernel/symbol_table.c \
	kernel/timer_heap.c \
	kernel/wall_clock_reading.c \
	vm/exit_text.c \
	vm/guest_memory.c \
	vm/guest_peek.c \
	vm/record_text.c \
	vm/statistics.c \
	vm/policy/io_policy.c \
	kernel/output/text_grid.c \
	kernel/output/framebuffer.c \
	vm/ipi.c \
	vm/policy/cpuid_clocks.c \
	vm/policy/cpuid_limits.c \
	vm/policy/cpuid_memo.c \
	vm/policy/cpuid_policy.c \
	vm/policy/msr_policy.c \
	vm/policy/msr_emulate.c \
	vm/schedule/run_queue.c \
	vm/emulate/segment_register.c \
	vm/emulate/string_io.c \
	vm/emulate/alu.c \
	vm/emulate/operand.c \
	vm/emulate/execute.c \
	vm/emulate/execute_stack.c \
	vm/emulate/execute_branch.c \
	vm/emulate/execute_segment.c \
	vm/emulate/execute_system.c \
	vm/emulate/execute_vector.c \
	vm/emulate/execute_x87.c \
	vm/emulate/x87.c \
	vm/emulate/descriptor.c \
	vm/emulate/execute_string.c \
	vm/emulate/emulate.c \
	vm/emulate/emulate_memory.c \
	vm/emulate/quick_move.c \
	vm/emulate/decoder.c \
	vm/emulate/encoding.c \
	vm/emulate/opcode_forms.c \
	vm/vcpu/vcpu.c \
	vm/vcpu/vcpu_registers.c \
	vm/vcpu/vcpu_event.c \
	vm/vcpu/vcpu_exit.c \
	vm/vcpu/vcpu_state.c \
	vm/vcpu/vcpu_transfer.c \
	vm/schedule/watchdog_judge.c \
	vmx/cpu/capability.c \
	vmx/cpu/controls.c \
	vmx/vcpu/control_state.c \
	vmx/vcpu/injection.c \
	vmx/vcpu/start_states.c \
	vmx/vcpu/xstate_layout.c \
	vmx/cpu/enable.c \
	vmx/cpu/fake_cpu.c \
	vm/emulate/task_switch.c \
	vm/emulate/tss.c \
	vmx/fields.c \
	vmx/instruction_error.c \
	vmx/cpu/report.c \
	vmx/exit/exit_reason.c \
	vmx/exit/exit_qualification.c \
	vmx/exit/exit_decode.c \
	vmx/exit/exit_event.c \
	vmx/exit/register_checks.c \
	vmx/nested_format.c \
	guest/image.c \
	guest/expect.c \
	guest/test_device.c \
	guest/console/console_line.c \
	guest/console/escape.c \
	guest/console/shell_command.c \
	guest/gdb/gdb_breakpoints.c \
	guest/gdb/gdb_command.c \
	guest/gdb/gdb_packet.c \
	guest/gdb/gdb_registers.c \
	guest/gdb/gdb_serve.c \
	guest/gdb/gdb_session.c \
	guest/gdb/gdb_step.c \
	guest/gdb/gdb_transfer.c \
	vmx/vcpu/io_bitmap.c \
	vmx/vcpu/msr_bitmap.c \
	vm/crash/page_walk_text.c \
	vm/crash/instruction_text.c \
	vm/crash/frames.c \
	vm/crash/delivery.c \
	vm/crash/cause.c \
	vm/crash/scene.c \
# Folders in which everything is pure.
PURE += $(call not_host,$(wildcard device/*.c vmx/check/*.c guest/load/*.c guest/tables/*.c \
	guest/bios/*.c))

# --- the instruction decoder ----------------------------------------------------------------
# Zydis comes from the distribution's source package, or from ZYDIS_SRC=DIR, and is no part of this
# tree: tools/fetch-zydis. Its decoder and its formatter are built, without a C library. Three files of
# Plinth's include it: the emulator's decoder and its fields, which leave the description of operands aside (minimal
# mode), and what shows an instruction as text.
ZYDIS       := $(BUILD)/zydis
ZYDIS_C     := Decoder DecoderData Formatter FormatterATT FormatterBase FormatterBuffer FormatterIntel \
	Mnemonic Register SharedData String Utils
ZYDIS_FLAGS := -I$(ZYDIS)/include -I$(ZYDIS)/source/include -DZYAN_NO_LIBC \
	-DZYDIS_STATIC_BUILD -DZYCORE_STATIC_BUILD -DZYDIS_DISABLE_KNC
# Its own memory functions go byte by byte, and it clears some hundred bytes for each instruction.
ZYDIS_FLAGS += -DZYAN_CUSTOM_LIBC -DZYAN_MEMSET=__builtin_memset -DZYAN_MEMCPY=__builtin_memcpy -DZYAN_STRLEN=__builtin_strlen
ZYDIS_USERS := vm/emulate/decoder vm/emulate/encoding vm/crash/instruction_text
# Its own sources: their warnings are their authors'.
ZYDIS_OWN   := $(ZYDIS_FLAGS) -I$(ZYDIS)/source/src -w

# --- what there is ---------------------------------------------------------------------------

KERNEL_C   := main.c $(call not_host,$(wildcard $(FOLDERS:%=%/*.c)))
KERNEL_C   := $(filter-out %/offsets.c,$(KERNEL_C))
KERNEL_ASM := $(wildcard $(FOLDERS:%=%/*.asm))
OFFSETS    := $(wildcard $(FOLDERS:%=%/offsets.c))
TESTS_C    := $(wildcard $(FOLDERS:%=%/*_test.c))
FUZZERS_C  := $(wildcard $(FOLDERS:%=%/*_fuzz.c))

KERNEL_OBJ := $(KERNEL_C:%.c=$(BUILD)/kernel/%.c.o) $(KERNEL_ASM:%.asm=$(BUILD)/kernel/%.asm.o) \
	$(ZYDIS_C:%=$(BUILD)/kernel/zydis/%.o)
OFFSETS_INC := $(OFFSETS:%.c=$(BUILD)/gen/%.inc)

# What takes part in the exits that come by the thousand, and in most of the time until guests run, is made
# fast: where compiling a file for size shows in a path of `make bench`, or by more than 2 % in `boot_1_cpu`. All
# else is made small, functions of these files that are marked `cold_fn` included.
FAST := lib/page_pool.c $(addprefix ept/,ept.c fill.c) \
	$(addprefix device/,vlapic_icr.c vlapic_priority.c vlapic_registers.c vlapic_xapic.c) \
	vm/lazy_memory.c \
	$(addprefix vm/schedule/,blocking.c run_queue.c turn.c) \
	vmx/nested.c $(addprefix vmx/exit/,exit_quick.c exit_short.c) \
	$(addprefix vmx/vcpu/,hand_over.c run.c run_in_place.c run_interrupts.c slice.c) \
	$(addprefix guest/pc/pc_,access.c local_apic.c ports.c)
SMALL := $(filter-out $(FAST),$(KERNEL_C))
# Besides -Oz, without what pays for speed with bytes.
FOR_SIZE := -Oz -fno-jump-tables -fno-caller-saves -fno-ipa-sra -fno-tree-loop-im -fno-shrink-wrap \
	-fno-tree-dominator-opts

WARNINGS := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wundef \
	-Wpointer-arith -Wwrite-strings -Wno-unused-parameter
REPRODUCIBLE := '-ffile-prefix-map=$(CURDIR)=.' -gno-record-gcc-switches

# Nothing that Plinth has on its stack needs more than eight bytes' alignment: it uses no SSE. GCC wants more for
# numbers of 128 bits, and is told that they have it, or it would see to that in each function.
STACK := -mpreferred-stack-boundary=3 -mincoming-stack-boundary=4

# Data lies as its type wants: GCC would begin each table of 32 bytes at a multiple of 32, and there are hundreds.
CFLAGS := -std=gnu11 -O2 -g -ffreestanding -nostdinc -isystem $(shell $(CC) -print-file-name=include) \
	-mno-red-zone -mgeneral-regs-only -march=x86-64 -fno-pic -fno-pie \
	-fno-stack-protector -fcf-protection=none -fno-asynchronous-unwind-tables $(STACK) \
	-fno-omit-frame-pointer -fno-strict-aliasing -fno-delete-null-pointer-checks \
	-falign-loops=1 -falign-jumps=1 -falign-labels=1 -malign-data=abi -fno-reorder-blocks-and-partition \
	-fno-common -ffunction-sections -fdata-sections $(REPRODUCIBLE) $(WARNINGS) -I. -I$(BUILD)/gen
# No line tables: this NASM writes the build directory into them, and images would differ by it.
NASMFLAGS := -f elf64 --reproducible -Werror -I./ -I$(BUILD)/gen/
LDFLAGS := -nostdlib -static -T boot/plinth.ld --gc-sections --build-id=none -z max-page-size=4096 \
	-z noexecstack --orphan-handling=error

HOST_CFLAGS := -std=gnu11 -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all \
	-fno-omit-frame-pointer -DPLINTH_SLOW_CHECKS -Wno-builtin-declaration-mismatch \
	$(WARNINGS) -I. -I$(BUILD)/gen

# A recipe that fails leaves no half-made file behind.
.DELETE_ON_ERROR:

.PHONY: all
all: $(BUILD)/plinth.elf $(BUILD)/plinth.iso ## the hypervisor with symbols, and the bootable ISO

# --- the decoder's source, and the kernel's build of it ------------------------------------------

# Fetched once, and again when ZYDIS_SRC names another one.
export ZYDIS_SRC
$(ZYDIS)/wanted: always
	@mkdir -p $(@D)
	@echo '$(ZYDIS_SRC)' | cmp -s - $@ || echo '$(ZYDIS_SRC)' > $@

.PHONY: always
$(ZYDIS)/fetched: $(ZYDIS)/wanted tools/fetch-zydis
	@tools/fetch-zydis $(ZYDIS)
	@touch $@

$(BUILD)/kernel/zydis/%.o: $(ZYDIS)/fetched Makefile
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(ZYDIS_OWN) -c -o $@ $(ZYDIS)/source/src/$*.c
$(ZYDIS_USERS:%=$(BUILD)/kernel/%.c.o) $(ZYDIS_USERS:%=$(BUILD)/host/%.o) \
	$(ZYDIS_USERS:%=$(BUILD)/fuzz/%.o): $(ZYDIS)/fetched
$(ZYDIS_USERS:%=$(BUILD)/kernel/%.c.o): CFLAGS += $(ZYDIS_FLAGS)
$(ZYDIS_USERS:%=$(BUILD)/host/%.o): HOST_CFLAGS += $(ZYDIS_FLAGS)
$(ZYDIS_USERS:%=$(BUILD)/fuzz/%.o): FUZZ_CFLAGS += $(ZYDIS_FLAGS)

# --- the hypervisor -------------------------------------------------------------------------

# What they call has frames, and they are many exits' way.
$(BUILD)/kernel/vmx/vcpu/run_in_place.c.o $(BUILD)/kernel/vmx/vcpu/run_interrupts.c.o \
$(BUILD)/kernel/vmx/vcpu/run_msr.c.o $(BUILD)/kernel/vmx/vcpu/slice.c.o \
$(addprefix $(BUILD)/kernel/guest/pc/pc_,access.c.o apic_timer.c.o local_apic.c.o ports.c.o) \
$(BUILD)/kernel/device/vlapic_priority.c.o $(BUILD)/kernel/vm/schedule/blocking.c.o: \
	CFLAGS += -fomit-frame-pointer

# Called by assembly with a convention of its own: see the file.
$(BUILD)/kernel/vmx/exit/exit_short.c.o: CFLAGS += -fomit-frame-pointer -fcall-used-rbx \
	-fcall-saved-r8 -fcall-saved-r9 -fcall-saved-r10 -fcall-saved-r11
$(BUILD)/kernel/vmx/vcpu/hand_over.c.o: CFLAGS += -fomit-frame-pointer -fcall-used-rbx \
	-fcall-used-r12 -fcall-used-r13 -fcall-used-r14 -fcall-used-r15

$(BUILD)/kernel/%.c.o: %.c | $(OFFSETS_INC)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/kernel/%.asm.o: %.asm $(OFFSETS_INC)
	@mkdir -p $(@D)
	$(NASM) $(NASMFLAGS) -MD $(@:.o=.d) -MP -o $@ $<

$(SMALL:%.c=$(BUILD)/kernel/%.c.o): CFLAGS += $(FOR_SIZE)

# offsets.c emits lines `.ascii "->NAME VALUE"`; assembly includes them as NASM constants, so that
# an offset is never written by hand.
$(BUILD)/gen/%.inc: %.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -MMD -MP -MT $@ -MF $(@:.inc=.d) -S -o $(@:.inc=.s) $<
	sed -n 's/^.*"->\([A-Za-z0-9_]*\) \$$*\([-0-9]*\)".*$$/%define \1 \2/p' $(@:.inc=.s) > $@

.SECONDARY: $(OFFSETS_INC)

# Every header by itself, with the kernel's flags.
HEADERS := $(wildcard $(FOLDERS:%=%/*.h))

$(BUILD)/headers/%.h.o: %.h | $(OFFSETS_INC)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -MMD -MP -c -o $@ -x c $<

.PHONY: headers
headers: $(HEADERS:%.h=$(BUILD)/headers/%.h.o)

# The screen's glyphs, from a console font of the distribution.
FONT := /usr/share/consolefonts/Uni2-VGA16.psf.gz
$(BUILD)/gen/font.bin: tools/make-font
	@mkdir -p $(@D)
	tools/make-font $(FONT) > $@
$(BUILD)/kernel/kernel/output/font.asm.o: $(BUILD)/gen/font.bin

# Linked twice: the second time with the table of function names that the first one gives.
$(BUILD)/symbols/empty.asm: Makefile
	@mkdir -p $(@D)
	printf 'global symbol_entries, symbol_entries_end, symbol_last_pieces, symbol_pieces\nsection .symbols\nsymbol_entries:\nsymbol_entries_end:\nsymbol_last_pieces:\nsymbol_pieces:\n' > $@

$(BUILD)/symbols/%.o: $(BUILD)/symbols/%.asm
	$(NASM) $(NASMFLAGS) -o $@ $<

$(BUILD)/symbols/first.elf: $(KERNEL_OBJ) $(BUILD)/symbols/empty.o boot/plinth.ld
	$(LD) $(LDFLAGS) -o $@ $(KERNEL_OBJ) $(BUILD)/symbols/empty.o

$(BUILD)/symbols/list: $(BUILD)/symbols/first.elf tools/make-symbols
	tools/make-symbols list $(NM) $< > $@

$(BUILD)/symbols/table.asm: $(BUILD)/symbols/list tools/make-symbols
	tools/make-symbols table < $< > $@

$(BUILD)/plinth.elf: $(KERNEL_OBJ) $(BUILD)/symbols/table.o boot/plinth.ld
	$(LD) $(LDFLAGS) -Map $(BUILD)/plinth.map -o $@.new $(KERNEL_OBJ) $(BUILD)/symbols/table.o
	tools/make-symbols list $(NM) $@.new | cmp - $(BUILD)/symbols/list
	mv $@.new $@

$(BUILD)/plinth.iso: $(BUILD)/plinth.elf tools/make-iso $(wildcard iso/*)
	tools/make-iso --kernel $< --menu iso/grub.cfg --output $@ --work $(BUILD)/iso

# --- guests' firmware tables ----------------------------------------------------------------

$(BUILD)/gen/dsdt.aml: guest/tables/dsdt.asl
	@mkdir -p $(@D)
	iasl -we -p $@ $< > $(@:.aml=.log) || { cat $(@:.aml=.log); exit 1; }

$(BUILD)/kernel/guest/tables/dsdt.asm.o: $(BUILD)/gen/dsdt.aml
$(BUILD)/kernel/guest/tables/dsdt.asm.o: NASMFLAGS += -I$(BUILD)/

# Its test reads it.
$(BUILD)/host/guest/tables/acpi_tables_test: | $(BUILD)/gen/dsdt.aml
$(BUILD)/host/guest/tables/acpi_tables_test.o: HOST_CFLAGS += -DDSDT_AML='"$(BUILD)/gen/dsdt.aml"'

# --- guests' BIOS, and the option ROM for those that have their own ----------------------------

$(BUILD)/gen/bios.bin: guest/bios/rom/bios.asm $(wildcard guest/bios/rom/*.inc)
	@mkdir -p $(@D)
	$(NASM) -f bin -Werror -I guest/bios/rom/ -o $@ $<

$(BUILD)/gen/linux_rom.bin: guest/bios/option/linux.asm tools/sign-rom
	@mkdir -p $(@D)
	$(NASM) -f bin -Werror -o $@ $<
	tools/sign-rom $@

$(BUILD)/kernel/guest/bios/rom.asm.o: $(BUILD)/gen/bios.bin $(BUILD)/gen/linux_rom.bin
$(BUILD)/kernel/guest/bios/rom.asm.o: NASMFLAGS += -I$(BUILD)/

# Their tests read them.
$(BUILD)/host/guest/bios/bios_head_test: | $(BUILD)/gen/bios.bin
$(BUILD)/host/guest/bios/bios_head_test.o: HOST_CFLAGS += -DBIOS_ROM='"$(BUILD)/gen/bios.bin"'
$(BUILD)/host/guest/bios/option_rom_test: | $(BUILD)/gen/linux_rom.bin
$(BUILD)/host/guest/bios/option_rom_test.o: HOST_CFLAGS += -DLINUX_ROM='"$(BUILD)/gen/linux_rom.bin"'

# --- test guests ----------------------------------------------------------------------------

# guest/cases/NAME.asm becomes an image, and the kernel holds a table of all of them, by name.
# One in C, guest/cases/NAME.c, is linked as build/guest/NAME.elf first, which a debugger reads.
GUEST_C      := $(notdir $(basename $(wildcard guest/cases/*_64.c)))
GUEST_ASM    := $(notdir $(basename $(wildcard guest/cases/*.asm)))
GUEST_CASES  := $(sort $(GUEST_C) $(GUEST_ASM))
GUEST_IMAGES := $(GUEST_CASES:%=$(BUILD)/guest/%.bin)
GUEST_SHARED := $(wildcard guest/include/*.inc guest/bodies/*.inc)
GUEST_TABLE  := $(BUILD)/gen/guest/registry.inc

GUEST_CFLAGS := $(filter-out $(STACK) -O2 -fno-omit-frame-pointer,$(CFLAGS)) -Og \
	-Wno-missing-prototypes -Wno-override-init

$(GUEST_C:%=$(BUILD)/guest/%.o): $(BUILD)/guest/%.o: guest/cases/%.c
	@mkdir -p $(@D)
	$(CC) $(GUEST_CFLAGS) -MMD -MP -c -o $@ $<

$(GUEST_C:%=$(BUILD)/guest/%.elf): %.elf: %.o guest/include/c_guest.ld
	$(LD) -nostdlib -static --build-id=none --no-warn-rwx-segments -z noexecstack \
		-T guest/include/c_guest.ld -o $@ $<

$(GUEST_C:%=$(BUILD)/guest/%.bin): %.bin: %.elf
	$(OBJCOPY) -O binary $< $@

$(GUEST_ASM:%=$(BUILD)/guest/%.bin): $(BUILD)/guest/%.bin: guest/cases/%.asm $(GUEST_SHARED) \
		$(BUILD)/gen/guest/offsets.inc
	@mkdir -p $(@D)
	$(NASM) -f bin -Werror -I./ -Iguest/ -Iguest/include/ -I$(BUILD)/gen/ -o $@ $<

$(GUEST_TABLE): $(wildcard guest/cases) Makefile
	@mkdir -p $(@D)
	printf 'guest_image %s\n' $(GUEST_CASES) > $@

# Its test reads them all.
$(BUILD)/host/guest/cases_test: | $(GUEST_IMAGES)
$(BUILD)/host/guest/cases_test.o: HOST_CFLAGS += -DGUEST_IMAGES='"$(BUILD)/guest"'

$(BUILD)/kernel/guest/registry.asm.o: $(GUEST_TABLE) $(GUEST_IMAGES)
$(BUILD)/kernel/guest/registry.asm.o: NASMFLAGS += -I$(BUILD)/

# --- other systems as guests ----------------------------------------------------------------

# What tests run unmodified: fetched as tools/guests.txt lists it, and made from that.
GUESTS        := $(BUILD)/guests
LINUX_FLAVOURS := cloud amd64 686
# Each after those that it needs.
VIRTIO_MODULES := virtio virtio_ring virtio_pci_modern_dev virtio_pci_legacy_dev virtio_pci virtio_blk

# Our own: flat images.
FLAT_GUESTS   := hello resets bios halts loops wakes waits ports pulls rom_tables small_linux scale_probe scale_load

# Our own, for each way in; of checks; one that fills its memory, one its registers; and one that goes wrong.
OWN_KERNELS   := given-multiboot1 given-multiboot2 given-pvh flat-16 flat-32 flat-64 checks traps shares fills keeps wild

.PHONY: guests
guests: ## the unmodified systems that tests run as guests
guests: $(LINUX_FLAVOURS:%=$(GUESTS)/initramfs-%) $(GUESTS)/initramfs-kvm $(GUESTS)/linux-cloud.elf $(GUESTS)/disk.img $(GUESTS)/boot-disk.img \
	$(FLAT_GUESTS:%=$(GUESTS)/%.bin) $(OWN_KERNELS:%=$(GUESTS)/%)

# A flavour's initramfs, with the modules of that very kernel.
$(GUESTS)/initramfs-686: busybox := busybox-i386
$(GUESTS)/initramfs-%: busybox := busybox-amd64
$(GUESTS)/initramfs-%: $(GUESTS)/fetched tools/make-initramfs tests/guest/init $(GUESTS)/ticks \
		$(GUESTS)/vectors
	tools/make-initramfs --busybox $(GUESTS)/$(busybox) --program $(GUESTS)/ticks \
		--program $(GUESTS)/vectors --output $@ \
		$(VIRTIO_MODULES:%=$(GUESTS)/linux-$*.modules/%.ko)

# A Linux that runs the benchmark on KVM.
KVM_MODULES := irqbypass kvm kvm-intel
$(GUESTS)/initramfs-kvm: $(GUESTS)/fetched tools/make-initramfs tests/guest/init $(GUESTS)/ticks \
		$(GUESTS)/kvm-monitor $(BUILD)/gen/bench.elf
	tools/make-initramfs --busybox $(GUESTS)/busybox-amd64 --program $(GUESTS)/ticks \
		--program $(GUESTS)/kvm-monitor --program $(BUILD)/gen/bench.elf --output $@ \
		$(KVM_MODULES:%=$(GUESTS)/linux-cloud.kvm/%.ko)

$(GUESTS)/kvm-monitor: tests/bench/kvm_monitor.c
	@mkdir -p $(@D)
	$(CC) -std=gnu11 -O2 $(WARNINGS) -static -pthread -s -o $@ $<

# Programs for them to run: one made for 32-bit Linux, which all of them know, and one of 64 bits.
$(GUESTS)/ticks: tests/guest/ticks.asm
	@mkdir -p $(@D)
	$(NASM) -f elf32 -Werror -o $@.o $<
	$(LD) -m elf_i386 --strip-all -z noexecstack -o $@ $@.o

$(GUESTS)/vectors: tests/guest/vectors.asm
	@mkdir -p $(@D)
	$(NASM) -f elf64 -Werror -o $@.o $<
	$(LD) --strip-all -z noexecstack -o $@ $@.o

$(FLAT_GUESTS:%=$(GUESTS)/%.bin): $(GUESTS)/%.bin: tests/guest/%.asm tests/guest/com1.inc tests/guest/scale.inc
	@mkdir -p $(@D)
	$(NASM) -f bin -Werror -I tests/guest/ -o $@ $<

OWN_CFLAGS := -std=gnu11 -O2 -m32 -I. -ffreestanding -fno-pic -fno-pie -fno-stack-protector -mno-sse \
	-fno-asynchronous-unwind-tables -fcf-protection=none $(WARNINGS) -Wno-array-bounds
OWN_LINK   := $(LD) -m elf_i386 --no-warn-rwx-segments -nostdlib -static -z noexecstack --build-id=none \
	-T guest/bare/kernel.ld
OWN        := $(BUILD)/own-kernels

# The benchmark, which the image holds.
BENCH_C    := $(wildcard guest/bench/*.c)
BENCH_OBJ  := $(BENCH_C:guest/bench/%.c=$(OWN)/bench/%.o) $(OWN)/bench/vectors.asm.o \
	$(OWN)/bare/cpus.o $(OWN)/bare/cpus.asm.o $(OWN)/bare/tables.o $(OWN)/head-multiboot1.o
OWN_H      := $(wildcard guest/bare/*.h guest/bench/*.h tests/guest/kernels/*.h)

$(OWN)/bench/%.o: guest/bench/%.c $(OWN_H)
	@mkdir -p $(@D)
	$(CC) $(OWN_CFLAGS) -c -o $@ $<
$(OWN)/bench/%.asm.o: guest/bench/%.asm
	@mkdir -p $(@D)
	$(NASM) -f elf32 -Werror -o $@ $<
$(OWN)/bare/%.o: guest/bare/%.c $(OWN_H)
	@mkdir -p $(@D)
	$(CC) $(OWN_CFLAGS) -c -o $@ $<
$(OWN)/bare/%.asm.o: guest/bare/%.asm
	@mkdir -p $(@D)
	$(NASM) -f elf32 -Werror -o $@ $<
$(BUILD)/gen/bench.elf: $(BENCH_OBJ) guest/bare/kernel.ld
	@mkdir -p $(@D)
	$(OWN_LINK) --strip-all -o $@ $(BENCH_OBJ)
$(BUILD)/kernel/guest/bench_image.asm.o: $(BUILD)/gen/bench.elf
$(BUILD)/kernel/guest/bench_image.asm.o: NASMFLAGS += -I$(BUILD)/

$(OWN)/%.o: tests/guest/kernels/%.c $(OWN_H)
	@mkdir -p $(@D)
	$(CC) $(OWN_CFLAGS) -c -o $@ $<

$(OWN)/%.asm.o: tests/guest/kernels/%.asm
	@mkdir -p $(@D)
	$(NASM) -f elf32 -Werror -o $@ $<

$(OWN)/head-%.o: guest/bare/head.asm
	@mkdir -p $(@D)
	$(NASM) -f elf32 -Werror -D $(shell echo $* | tr a-z A-Z) -o $@ $<

$(OWN)/given-%.elf: $(OWN)/head-%.o $(OWN)/given.o guest/bare/kernel.ld
	$(OWN_LINK) -o $@ $(filter %.o,$^)

# One without an ELF header, and two whose header is that of a 64-bit program.
$(GUESTS)/given-multiboot1: $(OWN)/given-multiboot1.elf
	@mkdir -p $(@D)
	$(OBJCOPY) -O binary $< $@
$(GUESTS)/given-multiboot2 $(GUESTS)/given-pvh: $(GUESTS)/%: $(OWN)/%.elf
	@mkdir -p $(@D)
	$(OBJCOPY) -O elf64-x86-64 $< $@

$(GUESTS)/flat-%: tests/guest/kernels/flat.asm
	@mkdir -p $(@D)
	$(NASM) -f bin -Werror -D MODE=$* -D ADDRESS=0x200000 -o $@ $<

# Those that check from inside.
CHECKING := $(OWN)/head-multiboot1.o $(OWN)/bare/tables.o $(OWN)/results.o $(OWN)/vectors.asm.o
CHECKS   := $(OWN)/bare/cpus.o $(OWN)/bare/cpus.asm.o \
	$(patsubst tests/guest/kernels/%.c,$(OWN)/%.o,$(wildcard tests/guest/kernels/checks*.c))

$(GUESTS)/checks: $(CHECKS)
$(GUESTS)/traps: $(OWN)/traps.o
$(GUESTS)/shares: $(OWN)/shares.o
$(GUESTS)/checks $(GUESTS)/traps $(GUESTS)/shares: $(CHECKING) guest/bare/kernel.ld
	@mkdir -p $(@D)
	$(OWN_LINK) -o $@ $(filter %.o,$^)

$(GUESTS)/fills: $(OWN)/fills.o
$(GUESTS)/keeps: $(OWN)/keeps.o
$(GUESTS)/fills $(GUESTS)/keeps: $(OWN)/head-multiboot1.o $(OWN)/results.o guest/bare/kernel.ld
	@mkdir -p $(@D)
	$(OWN_LINK) -o $@ $(filter %.o,$^)

# One of 64 bits, with frame pointers and symbols.
WILD_CFLAGS := $(filter-out -m32,$(OWN_CFLAGS)) -m64 -mcmodel=kernel -mno-red-zone -fno-omit-frame-pointer \
	-fno-optimize-sibling-calls

$(OWN)/wild.o: tests/guest/kernels/wild.c
	@mkdir -p $(@D)
	$(CC) $(WILD_CFLAGS) -c -o $@ $<

$(OWN)/wild.asm.o: tests/guest/kernels/wild.asm
	@mkdir -p $(@D)
	$(NASM) -f elf64 -Werror -o $@ $<

$(GUESTS)/wild: $(OWN)/wild.asm.o $(OWN)/wild.o tests/guest/kernels/wild.ld
	@mkdir -p $(@D)
	$(LD) --no-warn-rwx-segments -nostdlib -static -z noexecstack -z max-page-size=4096 --build-id=none \
		-T tests/guest/kernels/wild.ld -o $@ $(filter %.o,$^)

$(GUESTS)/%.elf: $(GUESTS)/fetched tools/unpack-kernel
	tools/unpack-kernel $(GUESTS)/$* $@

$(GUESTS)/disk.img: tools/make-disk
	@mkdir -p $(@D)
	tools/make-disk --output $@

# A disk that a BIOS starts.
$(GUESTS)/boot-disk.img: tests/guest/boot_disk.asm
	@mkdir -p $(@D)
	$(NASM) -f bin -Werror -o $@ $<

$(GUESTS)/fetched: tools/fetch-guests tools/guests.txt
	tools/fetch-guests --output $(@D)
	touch $@

# --- host tests -----------------------------------------------------------------------------

PURE_OBJ := $(PURE:%.c=$(BUILD)/host/%.o) $(ZYDIS_C:%=$(BUILD)/host/zydis/%.o) \
	$(BUILD)/host/tests/host/support.o
UNIT     := $(TESTS_C:%.c=$(BUILD)/host/%)

$(BUILD)/host/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(HOST_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/host/zydis/%.o: $(ZYDIS)/fetched
	@mkdir -p $(@D)
	$(CC) $(HOST_CFLAGS) $(ZYDIS_OWN) -c -o $@ $(ZYDIS)/source/src/$*.c

$(BUILD)/host/libpure.a: $(PURE_OBJ)
	rm -f $@
	ar rcsD $@ $^

$(UNIT): %: %.o $(BUILD)/host/libpure.a
	$(CC) $(HOST_CFLAGS) -o $@ $^ -lcmocka

# The page that is made from the rows of the VM-entry checks; a unit test compares it with the rows.
ENTRY_CHECKS := $(BUILD)/host/tests/host/entry_checks_page

$(ENTRY_CHECKS): %: %.o $(BUILD)/host/libpure.a
	$(CC) $(HOST_CFLAGS) -o $@ $^

.PHONY: docs
docs: $(ENTRY_CHECKS) ## docs/entry-checks.md, made anew from the rules
	$(ENTRY_CHECKS) > docs/entry-checks.md

# Each fuzzer runs the pure modules it links under libFuzzer, ASan and UBSan.
FUZZ_CC     := clang
FUZZ_CFLAGS := $(filter-out -fno-sanitize-recover=all,$(HOST_CFLAGS)) -fsanitize=fuzzer \
	-fno-sanitize-recover=all -Wno-unknown-warning-option
FUZZERS     := $(FUZZERS_C:%.c=$(BUILD)/fuzz/%)
FUZZ_OBJ    := $(PURE:%.c=$(BUILD)/fuzz/%.o) $(ZYDIS_C:%=$(BUILD)/fuzz/zydis/%.o) \
	$(BUILD)/fuzz/tests/host/support.o

$(BUILD)/fuzz/%.o: %.c
	@mkdir -p $(@D)
	$(FUZZ_CC) $(FUZZ_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/fuzz/zydis/%.o: $(ZYDIS)/fetched
	@mkdir -p $(@D)
	$(FUZZ_CC) $(FUZZ_CFLAGS) $(ZYDIS_OWN) -c -o $@ $(ZYDIS)/source/src/$*.c

$(BUILD)/fuzz/libpure.a: $(FUZZ_OBJ)
	rm -f $@
	ar rcsD $@ $^

$(FUZZERS): %: %.o $(BUILD)/fuzz/libpure.a
	$(FUZZ_CC) $(FUZZ_CFLAGS) -o $@ $^

# The picture in README.md: tests of Plinth itself under UEFI. Needs QEMU and OVMF.
.PHONY: screenshot
screenshot: $(BUILD)/plinth.elf ## docs/screen.png, made anew
	tools/make-iso --kernel $< --output $(BUILD)/screenshot.iso --work $(BUILD)/screenshot \
		--append 'tests=guest/cpuid*,guest/hlt* end=halt'
	tools/screenshot --iso $(BUILD)/screenshot.iso --firmware uefi --output docs/screen.png

# --- tests ----------------------------------------------------------------------------------

# One `prove` runs everything, so that one summary line ends a run. Two at a time: the engines
# have one busy thread each.
PROVE  := CMOCKA_MESSAGE_OUTPUT=TAP prove --jobs 2 --exec ''
SYSTEM := $(sort $(wildcard tests/system/*.t))
TOOLS  := $(sort $(wildcard tests/tools/*.t))
# What takes minutes each.
SYSTEM_FULL := $(sort $(wildcard tests/system-full/*.t))

.PHONY: unit
unit: $(UNIT) ## host unit tests, under ASan and UBSan
	$(PROVE) $(UNIT)

.PHONY: system
system: all guests ## the image in real engines, judged by its serial log
	$(PROVE) $(SYSTEM)

.PHONY: golden
golden: all ## embedded guests' traces under Bochs against those in tests/golden; RECORD=1 records them
	tests/golden.py $(if $(RECORD),--record)

.PHONY: bench
bench: all $(if $(LINUX)$(SCALE)$(KVM),guests) ## what exits cost under Bochs, against tests/bench/; RECORD=1 records it; LINUX=1: a boot, too; COMPUTE=1: computing; SCALE=1: a thousand VMs; KVM=1: KVM
	tests/bench.py $(if $(RECORD),--record)
	$(if $(LINUX),tests/bench_linux.py)
	$(if $(COMPUTE),tests/bench_compute.py)
	$(if $(SCALE),tests/bench_scale.py)
	$(if $(KVM),tests/bench_kvm.py $(if $(RECORD),--record))

.PHONY: system-full
system-full: all guests ## the system tests that take minutes each
	$(PROVE) $(SYSTEM_FULL)

.PHONY: test
test: all guests $(UNIT) $(FUZZERS) ## all tests: system, unit, tools, and a short run of each fuzzer
	$(PROVE) $(SYSTEM) $(TOOLS) $(UNIT)

.PHONY: fuzz
fuzz: $(FUZZERS) ## each fuzzer for FUZZ_SECONDS (60) from a random seed
	tools/run-fuzzers --seconds $(or $(FUZZ_SECONDS),60) $(FUZZERS)

.PHONY: lint
lint: $(BUILD)/plinth.elf ## layers, headers, format, cppcheck, and what the ELF may not hold
	tools/lint/run $(BUILD)

.PHONY: clean
clean: ## remove build/
	rm -rf $(BUILD)

.PHONY: help
help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' Makefile | column -t -s '|'

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
