/* An instruction as the decoder hands it to the executor: what it does, where its operands are, and
 * nothing of how it was encoded. It depends on the bytes and the code's mode only, so that it may be
 * kept and used again for the same bytes. */
#ifndef VM_EMULATE_INSTRUCTION_H
#define VM_EMULATE_INSTRUCTION_H

#include "lib/types.h"
#include "vm/vcpu/vcpu_exit.h"

#define INSTRUCTION_MAX_LENGTH 15

enum code_mode { CODE_REAL, CODE_16, CODE_32, CODE_64 };

/* What the executor can do; named as the mnemonics are. */
enum operation {
	OPERATION_NONE, /* not emulated */
	/* moves */
	OPERATION_MOV,
	OPERATION_MOVBE,
	OPERATION_MOVNTI,
	OPERATION_MOVZX,
	OPERATION_MOVSX,
	OPERATION_MOVSXD,
	OPERATION_CMOV,
	OPERATION_SET,
	/* arithmetic and logic of two operands */
	OPERATION_ADD,
	OPERATION_OR,
	OPERATION_ADC,
	OPERATION_SBB,
	OPERATION_AND,
	OPERATION_SUB,
	OPERATION_XOR,
	OPERATION_CMP,
	OPERATION_TEST,
	/* of one operand */
	OPERATION_INC,
	OPERATION_DEC,
	OPERATION_NOT,
	OPERATION_NEG,
	/* shifts and rotations */
	OPERATION_ROL,
	OPERATION_ROR,
	OPERATION_RCL,
	OPERATION_RCR,
	OPERATION_SHL,
	OPERATION_SHR,
	OPERATION_SAR,
	OPERATION_SHLD,
	OPERATION_SHRD,
	/* bits */
	OPERATION_BT,
	OPERATION_BTS,
	OPERATION_BTR,
	OPERATION_BTC,
	OPERATION_BSF,
	OPERATION_BSR,
	OPERATION_TZCNT,
	OPERATION_LZCNT,
	OPERATION_POPCNT,
	/* multiplication and division */
	OPERATION_MUL,
	OPERATION_IMUL,
	OPERATION_DIV,
	OPERATION_IDIV,
	/* memory and register at once */
	OPERATION_XCHG,
	OPERATION_XADD,
	OPERATION_CMPXCHG,
	OPERATION_CMPXCHG8B,
	OPERATION_CMPXCHG16B,
	/* the stack */
	OPERATION_PUSH,
	OPERATION_POP,
	OPERATION_ENTER,
	OPERATION_LEAVE,
	/* branches */
	OPERATION_JMP,
	OPERATION_CALL,
	OPERATION_RET,
	OPERATION_JMP_FAR,
	OPERATION_CALL_FAR,
	/* segment registers: a selector alone, or a far pointer */
	OPERATION_LOAD_SEGMENT,
	OPERATION_LOAD_POINTER,
	/* of systems */
	OPERATION_LMSW,
	OPERATION_SMSW,
	OPERATION_LLDT,
	OPERATION_SLDT,
	OPERATION_LTR,
	OPERATION_STR,
	OPERATION_LGDT,
	OPERATION_SGDT,
	OPERATION_LIDT,
	OPERATION_SIDT,
	/* strings */
	OPERATION_MOVS,
	OPERATION_CMPS,
	OPERATION_STOS,
	OPERATION_LODS,
	OPERATION_SCAS,
	/* vector registers: moved, whole or in part */
	OPERATION_VECTOR_LOAD,
	OPERATION_VECTOR_STORE,
	/* the x87 FPU */
	OPERATION_X87,
	/* cache control: the address is checked, no data moves */
	OPERATION_CACHE_LINE,
};

/* Which operands there are, the first one being the destination. */
enum operand_form {
	FORM_NONE, /* no operand in memory */
	FORM_MEMORY,
	FORM_MEMORY_REGISTER,
	FORM_REGISTER_MEMORY,
	FORM_MEMORY_IMMEDIATE,
	FORM_REGISTER_MEMORY_IMMEDIATE,
	FORM_MEMORY_REGISTER_IMMEDIATE,
	FORM_MEMORY_CL,
	FORM_MEMORY_REGISTER_CL,
	FORM_MEMORY_SEGMENT, /* a selector is stored */
	FORM_STRING,
	FORM_REGISTER,  /* pushed or popped */
	FORM_IMMEDIATE, /* pushed, or where a branch goes; the other operand is the stack */
};

/* Loads, then stores, of the x87 FPU. */
enum x87_operation {
	X87_LOAD_FLOAT,
	X87_LOAD_INTEGER,
	X87_LOAD_WHOLE, /* as the FPU has it, of 10 bytes */
	X87_LOAD_CONTROL,
	X87_STORE_FLOAT,
	X87_STORE_INTEGER,
	X87_STORE_TRUNCATED, /* an integer, whatever the rounding */
	X87_STORE_WHOLE,
	X87_STORE_CONTROL,
	X87_STORE_STATUS,
};

enum repeat_prefix { REPEAT_NONE, REPEAT_EQUAL, REPEAT_NOT_EQUAL }; /* F3, F2 */

#define NO_REGISTER 0xff

struct decoded_instruction {
	uint8_t bytes[INSTRUCTION_MAX_LENGTH], length;
	const char *name; /* the mnemonic */
	enum operation operation;
	enum operand_form form;
	enum repeat_prefix repeat;
	uint8_t width;          /* of the memory operand or string element, in bytes */
	uint8_t register_width; /* of the register operand */
	uint8_t address_width;  /* 2, 4 or 8 bytes */
	uint8_t reg;            /* the register operand: enum gpr, a segment or a vector register */
	bool high_byte;         /* AH, CH, DH, BH: bits 15:8 of `reg` */
	uint8_t condition;      /* of CMOVcc and SETcc, as encoded */
	uint8_t loaded;         /* enum segment_register that is loaded */
	uint64_t immediate;     /* sign-extended */
	/* The memory operand's address; of a string instruction the segment of the source. */
	uint8_t segment;     /* enum segment_register */
	uint8_t base, index; /* enum gpr or NO_REGISTER */
	uint8_t scale;       /* 1, 2, 4 or 8 */
	bool rip_relative;   /* to the next instruction */
	uint64_t displacement;
	/* Of OPERATION_X87. */
	enum x87_operation x87;
	bool x87_pops;
	/* Of vector moves. */
	bool aligned;     /* #GP(0) when the operand is not aligned to its width */
	bool clear_upper; /* VEX, EVEX: the rest of the register becomes zero */
	bool keep_rest;   /* a load into a part of the register: the rest is that of `rest` */
	bool mmx;         /* the register is an MMX register */
	uint8_t rest;     /* vector register */
	uint8_t lane;     /* first byte of the register that moves */
	uint8_t filled;   /* bytes that copies of the operand fill; its width where there is one */
};

#endif
