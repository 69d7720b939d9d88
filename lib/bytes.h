/* Little-endian loads and stores in memory of any alignment, for tables that firmware, boot loaders
 * and guests lay out. The caller has checked that the bytes exist. */
#ifndef LIB_BYTES_H
#define LIB_BYTES_H

#include "lib/types.h"

static inline uint8_t load_u8(const void *at)
{
	return *(const uint8_t *)at;
}

static inline uint16_t load_u16(const void *at)
{
	uint16_t value;

	__builtin_memcpy(&value, at, sizeof(value));
	return value;
}

static inline uint32_t load_u32(const void *at)
{
	uint32_t value;

	__builtin_memcpy(&value, at, sizeof(value));
	return value;
}

static inline uint64_t load_u64(const void *at)
{
	uint64_t value;

	__builtin_memcpy(&value, at, sizeof(value));
	return value;
}

static inline void store_u8(void *at, uint8_t value)
{
	*(uint8_t *)at = value;
}

static inline void store_u16(void *at, uint16_t value)
{
	__builtin_memcpy(at, &value, sizeof(value));
}

static inline void store_u32(void *at, uint32_t value)
{
	__builtin_memcpy(at, &value, sizeof(value));
}

static inline void store_u64(void *at, uint64_t value)
{
	__builtin_memcpy(at, &value, sizeof(value));
}

/* The same for a width that is a value: 1 to 8 bytes. Stored are the lowest ones. */
static inline uint64_t load_bytes(const void *at, unsigned width)
{
	uint64_t value = 0;

	__builtin_memcpy(&value, at, width);
	return value;
}

static inline void store_bytes(void *at, uint64_t value, unsigned width)
{
	__builtin_memcpy(at, &value, width);
}

/* Turns the lowest `width` bytes around, from big-endian to little-endian and back; no others are left. */
static inline uint64_t swap_bytes(uint64_t value, unsigned width)
{
	return __builtin_bswap64(value) >> (sizeof(value) - width) * 8;
}

#endif
