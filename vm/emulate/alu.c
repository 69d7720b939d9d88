/* Results and flags. */
#include "vm/emulate/alu.h"

#include "lib/bits.h"
#include "x86/control_registers.h"

static void put_flag(uint64_t *rflags, uint64_t flag, bool set)
{
	*rflags = set ? *rflags | flag : *rflags & ~flag;
}

static bool sign_bit(uint64_t value, unsigned width)
{
	return value >> (8 * width - 1) & 1;
}

/* SF, ZF and PF, which depend on the result alone. */
static void put_result_flags(uint64_t *rflags, uint64_t result, unsigned width)
{
	put_flag(rflags, RFLAGS_ZF, !result);
	put_flag(rflags, RFLAGS_SF, sign_bit(result, width));
	put_flag(rflags, RFLAGS_PF, !__builtin_parity((unsigned)(result & 0xff)));
}

/* --- addition and subtraction ---------------------------------------------------------------- */

#define NIBBLE_CARRY BIT(4)

/* The carry out of each bit of a + b is the majority of a, b and not the result. */
static uint64_t add(uint64_t a, uint64_t b, bool carry, unsigned width, uint64_t *rflags)
{
	uint64_t result = (a + b + carry) & width_mask(width);

	put_flag(rflags, RFLAGS_CF, sign_bit((a & b) | ((a | b) & ~result), width));
	put_flag(rflags, RFLAGS_OF, sign_bit((a ^ result) & (b ^ result), width));
	put_flag(rflags, RFLAGS_AF, (a ^ b ^ result) & NIBBLE_CARRY);
	put_result_flags(rflags, result, width);
	return result;
}

/* a - b is a + ~b + 1, with a carry where there is no borrow. */
static uint64_t subtract(uint64_t a, uint64_t b, bool borrow, unsigned width, uint64_t *rflags)
{
	uint64_t result = add(a, ~b, !borrow, width, rflags);

	*rflags ^= RFLAGS_CF | RFLAGS_AF;
	return result;
}

static uint64_t logic(uint64_t result, unsigned width, uint64_t *rflags)
{
	*rflags &= ~(RFLAGS_CF | RFLAGS_OF | RFLAGS_AF); /* AF is undefined, and is 0 */
	put_result_flags(rflags, result, width);
	return result;
}

uint64_t alu_unary(enum operation operation, unsigned width, uint64_t a, uint64_t *rflags)
{
	uint64_t carry = *rflags & RFLAGS_CF;
	uint64_t result;

	switch (operation) {
	case OPERATION_NOT:
		return ~a & width_mask(width);
	case OPERATION_NEG:
		return subtract(0, a, false, width, rflags);
	default: /* INC and DEC leave CF alone */
		result = operation == OPERATION_INC ? add(a, 1, false, width, rflags)
						    : subtract(a, 1, false, width, rflags);
		put_flag(rflags, RFLAGS_CF, carry);
		return result;
	}
}

/* --- shifts and rotations -------------------------------------------------------------------- */

/* The count's bits that count: SDM volume 2, "SAL/SAR/SHL/SHR". */
static unsigned masked_count(uint64_t count, unsigned width)
{
	return count & (width == sizeof(uint64_t) ? 63 : 31);
}

/* OF is defined for a count of 1 only; it is computed alike for others. */
static uint64_t shift(enum operation operation, unsigned width, uint64_t a, uint64_t count,
		      uint64_t *rflags)
{
	unsigned n = masked_count(count, width), bits = 8 * width;
	uint64_t result, out;

	if (!n)
		return a;
	if (operation == OPERATION_SHL) {
		result = a << n & width_mask(width);
		out = n <= bits ? a >> (bits - n) & 1 : 0;
		put_flag(rflags, RFLAGS_OF, sign_bit(result, width) != out);
	} else if (operation == OPERATION_SHR) {
		result = a >> n;
		out = a >> (n - 1) & 1;
		put_flag(rflags, RFLAGS_OF, n == 1 && sign_bit(a, width));
	} else {
		int64_t extended = (int64_t)sign_extend(a, width);

		result = (uint64_t)(extended >> n) & width_mask(width);
		out = extended >> (n - 1) & 1;
		put_flag(rflags, RFLAGS_OF, false);
	}
	put_flag(rflags, RFLAGS_CF, out);
	put_flag(rflags, RFLAGS_AF, false);
	put_result_flags(rflags, result, width);
	return result;
}

/* ROL and ROR. A count that is a multiple of the width still sets CF. */
static uint64_t rotate(bool left, unsigned width, uint64_t a, uint64_t count, uint64_t *rflags)
{
	unsigned n = masked_count(count, width), bits = 8 * width;
	unsigned up = (left ? n : bits - n % bits) % bits;
	uint64_t result = a;

	if (!n)
		return a;
	if (up)
		result = (a << up | a >> (bits - up)) & width_mask(width);
	if (left) {
		put_flag(rflags, RFLAGS_CF, result & 1);
		put_flag(rflags, RFLAGS_OF, sign_bit(result, width) != (result & 1));
	} else {
		put_flag(rflags, RFLAGS_CF, sign_bit(result, width));
		put_flag(rflags, RFLAGS_OF,
			 sign_bit(result, width) != sign_bit(result << 1, width));
	}
	return result;
}

/* RCL and RCR: through CF, a ring of one bit more than the width, turned bit by bit. */
static uint64_t rotate_through_carry(bool left, unsigned width, uint64_t a, uint64_t count,
				     uint64_t *rflags)
{
	unsigned n = masked_count(count, width), bits = 8 * width;
	bool carry = *rflags & RFLAGS_CF;

	if (!n)
		return a;
	for (unsigned turn = n % (bits + 1); turn; turn--) {
		bool out = left ? sign_bit(a, width) : a & 1;

		a = left ? (a << 1 | carry) & width_mask(width)
			 : a >> 1 | (uint64_t)carry << (bits - 1);
		carry = out;
	}
	put_flag(rflags, RFLAGS_CF, carry);
	put_flag(rflags, RFLAGS_OF,
		 left ? sign_bit(a, width) != carry
		      : sign_bit(a, width) != sign_bit(a << 1, width));
	return a;
}

uint64_t alu_double_shift(enum operation operation, unsigned width, uint64_t a, uint64_t fill,
			  uint64_t count, uint64_t *rflags)
{
	unsigned n = masked_count(count, width), bits = 8 * width;
	uint64_t result, out;

	if (!n)
		return a;
	/* More than the width of a 16-bit operand: undefined; the bits come round again. */
	if (n > bits) {
		uint64_t other = a;

		n -= bits;
		a = fill;
		fill = other;
	}
	if (operation == OPERATION_SHLD) {
		result = n == bits ? fill : (a << n | fill >> (bits - n)) & width_mask(width);
		out = a >> (bits - n) & 1;
	} else {
		result = n == bits ? fill : (a >> n | fill << (bits - n)) & width_mask(width);
		out = a >> (n - 1) & 1;
	}
	put_flag(rflags, RFLAGS_CF, out);
	put_flag(rflags, RFLAGS_OF, sign_bit(a ^ result, width));
	put_flag(rflags, RFLAGS_AF, false);
	put_result_flags(rflags, result, width);
	return result;
}

/* --- bits ------------------------------------------------------------------------------------ */

static uint64_t bit_operation(enum operation operation, unsigned width, uint64_t a, uint64_t number,
			      uint64_t *rflags)
{
	uint64_t bit = BIT(number & (8 * width - 1));

	put_flag(rflags, RFLAGS_CF, a & bit);
	switch (operation) {
	case OPERATION_BTS:
		return a | bit;
	case OPERATION_BTR:
		return a & ~bit;
	case OPERATION_BTC:
		return a ^ bit;
	default:
		return a;
	}
}

uint64_t alu_count(enum operation operation, unsigned width, uint64_t a, uint64_t old,
		   uint64_t *rflags)
{
	unsigned bits = 8 * width;
	uint64_t result;

	switch (operation) {
	case OPERATION_BSF:
	case OPERATION_BSR:
		put_flag(rflags, RFLAGS_ZF, !a);
		if (!a)
			return old;
		return operation == OPERATION_BSF ? __builtin_ctzll(a) : 63 - __builtin_clzll(a);
	case OPERATION_POPCNT:
		result = 0;
		for (uint64_t rest = a; rest; rest &= rest - 1)
			result++;
		*rflags &= ~RFLAGS_STATUS;
		put_flag(rflags, RFLAGS_ZF, !a);
		return result;
	case OPERATION_TZCNT:
		result = a ? (unsigned)__builtin_ctzll(a) : bits;
		break;
	default: /* LZCNT */
		result = a ? (unsigned)__builtin_clzll(a) - (64 - bits) : bits;
		break;
	}
	put_flag(rflags, RFLAGS_CF, !a);
	put_flag(rflags, RFLAGS_ZF, !result);
	return result;
}

/* --- multiplication and division ------------------------------------------------------------- */

void alu_multiply(bool is_signed, unsigned width, uint64_t a, uint64_t b, uint64_t *low,
		  uint64_t *high, uint64_t *rflags)
{
	unsigned __int128 product;
	bool fits;

	if (is_signed) {
		__int128 exact =
			(__int128)(int64_t)sign_extend(a, width) * (int64_t)sign_extend(b, width);

		product = (unsigned __int128)exact;
		fits = exact == (int64_t)sign_extend((uint64_t)product & width_mask(width), width);
	} else {
		product = (unsigned __int128)a * b;
		fits = !(product >> 8 * width);
	}
	*low = (uint64_t)product & width_mask(width);
	*high = (uint64_t)(product >> 8 * width) & width_mask(width);
	put_flag(rflags, RFLAGS_CF, !fits);
	put_flag(rflags, RFLAGS_OF, !fits);
}

/* Long division: C divides 128 bits only with the help of a library. The high half is smaller than
 * the divisor, so that the quotient fits 64 bits. */
static uint64_t divide_128(uint64_t high, uint64_t low, uint64_t divisor, uint64_t *remainder)
{
	uint64_t quotient = 0;

	for (int bit = 63; bit >= 0; bit--) {
		bool carry = high >> 63;

		high = high << 1 | (low >> bit & 1);
		if (carry || high >= divisor) {
			high -= divisor;
			quotient |= BIT(bit);
		}
	}
	*remainder = high;
	return quotient;
}

/* high:low as one two's complement number. */
static void negate_128(uint64_t *high, uint64_t *low)
{
	*low = -*low;
	*high = ~*high + !*low;
}

bool alu_divide(bool is_signed, unsigned width, uint64_t low, uint64_t high, uint64_t divisor,
		uint64_t *quotient, uint64_t *remainder)
{
	bool negative = is_signed && sign_bit(high, width);
	bool divisor_negative = is_signed && sign_bit(divisor, width);
	uint64_t largest = is_signed ? width_mask(width) >> 1 : width_mask(width);
	uint64_t q, r;

	/* Both halves as one 128-bit number. */
	if (width < sizeof(uint64_t)) {
		low |= high << 8 * width;
		low = negative ? sign_extend(low, 2 * width) : low;
		high = negative ? ~0ull : 0;
	}
	if (negative)
		negate_128(&high, &low);
	if (divisor_negative)
		divisor = -divisor & width_mask(width);
	if (!divisor || high >= divisor)
		return false;
	q = divide_128(high, low, divisor, &r);
	if (q > largest + (negative != divisor_negative))
		return false;
	*quotient = (negative != divisor_negative ? -q : q) & width_mask(width);
	*remainder = (negative ? -r : r) & width_mask(width);
	return true;
}

/* --- the choice ------------------------------------------------------------------------------ */

uint64_t alu_binary(enum operation operation, unsigned width, uint64_t a, uint64_t b,
		    uint64_t *rflags)
{
	bool carry = *rflags & RFLAGS_CF;

	switch (operation) {
	case OPERATION_ADD:
		return add(a, b, false, width, rflags);
	case OPERATION_ADC:
		return add(a, b, carry, width, rflags);
	case OPERATION_SUB:
	case OPERATION_CMP:
		return subtract(a, b, false, width, rflags);
	case OPERATION_SBB:
		return subtract(a, b, carry, width, rflags);
	case OPERATION_AND:
	case OPERATION_TEST:
		return logic(a & b, width, rflags);
	case OPERATION_OR:
		return logic(a | b, width, rflags);
	case OPERATION_XOR:
		return logic(a ^ b, width, rflags);
	case OPERATION_SHL:
	case OPERATION_SHR:
	case OPERATION_SAR:
		return shift(operation, width, a, b, rflags);
	case OPERATION_ROL:
	case OPERATION_ROR:
		return rotate(operation == OPERATION_ROL, width, a, b, rflags);
	case OPERATION_RCL:
	case OPERATION_RCR:
		return rotate_through_carry(operation == OPERATION_RCL, width, a, b, rflags);
	default:
		return bit_operation(operation, width, a, b, rflags);
	}
}

bool alu_condition(unsigned condition, uint64_t rflags)
{
	bool carry = rflags & RFLAGS_CF, zero = rflags & RFLAGS_ZF, sign = rflags & RFLAGS_SF;
	bool overflow = rflags & RFLAGS_OF, parity = rflags & RFLAGS_PF;
	/* Of each pair the plain one: O, B, Z, BE, S, P, L, LE. Bit 0 inverts. */
	const bool holds[] = { overflow,
			       carry,
			       zero,
			       carry || zero,
			       sign,
			       parity,
			       sign != overflow,
			       zero || sign != overflow };

	return holds[condition >> 1 & 7] != (condition & 1);
}
