/* A PC for an unmodified operating system: the board (vm/board.h) that joins the chips of device/
 * into a machine. Each VM has one. Its parts are spread over guest/pc/:
 *   pc.c             making and freeing one
 *   pc_chips.c       which chips there are and where they answer
 *   pc_serial.c      the serial ports: the console, and others
 *   pc_pci.c         the PCI devices that are the board itself
 *   pc_fw_cfg.c      what firmware is told
 *   pc_debug.c       ports that emulators have, and QEMU's test device
 *   pc_disk.c        the user's disks
 *   pc_vga.c         the screen
 *   pc_tables.c      what firmware would leave in memory
 *   pc_bios.c        and what real-mode code may call
 *   pc_memory.c      RAM, ROM and the map that firmware would tell
 *   pc_boot.c        loading the kernel, starting the vCPUs, and doing so again after a reset
 *   pc_exit.c        exits, each to who answers
 *   pc_access.c      accesses to memory, each to its chip, and what else is answered in the backend's loop
 *   pc_ports.c       and those to ports
 *   pc_interrupts.c  interrupt wires and messages, from chip to local APIC
 *   pc_local_apic.c  the vCPUs' local APICs
 *   pc_time.c        the VM's clock and the timers behind it
 *   pc_names.c       what things are called in a report on a guest that died
 *   pc_end.c         reset, power-off and what else ends a guest */
#ifndef GUEST_PC_PC_H
#define GUEST_PC_PC_H

#include "device/acpi_pm.h"
#include "device/apic_bus.h"
#include "device/bus.h"
#include "device/chip.h"
#include "device/debug_ports.h"
#include "device/fw_cfg.h"
#include "device/hpet.h"
#include "device/i8042.h"
#include "device/ioapic.h"
#include "device/pci.h"
#include "device/pic.h"
#include "device/pit.h"
#include "device/pvclock.h"
#include "device/reset_ports.h"
#include "device/rtc.h"
#include "device/testdev.h"
#include "device/uart.h"
#include "device/vga_text.h"
#include "device/virtio_block.h"
#include "device/vlapic.h"
#include "guest/console/console.h"
#include "guest/load/loader.h"
#include "guest/load/vm_spec.h"
#include "kernel/spinlock.h"
#include "kernel/timer.h"
#include "lib/bits.h"
#include "lib/error.h"
#include "lib/ratio.h"
#include "lib/types.h"
#include "vm/board.h"
#include "vm/vm.h"

#define PC_CHIPS     32
#define PC_COM_PORTS 4
#define PC_PIRQS     4
#define PC_IRQS      24 /* interrupt wires: as many as the I/O APIC has pins */

/* A chip, and when it wants to be looked at again. */
struct pc_chip {
	const struct chip_ops *ops;
	void *chip;
	device_time next;
	const bool *idle; /* where it says so; never null */
};

/* What a guest sends to a serial port that is not its console. */
struct pc_com_log {
	struct pc *pc;
	unsigned number; /* of the port: 1 for COM1 */
	struct console_line line;
};

/* A disk of the user's. */
struct pc_disk {
	struct pc *pc;
	char id[VIRTIO_BLOCK_ID]; /* what the device is called */
	struct virtio_block block;
};

/* What a vCPU has besides: its local APIC and that one's timer. */
struct pc_vcpu {
	struct pc *pc;
	struct vcpu *vcpu;
	struct vlapic lapic;
	void *page;         /* the local APIC's registers */
	struct timer timer; /* for the local APIC's next deadline */
	bool timer_due;     /* it fired; atomic */
	struct pvclock pvclock;
};

/* How far RAM is zeroed, between the steps of a restart. */
struct pc_clearing {
	unsigned slot;
	uint64_t offset;
};

/* The time since the machine was made or last reset. */
struct pc_life {
	device_time began;
	uint64_t guest_ticks; /* that all vCPUs had until then */
	unsigned
		hasty_resets; /* how many lives in a row the guest ended by a reset at once; atomic */
};

struct pc_fw_cfg;
struct linux_offer;

struct pc {
	struct vm *vm;              /* constant */
	const struct vm_spec *spec; /* constant */
	uint64_t epoch;             /* time_ticks() at which the VM's time began; constant */
	struct ratio tick_ns;       /* nanoseconds a tick; constant */
	struct pc_vcpu *vcpus;      /* vm->vcpu_count of them; constant */
	struct vlapic *lapics[SPEC_MAX_CPUS]; /* constant */
	struct apic_bus apic_bus;
	struct spinlock lock; /* guards all chips but the local APICs, and the buses */

	struct bus ports, memory;
	struct pc_chip chips[PC_CHIPS];
	unsigned chip_count;
	struct timer timer;   /* for the earliest of the chips' deadlines */
	device_time timer_at; /* what it is armed for; DEVICE_NEVER */
	bool time_stopped;    /* it is not to be armed */

	struct pic pic;
	struct pit pit;
	struct rtc rtc;
	struct ioapic ioapic;
	struct hpet hpet;
	struct acpi_pm acpi_pm;
	struct i8042 i8042;
	struct reset_ports reset_ports;
	struct uart com[PC_COM_PORTS];
	struct pc_com_log com_logs[PC_COM_PORTS]; /* but for the console's */
	struct pci pci;
	struct pci_function host_bridge, isa_bridge, power;
	uint32_t pirq_sources[PC_PIRQS]; /* slots that assert it, a bit each */
	uint8_t pirq_routed[PC_PIRQS];   /* the 8259 input that it reaches; 0: none */
	bool pic_output;                 /* the PIC's INTR wire */
	uint32_t irq_sources[PC_IRQS];   /* who pulls at each wire, a bit each */
	uint32_t isa_sources[PIC_IRQS];  /* and at the 8259s' alone */
	struct guest_console console;
	struct fw_cfg fw_cfg;
	struct pc_fw_cfg *told;    /* through it; null before it is made */
	struct linux_offer *offer; /* what the firmware is to start; null: nothing. Constant */
	void *joined_initrds;      /* its initrds where there are several. Constant */
	struct debug_ports debug_ports;
	struct console_line debug_line; /* what is said on them */
	struct testdev *testdev;        /* null: none */
	struct vga_text vga;            /* if the VM has one */
	bool vga_starves;               /* there was no memory for what was written to it last */
	uint8_t vga_shown; /* of its plain pages those that the guest reaches; screen_lock */
	struct spinlock screen_lock; /* taken outside of the backend's loop only */
	struct pc_disk *disks;       /* disk_count of them */
	unsigned disk_count;

	struct load_target target;
	struct pc_clearing clearing; /* its restart's */
	struct pc_life life;         /* its restart's */
	uint32_t asides; /* enum pc_ending, of which the first counts, and enum pc_aside; atomic */
	uint32_t exit_status; /* of PC_EXIT; its vCPU's, until the VM has ended */
	bool unreported;      /* it could not be started: who made it reports it */
	bool mode_refused;    /* this host runs no guest in its kernel's start mode */
};

/* Why a guest's machine stops. */
enum pc_ending { PC_RUNS, PC_POWER_OFF, PC_RESET, PC_EXIT };

/* What comes before a guest goes on that has made an access; in one word with its end, so that there is
 * one to look at. */
#define PC_ENDING BITS(7, 0)
enum pc_aside {
	PC_FLOODS = 1 << 8,       /* it wrote more to the debug ports than the log takes */
	PC_SCREEN_MOVED = 1 << 9, /* other pages of its VGA are plain memory; pc->lock to write */
};

extern const struct board_ops pc_board;

/* What copy `copy` of a VM is called, from 1: web, or web-1 where there are several. */
void pc_name(char *name, size_t size, const struct vm_spec *spec, unsigned copy);

/* Makes copy `copy` of a VM as `spec` says, its kernel loaded and its vCPUs set up; not started. After an error,
 * `mode_refused` tells whether it is the host's: it runs no guest in the mode that the kernel starts
 * in. */
enum error pc_create(const struct vm_spec *spec, unsigned copy, struct pc **out, bool *mode_refused,
		     struct reason *why) must_check;

/* Frees one that was not started; who calls tells why. */
void pc_discard(struct pc *pc, const struct reason *why);

#endif
