/* Conversions: take a number apart, round, put it together again. */
#include "vm/emulate/x87.h"

#define SIGN        BIT(15)
#define EXPONENT    BITS(14, 0)
#define BIAS        16383
#define INTEGER_BIT BIT(63)
#define QUIET_BIT   BIT(62)
#define ALL_BITS    64

const struct x87_number x87_indefinite = { INTEGER_BIT | QUIET_BIT, SIGN | EXPONENT };

/* A float in memory: fields from the top are the sign, the exponent, the fraction. */
struct format {
	unsigned fraction_bits, exponent_bits;
};

static struct format format_of(unsigned width)
{
	return width == sizeof(uint32_t) ? (struct format) { 23, 8 } : (struct format) { 52, 11 };
}

static int bias_of(const struct format *format)
{
	return (1 << (format->exponent_bits - 1)) - 1;
}

/* --- from memory ----------------------------------------------------------------------------- */

/* `significand` times 2 to the power of `exponent` - 63, which is not 0. */
static struct x87_number normalized(uint64_t significand, int exponent, uint16_t sign)
{
	unsigned shift = (unsigned)__builtin_clzll(significand);

	return (struct x87_number) {
		.significand = significand << shift,
		.exponent = (uint16_t)(sign | (exponent - (int)shift + BIAS)),
	};
}

struct x87_number x87_from_float(uint64_t bits, unsigned width, uint16_t *raised)
{
	struct format f = format_of(width);
	uint64_t fraction = bits & (BIT(f.fraction_bits) - 1);
	unsigned most = (1u << f.exponent_bits) - 1;
	unsigned exponent = (unsigned)(bits >> f.fraction_bits) & most;
	uint16_t sign = bits >> (f.fraction_bits + f.exponent_bits) & 1 ? (uint16_t)SIGN : 0;
	uint64_t significand = fraction << (ALL_BITS - 1 - f.fraction_bits);

	if (exponent == most) {
		if (fraction && !(significand & QUIET_BIT)) {
			*raised |= X87_INVALID;
			significand |= QUIET_BIT;
		}
		return (struct x87_number) { significand | INTEGER_BIT, sign | (uint16_t)EXPONENT };
	}
	if (exponent)
		return normalized(significand | INTEGER_BIT, (int)exponent - bias_of(&f), sign);
	if (!fraction)
		return (struct x87_number) { 0, sign };
	*raised |= X87_DENORMAL;
	return normalized(significand, 1 - bias_of(&f), sign);
}

struct x87_number x87_from_integer(int64_t value)
{
	if (!value)
		return (struct x87_number) { 0 };
	return normalized(value < 0 ? -(uint64_t)value : (uint64_t)value, ALL_BITS - 1,
			  value < 0 ? (uint16_t)SIGN : 0);
}

/* --- to memory ------------------------------------------------------------------------------- */

enum kind { ZERO, FINITE, INFINITE, QUIET, SIGNALLING, UNSUPPORTED };

static enum kind kind_of(const struct x87_number *n)
{
	uint64_t fraction = n->significand & ~INTEGER_BIT;

	if (!(n->exponent & EXPONENT))
		return n->significand ? FINITE : ZERO;
	if (!(n->significand & INTEGER_BIT))
		return UNSUPPORTED;
	if ((n->exponent & EXPONENT) != EXPONENT)
		return FINITE;
	if (!fraction)
		return INFINITE;
	return fraction & QUIET_BIT ? QUIET : SIGNALLING;
}

/* A finite number as significand times 2 to the power of `exponent` - 63, its integer bit set. */
struct finite {
	uint64_t significand;
	int exponent;
	bool negative;
};

static struct finite finite_of(const struct x87_number *n)
{
	unsigned exponent = (unsigned)(n->exponent & EXPONENT);
	unsigned shift = (unsigned)__builtin_clzll(n->significand);

	return (struct finite) {
		.significand = n->significand << shift,
		.exponent = (exponent ? (int)exponent : 1) - BIAS - (int)shift,
		.negative = n->exponent & SIGN,
	};
}

struct rounded {
	uint64_t value;
	bool inexact, up;
};

/* The significand without its `drop` lowest bits. */
static struct rounded round_off(const struct finite *n, unsigned drop, enum x87_rounding rounding)
{
	uint64_t kept = drop < ALL_BITS ? n->significand >> drop : 0;
	uint64_t rest = drop < ALL_BITS ? n->significand & (BIT(drop) - 1) : n->significand;
	/* Beyond all bits the rest is less than half of what is kept. */
	uint64_t half = drop && drop <= ALL_BITS ? BIT(drop - 1) : ~0ull;
	struct rounded r = { .inexact = rest };

	switch (rounding) {
	case ROUND_NEAREST:
		r.up = rest > half || (rest == half && (kept & 1) && drop <= ALL_BITS);
		break;
	case ROUND_DOWN:
		r.up = rest && n->negative;
		break;
	case ROUND_UP:
		r.up = rest && !n->negative;
		break;
	case ROUND_TO_ZERO:
		break;
	}
	r.value = kept + r.up;
	return r;
}

static uint64_t assemble(const struct format *f, bool negative, unsigned exponent,
			 uint64_t fraction)
{
	return (uint64_t)negative << (f->fraction_bits + f->exponent_bits) |
	       (((uint64_t)exponent << f->fraction_bits) + fraction);
}

/* The largest number, or infinity: as the rounding goes. Where it is not masked there is no result, and
 * so nothing that could be inexact. */
static uint64_t overflowed(const struct format *f, const struct finite *n, uint16_t control,
			   uint16_t *raised)
{
	enum x87_rounding rounding = (enum x87_rounding)field_get(control, X87_ROUNDING);
	unsigned most = (1u << f->exponent_bits) - 1;
	bool up = rounding == ROUND_NEAREST || rounding == (n->negative ? ROUND_DOWN : ROUND_UP);

	*raised |= X87_OVERFLOW;
	if (control & X87_OVERFLOW)
		*raised |= X87_PRECISION | (up ? X87_C1 : 0);
	if (up)
		return assemble(f, n->negative, most, 0);
	return assemble(f, n->negative, most - 1, BIT(f->fraction_bits) - 1);
}

static uint64_t finite_to_float(const struct format *f, const struct finite *n, uint16_t control,
				uint16_t *raised)
{
	enum x87_rounding rounding = (enum x87_rounding)field_get(control, X87_ROUNDING);
	unsigned drop = ALL_BITS - 1 - f->fraction_bits;
	int least = 1 - bias_of(f), exponent = n->exponent;
	struct rounded r = round_off(n, drop, rounding);
	bool tiny;

	if (r.value >> (f->fraction_bits + 1)) {
		r.value >>= 1;
		exponent++;
	}
	if (exponent > bias_of(f))
		return overflowed(f, n, control, raised);
	/* Tininess shows after rounding. */
	tiny = exponent < least;
	if (tiny) {
		unsigned more = (unsigned)(least - n->exponent);

		r = round_off(n, drop + (more > ALL_BITS ? ALL_BITS : more), rounding);
		exponent = least - 1;
	}
	if (tiny && (r.inexact || !(control & X87_UNDERFLOW)))
		*raised |= X87_UNDERFLOW;
	if (r.inexact && !(tiny && !(control & X87_UNDERFLOW)))
		*raised |= X87_PRECISION | (r.up ? X87_C1 : 0);
	if (!tiny)
		r.value &= BIT(f->fraction_bits) - 1;
	return assemble(f, n->negative, (unsigned)(exponent - (least - 1)), r.value);
}

uint64_t x87_to_float(struct x87_number number, unsigned width, uint16_t control, uint16_t *raised)
{
	struct format f = format_of(width);
	unsigned most = (1u << f.exponent_bits) - 1;
	bool negative = number.exponent & SIGN;
	struct finite finite;

	switch (kind_of(&number)) {
	case ZERO:
		return assemble(&f, negative, 0, 0);
	case INFINITE:
		return assemble(&f, negative, most, 0);
	case FINITE:
		finite = finite_of(&number);
		return finite_to_float(&f, &finite, control, raised);
	case UNSUPPORTED:
		number = x87_indefinite;
		negative = true;
		*raised |= X87_INVALID;
		break;
	case SIGNALLING:
		*raised |= X87_INVALID;
		break;
	case QUIET:
		break;
	}
	return assemble(&f, negative, most,
			((number.significand | QUIET_BIT) & ~INTEGER_BIT) >>
				(ALL_BITS - 1 - f.fraction_bits));
}

uint64_t x87_to_integer(struct x87_number number, unsigned width, enum x87_rounding rounding,
			uint16_t *raised)
{
	uint64_t indefinite = BIT(8 * width - 1);
	enum kind kind = kind_of(&number);
	struct finite n;
	struct rounded r;

	if (kind == ZERO)
		return 0;
	if (kind == FINITE) {
		n = finite_of(&number);
		if (n.exponent < ALL_BITS) {
			int drop = ALL_BITS - 1 - n.exponent;

			r = round_off(&n, (unsigned)(drop > ALL_BITS + 1 ? ALL_BITS + 1 : drop),
				      rounding);
			if (r.value < indefinite || (n.negative && r.value == indefinite)) {
				if (r.inexact)
					*raised |= X87_PRECISION | (r.up ? X87_C1 : 0);
				return n.negative ? -r.value : r.value;
			}
		}
	}
	*raised |= X87_INVALID;
	return indefinite;
}
