/* Two 8259A: initialization, priorities, acknowledgement. Comments name sections of its datasheet. */
#include "device/pic.h"

#include "lib/bits.h"

#define CASCADE_INPUT 2 /* of the master, where the slave's INT leads; also the slave's identity */
#define SPURIOUS      7 /* the default input of an acknowledgement without a request */
#define FLOATING      0xff

#define ICW1_IC4      0x01 /* ICW4 follows */
#define ICW1_SNGL     0x02 /* alone: no ICW3, no cascade */
#define ICW1_ADI      0x04 /* MCS-80: call addresses are four bytes apart */
#define ICW1_LTIM     0x08 /* all inputs are sensed by level */
#define ICW1_SELECT   0x10 /* this is ICW1 */
#define ICW1_A7_A5    0xe0
#define ICW2_VECTOR   0xf8
#define ICW3_IDENTITY 0x07
#define ICW4_UPM      0x01 /* 8086: the vector is a number */
#define ICW4_AEOI     0x02
#define ICW4_SFNM     0x10
#define OCW2_LEVEL    0x07
#define OCW2_COMMAND  0xe0
#define OCW3_SELECT   0x08 /* with bit 4 clear, OCW3; else OCW2 */
#define OCW3_RIS      0x01
#define OCW3_RR       0x02
#define OCW3_POLL     0x04
#define OCW3_SMM      0x20
#define OCW3_ESMM     0x40
#define POLL_PRESENT  0x80

/* What OCW2 commands, in its bits R, SL and EOI. */
enum {
	CLEAR_ROTATE_ON_AUTO_EOI = 0x00,
	NON_SPECIFIC_EOI = 0x20,
	SPECIFIC_EOI = 0x60,
	SET_ROTATE_ON_AUTO_EOI = 0x80,
	ROTATE_ON_NON_SPECIFIC_EOI = 0xa0,
	SET_PRIORITY = 0xc0,
	ROTATE_ON_SPECIFIC_EOI = 0xe0,
};

/* Inputs whose sensing the ELCR may change: not timer, keyboard, cascade; not clock, coprocessor. */
static const uint8_t elcr_writable[] = { 0xf8, 0xde };

static struct pic_chip *master_of(struct pic *pic)
{
	return &pic->chips[0];
}

static struct pic_chip *slave_of(struct pic *pic)
{
	return &pic->chips[1];
}

static uint8_t requests(const struct pic_chip *chip)
{
	uint8_t by_level = chip->icw1 & ICW1_LTIM ? 0xff : chip->level;

	return (chip->lines & by_level) | (chip->edges & ~by_level);
}

/* The set bit with the highest priority, or -1. */
static int highest(const struct pic_chip *chip, uint8_t set)
{
	unsigned first = chip->lowest + 1u;
	unsigned turned = ((unsigned)set << PIC_INPUTS | set) >> first & 0xff;

	return turned ? (int)((first + (unsigned)__builtin_ctz(turned)) % PIC_INPUTS) : -1;
}

/* How far `input` is from the highest priority; a missing one is behind all. */
static unsigned rank(const struct pic_chip *chip, int input)
{
	return input < 0 ? PIC_INPUTS : ((unsigned)input - chip->lowest - 1) % PIC_INPUTS;
}

/* The input that INT is asserted for, or -1: "Fully Nested Mode", "Special Mask Mode". */
static int choose(const struct pic_chip *chip, uint8_t asking)
{
	uint8_t serving = chip->special_mask ? chip->in_service & ~chip->mask : chip->in_service;

	if (!chip->ready)
		return -1;
	int wanted = highest(chip, asking), served = highest(chip, serving);
	if (rank(chip, wanted) < rank(chip, served))
		return wanted;
	/* "The Special Fully Nest Mode": a slave in service may ask again. */
	if (wanted == served && chip->is_master && (chip->icw4 & ICW4_SFNM) &&
	    (chip->icw3 & BIT(wanted)))
		return wanted;
	return -1;
}

static inline int request(const struct pic_chip *chip)
{
	uint8_t asking = requests(chip) & ~chip->mask;

	return likely(!asking) ? -1 : choose(chip, asking);
}

static void set_line(struct pic_chip *chip, unsigned input, bool level)
{
	uint8_t bit = (uint8_t)BIT(input);

	if (level && !(chip->lines & bit)) {
		chip->lines |= bit;
		chip->edges |= bit;
	} else if (!level) {
		chip->lines &= ~bit;
		chip->edges &= ~bit; /* a request must last until it is acknowledged */
	}
}

/* Drives INT of the slave into the master, and INT of the master to the CPU. */
static void update(struct pic *pic)
{
	bool level;

	set_line(master_of(pic), CASCADE_INPUT, request(slave_of(pic)) >= 0);
	level = request(master_of(pic)) >= 0;
	if (level == pic->intr_level)
		return;
	pic->intr_level = level;
	wire_set(&pic->intr, level);
}

static void end_of_interrupt(struct pic_chip *chip, int input, bool rotate)
{
	if (input < 0)
		return;
	chip->in_service &= ~BIT(input);
	if (rotate)
		chip->lowest = (uint8_t)input;
}

/* One chip's INTA cycles, or a read after the poll command: the input, or -1 when nothing asks. */
static int acknowledge(struct pic_chip *chip)
{
	int input = request(chip);

	if (input < 0)
		return -1;
	chip->edges &= ~BIT(input);
	chip->in_service |= BIT(input);
	if (chip->icw4 & ICW4_AEOI)
		end_of_interrupt(chip, input, chip->rotate_on_auto_eoi);
	return input;
}

/* What the chip puts on the bus in the second INTA cycle: "Initialization Command Words 1 and 2". */
static uint8_t vector(const struct pic_chip *chip, unsigned input)
{
	if (chip->icw4 & ICW4_UPM)
		return (chip->icw2 & ICW2_VECTOR) | input;
	if (chip->icw1 & ICW1_ADI)
		return (chip->icw1 & ICW1_A7_A5) | input << 2;
	return (chip->icw1 & ICW1_A7_A5 & ~BIT(5)) | input << 3;
}

uint8_t pic_acknowledge(struct pic *pic)
{
	struct pic_chip *master = master_of(pic), *slave = slave_of(pic);
	int input = acknowledge(master), behind;
	bool cascade = input >= 0 && !(master->icw1 & ICW1_SNGL) && (master->icw3 & BIT(input));
	uint8_t result;

	if (!cascade) {
		result = vector(master, input < 0 ? SPURIOUS : (unsigned)input);
	} else if (input != CASCADE_INPUT || (slave->icw3 & ICW3_IDENTITY) != CASCADE_INPUT) {
		result = FLOATING; /* no slave knows itself addressed */
	} else {
		behind = acknowledge(slave);
		result = vector(slave, behind < 0 ? SPURIOUS : (unsigned)behind);
		/* INT falls with the acknowledgement, so that what is left makes a new edge. */
		set_line(master, CASCADE_INPUT, false);
	}
	update(pic);
	return result;
}

void pic_set_irq(void *context, unsigned irq, bool level)
{
	struct pic *pic = context;

	if (irq >= PIC_IRQS || irq == CASCADE_INPUT)
		return;
	set_line(&pic->chips[irq / PIC_INPUTS], irq % PIC_INPUTS, level);
	update(pic);
}

bool pic_pending(const struct pic *pic)
{
	return pic->intr_level;
}

/* "Initialization Command Words 1 and 2": what ICW1 does by itself. */
static void begin_initialization(struct pic_chip *chip, uint8_t icw1)
{
	*chip = (struct pic_chip) {
		.is_master = chip->is_master,
		.lines = chip->lines, /* edges are to come anew */
		.level = chip->level,
		.lowest = PIC_INPUTS - 1,
		.icw1 = icw1,
		.icw3 = chip->is_master ? 0 : ICW3_IDENTITY,
		.expects = PIC_EXPECTS_ICW2,
	};
}

static void operate(struct pic_chip *chip, uint8_t ocw2)
{
	unsigned level = ocw2 & OCW2_LEVEL;
	uint8_t ending = chip->in_service;

	/* "Special Mask Mode": a masked input is not ended by a non-specific command. */
	if (chip->special_mask)
		ending &= ~chip->mask;
	switch (ocw2 & OCW2_COMMAND) {
	case NON_SPECIFIC_EOI:
		end_of_interrupt(chip, highest(chip, ending), false);
		break;
	case ROTATE_ON_NON_SPECIFIC_EOI:
		end_of_interrupt(chip, highest(chip, ending), true);
		break;
	case SPECIFIC_EOI:
		end_of_interrupt(chip, (int)level, false);
		break;
	case ROTATE_ON_SPECIFIC_EOI:
		end_of_interrupt(chip, (int)level, true);
		break;
	case SET_PRIORITY:
		chip->lowest = (uint8_t)level;
		break;
	case SET_ROTATE_ON_AUTO_EOI:
		chip->rotate_on_auto_eoi = true;
		break;
	case CLEAR_ROTATE_ON_AUTO_EOI:
		chip->rotate_on_auto_eoi = false;
		break;
	default:
		break; /* no operation */
	}
}

static void control(struct pic_chip *chip, uint8_t ocw3)
{
	if (ocw3 & OCW3_ESMM)
		chip->special_mask = ocw3 & OCW3_SMM;
	if (ocw3 & OCW3_RR)
		chip->read_in_service = ocw3 & OCW3_RIS;
	if (ocw3 & OCW3_POLL)
		chip->poll = true; /* and it overrides the choice of a register */
}

/* An initialization command word that is due. */
static void initialize(struct pic_chip *chip, uint8_t value)
{
	switch (chip->expects) {
	case PIC_EXPECTS_ICW2:
		chip->icw2 = value;
		chip->expects = chip->icw1 & ICW1_SNGL ? PIC_EXPECTS_ICW4 : PIC_EXPECTS_ICW3;
		break;
	case PIC_EXPECTS_ICW3:
		chip->icw3 = value;
		chip->expects = PIC_EXPECTS_ICW4;
		break;
	case PIC_EXPECTS_ICW4:
		chip->icw4 = value;
		chip->expects = PIC_EXPECTS_NOTHING;
		break;
	case PIC_EXPECTS_NOTHING:
		break;
	}
	if (chip->expects == PIC_EXPECTS_ICW4 && !(chip->icw1 & ICW1_IC4))
		chip->expects = PIC_EXPECTS_NOTHING;
	if (chip->expects == PIC_EXPECTS_NOTHING && (chip->icw1 & ICW1_SELECT))
		chip->ready = true;
}

static noinline_fn void write_even(struct pic *pic, struct pic_chip *chip, uint64_t value)
{
	if (value & ICW1_SELECT)
		begin_initialization(chip, value);
	else if (value & OCW3_SELECT)
		control(chip, value);
	else
		operate(chip, value);
	update(pic);
}

static uint8_t poll(struct pic *pic, struct pic_chip *chip)
{
	int input;

	if (!chip->is_master)
		set_line(master_of(pic), CASCADE_INPUT, false); /* as by an acknowledgement */
	input = acknowledge(chip);
	chip->poll = false;
	update(pic);
	return input < 0 ? 0 : POLL_PRESENT | (uint8_t)input;
}

/* Reads change nothing but where the poll command makes one an acknowledgement. */
static uint64_t pic_read(void *chip, uint64_t offset, unsigned width)
{
	struct pic *pic = chip;
	struct pic_chip *from = offset & PIC_SLAVE_OFFSET ? slave_of(pic) : master_of(pic);

	if (unlikely(from->poll))
		return poll(pic, from);
	if (offset & 1)
		return from->mask;
	return from->read_in_service ? from->in_service : requests(from);
}

/* The odd address: initialization command words that are due, else the mask. */
static noinline_fn void write_odd(struct pic *pic, struct pic_chip *chip, uint64_t value)
{
	if (chip->expects != PIC_EXPECTS_NOTHING)
		initialize(chip, value);
	else
		chip->mask = value;
	update(pic);
}

static void pic_write(void *chip, uint64_t offset, unsigned width, uint64_t value)
{
	struct pic *pic = chip;
	struct pic_chip *to = offset & PIC_SLAVE_OFFSET ? slave_of(pic) : master_of(pic);

	if (!(offset & 1))
		write_even(pic, to, value);
	/* Systems mask everything, to be sure, when everything is masked. */
	else if (to->mask != (uint8_t)value || to->expects != PIC_EXPECTS_NOTHING)
		write_odd(pic, to, value);
}

static uint64_t elcr_read(void *chip, uint64_t offset, unsigned width)
{
	const struct pic *pic = chip;

	return pic->chips[offset & 1].level;
}

static void elcr_write(void *chip, uint64_t offset, unsigned width, uint64_t value)
{
	struct pic *pic = chip;
	unsigned n = offset & 1;

	pic->chips[n].level = (uint8_t)value & elcr_writable[n];
	update(pic);
}

static void pic_reset(void *chip)
{
	struct pic *pic = chip;

	for (unsigned i = 0; i < ARRAY_SIZE(pic->chips); i++)
		pic->chips[i] = (struct pic_chip) {
			.is_master = !i,
			.lines = pic->chips[i].lines,
			.lowest = PIC_INPUTS - 1,
		};
	update(pic);
}

void pic_init(struct pic *pic, const struct wire *intr)
{
	*pic = (struct pic) { .intr = *intr };
	pic_reset(pic);
}

const struct chip_ops pic_ops = {
	.name = "8259",
	.read = pic_read,
	.write = pic_write,
	.reset = pic_reset,
};

const struct chip_ops pic_elcr_ops = {
	.name = "8259",
	.read = elcr_read,
	.write = elcr_write,
};

enum error pic_attach(struct pic *pic, struct bus *ports, struct reason *why)
{
	static const struct bus_place places[] = {
		{ PIC_MASTER_PORT, 2, PIC_MASTER_OFFSET, 1 },
		{ PIC_SLAVE_PORT, 2, PIC_SLAVE_OFFSET, 1 },
	};
	static const struct bus_place elcr = { PIC_ELCR_PORT, 2, 0, 1 };
	enum error error = bus_attach(ports, places, ARRAY_SIZE(places), &pic_ops, pic, why);

	return error ? error : bus_attach(ports, &elcr, 1, &pic_elcr_ops, pic, why);
}
