/* What a user asks for: the strings of the Multiboot2 modules, parsed into virtual machines.
 *
 *     vm=web linux cpus=2 memory=256M -- console=ttyS0
 *
 * Words before a lone "--" are Plinth's: vm=NAME, exactly one role, and keys. What follows it is the
 * guest's own command line, byte for byte but for what GRUB adds (a backslash before each ' " and \,
 * blanks collapsed): the backslashes are taken out. Keys stand on any module of a VM, each once. A
 * mistake is one sentence that names module, VM, byte and word, and spoils its own VM only; the rest
 * of that module is not read. docs/running.md is the user's description. Pure. */
#ifndef GUEST_LOAD_VM_SPEC_H
#define GUEST_LOAD_VM_SPEC_H

#include "lib/error.h"
#include "lib/types.h"

#define SPEC_MODULES    64 /* of all VMs, as many as Plinth reads from the loader */
#define SPEC_VMS        64
#define SPEC_NAME       32
#define SPEC_MAX_COPIES 1000
#define SPEC_LINE       2048 /* the longest command line of a guest, its end included */
#define SPEC_MAX_CPUS   64
#define SPEC_MIN_MEMORY MIB(1)
#define SPEC_MAX_MEMORY GIB(256)
#define SPEC_MAX_PIN    511 /* the highest host CPU index that pin= takes */
#define SPEC_NO_KERNEL  SPEC_MODULES
#define SPEC_LAZY_LAST  UINT64_MAX

/* X(symbol, word, "is the kernel") */
#define MODULE_ROLE_LIST(X)                    \
	X(MODULE_NONE, "none", false)          \
	X(MODULE_LINUX, "linux", true)         \
	X(MODULE_MULTIBOOT, "multiboot", true) \
	X(MODULE_PVH, "pvh", true)             \
	X(MODULE_FLAT, "flat", true)           \
	X(MODULE_FIRMWARE, "firmware", true)   \
	X(MODULE_INITRD, "initrd", false)      \
	X(MODULE_MODULE, "module", false)      \
	X(MODULE_DISK, "disk", false)

enum module_role {
#define X(symbol, word, kernel) symbol,
	MODULE_ROLE_LIST(X)
#undef X
		MODULE_ROLES
};

const char *module_role_name(enum module_role role);

enum spec_entry { ENTRY_DEFAULT, ENTRY_16, ENTRY_32, ENTRY_64 }; /* entry=16|32|64 */
enum spec_apic { SPEC_APIC_X2, SPEC_APIC_X, SPEC_APIC_NONE };    /* apic=x2apic|xapic|none */

/* What happens when the guest resets the machine: reset=restart|stop. */
enum spec_reset { SPEC_RESTART, SPEC_STOP };

/* A module of the user's. */
struct spec_module {
	enum module_role role;
	unsigned index; /* of the Multiboot2 module: for messages and to find the bytes */
	const char
		*command_line; /* unescaped, in the storage that the parser was given; "" if none */
};

/* A virtual machine. Defaults are those of a spec without keys. */
struct vm_spec {
	char name[SPEC_NAME];
	bool broken; /* not to be started: `trouble` says why first, and was complained of */
	struct reason trouble;
	struct spec_module modules[SPEC_MODULES]; /* in the user's order */
	unsigned module_count;
	unsigned kernel; /* the number in modules[] of the kernel; SPEC_NO_KERNEL: none yet */
	/* That of the linux which the kernel, a firmware, is to start; SPEC_NO_KERNEL: none. */
	unsigned offered;
	uint32_t keys; /* given so far: a bit for each row of spec_keys[] (spec_keys.h) */
	/* What the keys say. */
	unsigned cpus;   /* cpus=N, 1..SPEC_MAX_CPUS; default 1 */
	unsigned copies; /* copies=N: how many such machines, 1..SPEC_MAX_COPIES; default 1 */
	uint64_t memory; /* memory=N[K|M|G]; bytes, whole pages; default 128 MiB */
	/* lazy=N[K|M|G][@N[K|M|G]]: how much of it is populated at first touch, and where that begins;
	 * SPEC_LAZY_LAST: at the end. Whole pages; default 0. */
	uint64_t lazy, lazy_at;
	uint64_t page_size;     /* pages=4k|2m|1g: the largest that maps it; default 0: any */
	int pin[SPEC_MAX_CPUS]; /* pin=LIST of host CPU indexes for vCPU 0, 1, ...; -1: any */
	unsigned pins;          /* items of that list, cpus at most */
	enum spec_entry entry;  /* of a linux or flat kernel */
	/* address=N: where a flat image goes; default 1 MiB, 4 GiB - 1 at most. */
	uint64_t address;
	enum spec_apic apic;
	enum spec_reset reset; /* default SPEC_RESTART; SPEC_STOP ends the VM */
	bool halt_ok;          /* halt=ok|fail: to halt for good is an orderly end; default fail */
	bool hpet, acpi, virtio, vga, i8042; /* device=on|off each; default on */
	bool testdev;                        /* testdev=on: QEMU's pc-testdev; default off */
	bool debug_exit;      /* debug-exit=on|off: port 0xF4 ends the VM; default on */
	bool pvclock;         /* pvclock=on: the paravirtual clock leaf; default off */
	uint8_t com_mask;     /* com=1[,2,3,4]: serial ports that exist, a bit each; default COM1 */
	uint64_t deadline_us; /* deadline=SECONDS of guest time, 0: none; default 0 */
};

/* All zero before the first vm_specs_add(). Command lines point into it: not to be copied. */
struct vm_specs {
	unsigned count;
	uint64_t nameless; /* modules that name no VM, a bit each */
	struct vm_spec vms[SPEC_VMS];
	char text[SPEC_MODULES * SPEC_LINE]; /* the unescaped command lines */
	size_t text_used;
};

/* Takes in one module's string; modules come in the loader's order. InvalidInput, told through
 * `complain` as one sentence, when it is not understood; the VM it names (if any) is broken then. A
 * string without vm= names no VM: the sentence says so. */
enum error vm_specs_add(struct vm_specs *specs, unsigned index, const char *string,
			void (*complain)(void *context, const char *sentence), void *context);

/* After the last module: what only the whole can tell (no kernel, an initrd without a linux, more pins
 * than CPUs, a key that this kernel's role does not know). Complains once for each VM that it
 * breaks. */
void vm_specs_finish(struct vm_specs *specs, void (*complain)(void *context, const char *sentence),
		     void *context);

#endif
