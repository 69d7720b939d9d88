/* Selectors, segment descriptors and access rights. The access rights are those of descriptor bits
 * 40 to 55 moved down to bit 0, as LAR and the VMCS show them. SDM volume 3, "Segment Descriptors",
 * and "Guest Register State" for the unusable bit. */
#ifndef X86_SEGMENT_H
#define X86_SEGMENT_H

#include "lib/bits.h"

/* A selector: index, table indicator, requested privilege level. */
#define SELECTOR_RPL   BITS(1, 0)
#define SELECTOR_TI    BIT(2) /* set: the local descriptor table */
#define SELECTOR_INDEX BITS(15, 3)

/* Access rights. */
#define RIGHTS_TYPE           BITS(3, 0)
#define RIGHTS_S              BIT(4) /* set: code or data; clear: system */
#define RIGHTS_DPL            BITS(6, 5)
#define RIGHTS_P              BIT(7)
#define RIGHTS_AVL            BIT(12)
#define RIGHTS_L              BIT(13) /* 64-bit code */
#define RIGHTS_DB             BIT(14) /* default operation size 32 bits */
#define RIGHTS_G              BIT(15) /* the limit counts 4-KByte units */
#define RIGHTS_UNUSABLE       BIT(16) /* VMCS only */
#define RIGHTS_RESERVED       (BITS(11, 8) | BITS(31, 17))
#define RIGHTS_PRIVILEGE(dpl) field_put(RIGHTS_DPL, (dpl))

/* Types of code and data segments, as bits. */
#define TYPE_ACCESSED    BIT(0)
#define TYPE_WRITABLE    BIT(1) /* data */
#define TYPE_READABLE    BIT(1) /* code */
#define TYPE_EXPAND_DOWN BIT(2) /* data */
#define TYPE_CONFORMING  BIT(2) /* code */
#define TYPE_CODE        BIT(3)

/* Of a TSS: a task runs on it. */
#define TYPE_BUSY BIT(1)

/* Whole types that appear as constants. */
enum segment_type {
	TYPE_DATA_RW_ACCESSED = 0x3,
	TYPE_CODE_RX_ACCESSED = 0xb,
	TYPE_TSS16_AVAILABLE = 0x1,
	TYPE_LDT = 0x2,
	TYPE_TSS16_BUSY = 0x3,
	TYPE_CALL_GATE16 = 0x4,
	TYPE_TASK_GATE = 0x5,
	TYPE_TSS_AVAILABLE = 0x9, /* 32-bit; 64-bit in IA-32e mode */
	TYPE_TSS_BUSY = 0xb,
	TYPE_CALL_GATE = 0xc,
	TYPE_INTERRUPT_GATE = 0xe,
	TYPE_TRAP_GATE = 0xf,
};

/* Whole access rights at privilege level 0. */
#define RIGHTS_CODE64   (TYPE_CODE_RX_ACCESSED | RIGHTS_S | RIGHTS_P | RIGHTS_L | RIGHTS_G)
#define RIGHTS_CODE32   (TYPE_CODE_RX_ACCESSED | RIGHTS_S | RIGHTS_P | RIGHTS_DB | RIGHTS_G)
#define RIGHTS_DATA32   (TYPE_DATA_RW_ACCESSED | RIGHTS_S | RIGHTS_P | RIGHTS_DB | RIGHTS_G)
#define RIGHTS_CODE16   (TYPE_CODE_RX_ACCESSED | RIGHTS_S | RIGHTS_P) /* also real mode */
#define RIGHTS_DATA16   (TYPE_DATA_RW_ACCESSED | RIGHTS_S | RIGHTS_P) /* also real mode */
#define RIGHTS_BUSY_TSS (TYPE_TSS_BUSY | RIGHTS_P)
#define RIGHTS_LDT      (TYPE_LDT | RIGHTS_P)

/* A segment descriptor as the table holds it. System descriptors are followed by eight more bytes
 * in IA-32e mode: base bits 63 to 32 in the first four. */
#define DESCRIPTOR_RIGHTS_SHIFT 40

/* The limit that a descriptor's 20 bits amount to with these rights. */
static inline uint32_t descriptor_limit(uint64_t descriptor)
{
	uint32_t limit = (uint32_t)(descriptor & 0xffff) | (uint32_t)(descriptor >> 32 & 0xf0000);

	return descriptor >> DESCRIPTOR_RIGHTS_SHIFT & RIGHTS_G ? limit << 12 | 0xfff : limit;
}

static inline uint32_t descriptor_base(uint64_t descriptor)
{
	return (uint32_t)(descriptor >> 16 & 0xffffff) | (uint32_t)(descriptor >> 32 & 0xff000000);
}

static inline uint32_t descriptor_rights(uint64_t descriptor)
{
	return descriptor >> DESCRIPTOR_RIGHTS_SHIFT & 0xf0ff;
}

/* Builds a descriptor from a 20-bit `limit` field (in the unit that RIGHTS_G says), a 32-bit base
 * and access rights. */
static inline uint64_t descriptor_make(uint32_t base, uint32_t limit, uint32_t rights)
{
	return (uint64_t)(limit & 0xffff) | (uint64_t)(base & 0xffffff) << 16 |
	       (uint64_t)(rights & 0xf0ff) << DESCRIPTOR_RIGHTS_SHIFT |
	       (uint64_t)(limit & 0xf0000) << 32 | (uint64_t)(base & 0xff000000) << 32;
}

#endif
