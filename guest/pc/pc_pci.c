/* The PCI devices that are the board itself: the host bridge of a 440FX, the ISA bridge of a PIIX3
 * with its interrupt router, and the power management function of a PIIX4, since firmware of such
 * machines looks for these. Intel 82441FX, 82371SB (PIIX3) and 82371AB (PIIX4) datasheets. */
#include "guest/pc/pc_parts.h"

#include "guest/pc/pc_layout.h"
#include "lib/bits.h"

#define VENDOR_INTEL    0x8086
#define DEVICE_440FX    0x1237
#define DEVICE_PIIX3    0x7000
#define DEVICE_PIIX4_PM 0x7113
#define SUBSYSTEM_QEMU  0x1af4 /* firmware tells an emulated board by it */
#define SUBSYSTEM_BOARD 0x1100

#define CLASS_HOST_BRIDGE 0x060000
#define CLASS_ISA_BRIDGE  0x060100
#define CLASS_BRIDGE      0x068000

/* 440FX: programmable attribute map, and SMRAM. What a firmware stores there changes nothing: the
 * memory below 1 MiB is RAM, always. */
#define PAM_FIRST  0x59
#define PAM_LENGTH 7
#define SMRAM      0x72

/* PIIX3 */
#define PIRQRC_FIRST   0x60
#define PIRQS          4
#define PIRQ_DISABLED  0x80
#define PIRQ_IRQ       0x0f
#define PIRQ_WRITABLE  (PIRQ_DISABLED | PIRQ_IRQ)
#define XBCS           0x4e /* which chips of the ISA bus answer: they all do */
#define DEFAULT_IRQ(n) ((n)&1 ? 11 : 10)

/* PIIX4 power management */
#define PIIX4_GOOD_TIMER 3 /* the revision from which on its timer can be read once */
#define PMBA             0x40
#define PMBA_ADDRESS     0xffc0u
#define PMBA_IO          0x1u
#define DEVACTB          0x58
#define DEVACTB_APMC_EN  0x02000000u /* writes to the command port raise SMIs */
#define PMREGMISC        0x80
#define PMREGMISC_ENABLE 0x1u

static enum error add(struct pc *pc, unsigned devfn, struct pci_function *f, struct reason *why)
{
	return pci_add_function(&pc->pci, devfn, f, why);
}

static struct pci_identity identity(uint16_t device, uint32_t class_code)
{
	return (struct pci_identity) {
		.vendor = VENDOR_INTEL,
		.device = device,
		.subsystem_vendor = SUBSYSTEM_QEMU,
		.subsystem = SUBSYSTEM_BOARD,
		.class_code = class_code,
	};
}

static enum error add_host_bridge(struct pc *pc, struct reason *why)
{
	struct pci_identity id = identity(DEVICE_440FX, CLASS_HOST_BRIDGE);
	struct pci_function *f = &pc->host_bridge;

	id.revision = 2;
	pci_function_init(f, &id);
	for (unsigned i = 0; i < PAM_LENGTH; i++)
		pci_function_set(f, PAM_FIRST + i, 1, 0, 0xff);
	pci_function_set(f, SMRAM, 1, 0x02, 0xff);
	return add(pc, PCI_DEVFN(0, 0), f, why);
}

/* --- interrupts ------------------------------------------------------------------------------ */

/* A PIRQ reaches its own pin of the I/O APIC, and the 8259 input that the router names. */
static void route(struct pc *pc, unsigned pirq)
{
	uint8_t rc = pc->isa_bridge.config[PIRQRC_FIRST + pirq];
	bool level = pc->pirq_sources[pirq];
	unsigned irq = rc & PIRQ_DISABLED ? 0 : rc & PIRQ_IRQ;

	if (pc->pirq_routed[pirq] && pc->pirq_routed[pirq] != irq)
		pc_isa_level(pc, pc->pirq_routed[pirq], pirq, false);
	pc->pirq_routed[pirq] = (uint8_t)irq;
	if (irq)
		pc_isa_level(pc, irq, pirq, level);
	pc_irq(pc, PC_WIRE(PC_PCI_PIN_FIRST + pirq, 0), level);
}

/* INTA# of a slot; `number` is the slot. */
static void intx(void *context, unsigned number, bool level)
{
	struct pc *pc = (struct pc *)context;
	unsigned pirq = number % PIRQS;
	uint32_t *sources = &pc->pirq_sources[pirq];

	*sources = level ? *sources | BIT(number) : *sources & ~(uint32_t)BIT(number);
	route(pc, pirq);
}

void pc_pci_wire(struct pc *pc, unsigned slot, struct pci_function *f)
{
	f->intx = (struct wire) { intx, pc, slot };
	/* What firmware would note for the system. */
	if (!pc_has_firmware(pc))
		pci_function_set(f, PCI_INTERRUPT_LINE, 1, DEFAULT_IRQ(slot % PIRQS), 0xff);
}

static void router_written(void *context, unsigned offset, unsigned width)
{
	struct pc *pc = (struct pc *)context;

	for (unsigned i = 0; i < PIRQS; i++)
		if (PIRQRC_FIRST + i >= offset && PIRQRC_FIRST + i < offset + width)
			route(pc, i);
}

static enum error add_isa_bridge(struct pc *pc, struct reason *why)
{
	struct pci_identity id = identity(DEVICE_PIIX3, CLASS_ISA_BRIDGE);
	struct pci_function *f = &pc->isa_bridge;
	bool firmware = pc_has_firmware(pc);

	id.header_type = PCI_HEADER_MULTI_FUNCTION;
	pci_function_init(f, &id);
	pci_function_set(f, PCI_COMMAND, 2,
			 PCI_COMMAND_IO | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER, 0);
	pci_function_set(f, XBCS, 2, 0x03, 0xffff);
	for (unsigned i = 0; i < PIRQS; i++)
		pci_function_set(f, PIRQRC_FIRST + i, 1, firmware ? PIRQ_DISABLED : DEFAULT_IRQ(i),
				 PIRQ_WRITABLE);
	f->written = router_written;
	f->context = pc;
	return add(pc, PCI_DEVFN(1, 0), f, why);
}

/* --- power management ------------------------------------------------------------------------ */

uint16_t pc_pm_base(const struct pc *pc)
{
	return (uint16_t)(pci_function_get(&pc->power, PMBA, 2) & PMBA_ADDRESS);
}

/* Where a firmware moves the registers to; what another chip has, it cannot take. */
static void power_written(void *context, unsigned offset, unsigned width)
{
	struct pc *pc = (struct pc *)context;
	bool enabled = pci_function_get(&pc->power, PMREGMISC, 1) & PMREGMISC_ENABLE;
	struct reason why;

	if (acpi_pm_attach(&pc->acpi_pm, &pc->ports, enabled ? pc_pm_base(pc) : 0, &why))
		pc_complain(pc, &why);
	pc_fw_cfg_follow(pc);
}

static enum error add_power(struct pc *pc, struct reason *why)
{
	struct pci_identity id = identity(DEVICE_PIIX4_PM, CLASS_BRIDGE);
	struct pci_function *f = &pc->power;

	id.revision = PIIX4_GOOD_TIMER;
	bool firmware = pc_has_firmware(pc);

	pci_function_init(f, &id);
	/* A firmware that finds the registers switched on leaves them where they are, and yet may
	 * take them to be where it would have put them: OVMF, to switch the machine off. */
	pci_function_set(f, PMBA, 4, (firmware ? 0 : ACPI_PM_PORT) | PMBA_IO, PMBA_ADDRESS);
	/* No CPU here has a system-management mode. A firmware that finds SMIs switched on takes its
	 * handler for installed, and does not wait for one that never answers. */
	pci_function_set(f, DEVACTB, 4, DEVACTB_APMC_EN, 0);
	pci_function_set(f, PMREGMISC, 1, firmware ? 0 : PMREGMISC_ENABLE, PMREGMISC_ENABLE);
	pci_function_set(f, PCI_INTERRUPT_LINE, 1, PC_IRQ_SCI, 0xff);
	f->written = power_written;
	f->context = pc;
	return add(pc, PCI_DEVFN(1, 3), f, why);
}

enum error pc_pci_create(struct pc *pc, struct reason *why)
{
	enum error error;

	pci_init(&pc->pci, &pc->ports, &pc->memory);
	pc_keep_chip(pc, &pci_ops, &pc->pci);
	error = pci_attach(&pc->pci, PC_ECAM, PC_ECAM_SIZE, why);
	if (!error)
		error = add_host_bridge(pc, why);
	if (!error)
		error = add_isa_bridge(pc, why);
	if (!error && pc->spec->acpi)
		error = add_power(pc, why);
	if (!error && pc->spec->acpi)
		power_written(pc, PMBA, sizeof(uint32_t));
	return error;
}

/* ELCR: the wires of PCI and the SCI are levels, those of ISA edges. */
void pc_pci_sense_levels(struct pc *pc)
{
	uint32_t levels = BIT(PC_IRQ_SCI);
	uint64_t flags = spinlock_acquire(&pc->lock);

	for (unsigned i = 0; i < PIRQS; i++)
		levels |= (uint32_t)BIT(DEFAULT_IRQ(i));
	for (unsigned n = 0; n < PIC_IRQS / PIC_INPUTS; n++)
		pic_elcr_ops.write(&pc->pic, n, 1, levels >> n * PIC_INPUTS);
	spinlock_release(&pc->lock, flags);
}

void pc_pci_was_reset(struct pc *pc)
{
	router_written(pc, PIRQRC_FIRST, PIRQS);
	if (pc->spec->acpi)
		power_written(pc, PMBA, sizeof(uint32_t));
}
