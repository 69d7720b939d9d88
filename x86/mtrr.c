/* Memory types from memory-type range registers. */
#include "x86/mtrr.h"

#include "lib/bits.h"

#define FIXED_END     MIB(1)
#define FIXED_PARTS   8
#define ADDRESS_END   BIT(52)
/* Boundaries that mtrr_uniform() looks past at most; firmware makes far fewer. */
#define UNIFORM_STEPS 1024

static const struct {
	uint32_t index, base, size;
} fixed_ranges[] = {
#define X(index, base, size) { (index), (base), (size) },
	MTRR_FIXED_LIST(X)
#undef X
};
_Static_assert(ARRAY_SIZE(fixed_ranges) == MTRR_FIXED_COUNT, "a register for each fixed MTRR");

static bool type_is_defined(uint64_t type)
{
	return type == MEMORY_TYPE_UC || type == MEMORY_TYPE_WC || type == MEMORY_TYPE_WT ||
	       type == MEMORY_TYPE_WP || type == MEMORY_TYPE_WB;
}

const char *memory_type_name(unsigned type)
{
	switch (type) {
#define X(symbol, value, name) \
	case symbol:           \
		return name;
		MEMORY_TYPE_LIST(X)
#undef X
	}
	return "reserved";
}

unsigned mtrr_variable_count(const struct mtrr_state *state)
{
	unsigned count = state->capability & MTRRCAP_VARIABLE_COUNT;

	return count < MTRR_MAX_VARIABLE ? count : MTRR_MAX_VARIABLE;
}

static uint64_t address_mask(const struct mtrr_state *state)
{
	return MTRR_PHYS_ADDRESS & (BIT(state->address_bits) - 1);
}

static bool in_fixed(const struct mtrr_state *state, uint64_t at)
{
	return at < FIXED_END && (state->capability & MTRRCAP_FIXED) &&
	       (state->default_type & MTRR_DEF_FIXED_ENABLE);
}

static unsigned fixed_range_of(uint64_t at)
{
	unsigned i = 0;

	while (i + 1 < MTRR_FIXED_COUNT && fixed_ranges[i + 1].base <= at)
		i++;
	return i;
}

static bool variable_matches(const struct mtrr_state *state, unsigned n, uint64_t at)
{
	uint64_t mask = state->variable[n].mask & address_mask(state);

	return (state->variable[n].mask & MTRR_PHYSMASK_VALID) &&
	       (at & mask) == (state->variable[n].base & mask);
}

/* SDM volume 3, "MTRR Precedences": where ranges overlap UC wins, WT wins over WB, equal types are
 * that type, and the rest is undefined: UC harms nobody. */
static uint64_t combine(uint64_t a, uint64_t b)
{
	if (a == b)
		return a;
	if ((a == MEMORY_TYPE_WT && b == MEMORY_TYPE_WB) ||
	    (a == MEMORY_TYPE_WB && b == MEMORY_TYPE_WT))
		return MEMORY_TYPE_WT;
	return MEMORY_TYPE_UC;
}

enum memory_type mtrr_type(const struct mtrr_state *state, hpa_t at)
{
	uint64_t type = state->default_type & MTRR_DEF_TYPE_TYPE;
	bool matched = false;

	if (!state->supported || !(state->default_type & MTRR_DEF_ENABLE))
		return MEMORY_TYPE_UC;
	if (in_fixed(state, at.value)) {
		unsigned i = fixed_range_of(at.value);
		unsigned part = (at.value - fixed_ranges[i].base) / fixed_ranges[i].size;

		type = state->fixed[i] >> (8 * part) & 0xff;
	} else {
		for (unsigned n = 0; n < mtrr_variable_count(state); n++) {
			uint64_t here = state->variable[n].base & MTRR_PHYSBASE_TYPE;

			if (!variable_matches(state, n, at.value))
				continue;
			type = matched ? combine(type, here) : here;
			matched = true;
		}
	}
	return type_is_defined(type) ? (enum memory_type)type : MEMORY_TYPE_UC;
}

/* The first address past `at` where variable range `n` may begin or stop to match. */
static uint64_t variable_boundary(const struct mtrr_state *state, unsigned n, uint64_t at)
{
	uint64_t mask = state->variable[n].mask & address_mask(state);

	if (!(state->variable[n].mask & MTRR_PHYSMASK_VALID) || !mask)
		return ADDRESS_END;

	uint64_t unit = mask & -mask;
	uint64_t start = state->variable[n].base & mask;

	/* A mask with holes matches every so often: look at each unit. */
	if (mask != (address_mask(state) & ~(unit - 1)) || variable_matches(state, n, at))
		return align_down(at, unit) + unit;
	return start > at ? start : ADDRESS_END;
}

static uint64_t next_boundary(const struct mtrr_state *state, uint64_t at)
{
	uint64_t next = ADDRESS_END;

	if (in_fixed(state, at))
		return align_down(at, fixed_ranges[fixed_range_of(at)].size) +
		       fixed_ranges[fixed_range_of(at)].size;
	for (unsigned n = 0; n < mtrr_variable_count(state); n++) {
		uint64_t boundary = variable_boundary(state, n, at);

		next = boundary < next ? boundary : next;
	}
	return next;
}

uint64_t mtrr_uniform(const struct mtrr_state *state, hpa_t start, uint64_t limit,
		      enum memory_type *type)
{
	uint64_t end = start.value;

	*type = mtrr_type(state, start);
	if (!state->supported || !(state->default_type & MTRR_DEF_ENABLE))
		return limit;
	for (unsigned steps = 0; steps < UNIFORM_STEPS && end < ADDRESS_END; steps++) {
		if (mtrr_type(state, hpa(end)) != *type)
			break;
		end = next_boundary(state, end);
		if (end - start.value >= limit)
			return limit;
	}
	return end < ADDRESS_END ? end - start.value : limit;
}

uint64_t *mtrr_register(struct mtrr_state *state, uint32_t index)
{
	unsigned n = (index - MSR_MTRR_PHYSBASE0) / 2;

	if (!state->supported)
		return NULL;
	if (index == MSR_MTRRCAP)
		return &state->capability;
	if (index == MSR_MTRR_DEF_TYPE)
		return &state->default_type;
	if (index >= MSR_MTRR_PHYSBASE0 && n < mtrr_variable_count(state))
		return index % 2 ? &state->variable[n].mask : &state->variable[n].base;
	for (unsigned i = 0; i < MTRR_FIXED_COUNT && (state->capability & MTRRCAP_FIXED); i++)
		if (fixed_ranges[i].index == index)
			return &state->fixed[i];
	return NULL;
}

static bool type_is_valid(const struct mtrr_state *state, uint64_t type)
{
	return type_is_defined(type) &&
	       (type != MEMORY_TYPE_WC || (state->capability & MTRRCAP_WC));
}

bool mtrr_value_valid(const struct mtrr_state *state, uint32_t index, uint64_t value)
{
	uint64_t flags = MTRR_DEF_ENABLE;

	if (index == MSR_MTRRCAP)
		return false; /* read-only */
	if (index == MSR_MTRR_DEF_TYPE) {
		if (state->capability & MTRRCAP_FIXED)
			flags |= MTRR_DEF_FIXED_ENABLE;
		return !(value & ~(flags | MTRR_DEF_TYPE_TYPE)) &&
		       type_is_valid(state, value & MTRR_DEF_TYPE_TYPE);
	}
	if (index >= MSR_MTRR_FIX64K_00000) {
		for (unsigned part = 0; part < FIXED_PARTS; part++)
			if (!type_is_valid(state, value >> (8 * part) & 0xff))
				return false;
		return true;
	}
	if (index % 2)
		return !(value & ~(address_mask(state) | MTRR_PHYSMASK_VALID));
	return !(value & ~(address_mask(state) | MTRR_PHYSBASE_TYPE)) &&
	       type_is_valid(state, value & MTRR_PHYSBASE_TYPE);
}

void mtrr_snapshot(struct mtrr_state *out, unsigned address_bits, uint64_t (*read)(uint32_t index))
{
	*out = (struct mtrr_state) { .supported = true, .address_bits = address_bits };
	out->capability = read(MSR_MTRRCAP);
	out->default_type = read(MSR_MTRR_DEF_TYPE);
	for (unsigned n = 0; n < mtrr_variable_count(out); n++) {
		out->variable[n].base = read(MSR_MTRR_PHYSBASE(n));
		out->variable[n].mask = read(MSR_MTRR_PHYSMASK(n));
	}
	for (unsigned i = 0; i < MTRR_FIXED_COUNT && (out->capability & MTRRCAP_FIXED); i++)
		out->fixed[i] = read(fixed_ranges[i].index);
}
