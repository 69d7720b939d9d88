/* Assembly by Zydis' formatter, in Intel's notation. */
#include "vm/crash/instruction_text.h"

#include <Zydis/Zydis.h>

#include "lib/bits.h"
#include "lib/format.h"
#include "vm/emulate/encoding.h"

static bool format(const ZydisDecodedInstruction *z, const ZydisDecodedOperand *operands,
		   uint64_t rip, char *text, size_t size)
{
	static const struct {
		ZydisFormatterProperty property;
		ZyanUPointer value;
	} style[] = {
		{ ZYDIS_FORMATTER_PROP_FORCE_SIZE, ZYAN_TRUE },
		{ ZYDIS_FORMATTER_PROP_HEX_UPPERCASE, ZYAN_FALSE },
		{ ZYDIS_FORMATTER_PROP_ADDR_PADDING_ABSOLUTE, ZYDIS_PADDING_DISABLED },
		{ ZYDIS_FORMATTER_PROP_DISP_PADDING, ZYDIS_PADDING_DISABLED },
		{ ZYDIS_FORMATTER_PROP_IMM_PADDING, ZYDIS_PADDING_DISABLED },
	};
	ZydisFormatter formatter;

	if (!ZYAN_SUCCESS(ZydisFormatterInit(&formatter, ZYDIS_FORMATTER_STYLE_INTEL)))
		return false;
	for (unsigned i = 0; i < ARRAY_SIZE(style); i++)
		if (!ZYAN_SUCCESS(ZydisFormatterSetProperty(&formatter, style[i].property,
							    style[i].value)))
			return false;
	return ZYAN_SUCCESS(ZydisFormatterFormatInstruction(
		&formatter, z, operands, z->operand_count_visible, text, size, rip, NULL));
}

/* --- memory operands ------------------------------------------------------------------------- */

static uint64_t address_part(const ZydisDecodedInstruction *z, ZydisRegister reg,
			     const struct instruction_registers *registers)
{
	ZydisRegisterClass class = ZydisRegisterGetClass(reg);
	ZyanI8 id = ZydisRegisterGetId(reg);

	if (class == ZYDIS_REGCLASS_IP)
		return registers->rip + z->length;
	if ((class == ZYDIS_REGCLASS_GPR16 || class == ZYDIS_REGCLASS_GPR32 ||
	     class == ZYDIS_REGCLASS_GPR64) &&
	    id >= 0 && id < GPR_COUNT)
		return registers->gpr[id];
	return 0;
}

static uint64_t segment_base(const ZydisDecodedInstruction *z, ZydisRegister reg,
			     const struct instruction_registers *registers)
{
	ZyanI8 id = ZydisRegisterGetId(reg);

	if (ZydisRegisterGetClass(reg) != ZYDIS_REGCLASS_SEGMENT || id < 0 || id >= SEGMENT_COUNT)
		return 0;
	if (z->machine_mode == ZYDIS_MACHINE_MODE_LONG_64 && id < SEGMENT_FS)
		return 0;
	return registers->base[id];
}

static uint64_t cut(uint64_t value, unsigned bits)
{
	return bits < 64 ? value & (BIT(bits) - 1) : value;
}

static struct instruction_operand memory_operand(const ZydisDecodedInstruction *z,
						 const ZydisDecodedOperand *operand,
						 const struct instruction_registers *registers)
{
	const ZydisDecodedOperandMem *mem = &operand->mem;
	bool stack = operand->visibility == ZYDIS_OPERAND_VISIBILITY_HIDDEN &&
		     ZydisRegisterGetLargestEnclosing(z->machine_mode, mem->base) ==
			     ZydisRegisterGetLargestEnclosing(z->machine_mode, ZYDIS_REGISTER_SP);
	struct instruction_operand out = {
		.width = (uint16_t)(operand->size / 8),
		.read = operand->actions & ZYDIS_OPERAND_ACTION_MASK_READ,
		.write = operand->actions & ZYDIS_OPERAND_ACTION_MASK_WRITE,
	};
	uint64_t at = address_part(z, mem->base, registers) +
		      address_part(z, mem->index, registers) * mem->scale;

	if (mem->disp.has_displacement)
		at += (uint64_t)mem->disp.value;
	/* What is pushed goes below the stack pointer. */
	if (stack && out.write)
		at -= out.width;
	at = cut(at, stack ? z->stack_width : z->address_width) +
	     segment_base(z, mem->segment, registers);
	out.address = gva(z->machine_mode == ZYDIS_MACHINE_MODE_LONG_64 ? at : (uint32_t)at);
	return out;
}

static void find_operands(const ZydisDecodedInstruction *z, const ZydisDecodedOperand *operands,
			  const struct instruction_registers *registers,
			  struct instruction_text *out)
{
	for (unsigned i = 0; i < z->operand_count && out->operands < INSTRUCTION_OPERANDS; i++)
		if (operands[i].type == ZYDIS_OPERAND_TYPE_MEMORY &&
		    operands[i].mem.type == ZYDIS_MEMOP_TYPE_MEM)
			out->operand[out->operands++] = memory_operand(z, &operands[i], registers);
}

/* --- all of it ------------------------------------------------------------------------------- */

static const char *refusal(ZyanStatus status)
{
	switch (status) {
	case ZYDIS_STATUS_NO_MORE_DATA:
		return "(cut off)";
	case ZYDIS_STATUS_INSTRUCTION_TOO_LONG:
		return "(longer than 15 bytes)";
	default:
		return "(no instruction)";
	}
}

void instruction_describe(enum code_mode mode, const uint8_t *bytes, unsigned available,
			  const struct instruction_registers *registers,
			  struct instruction_text *out)
{
	ZydisDecoder decoder;
	ZydisDecodedInstruction z;
	ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
	ZyanStatus status = encoded_start(&decoder, mode);

	*out = (struct instruction_text) { 0 };
	if (ZYAN_SUCCESS(status))
		status = ZydisDecoderDecodeFull(&decoder, bytes, available, &z, operands);
	if (!ZYAN_SUCCESS(status) ||
	    !format(&z, operands, registers->rip, out->text, sizeof(out->text))) {
		format_string(out->text, sizeof(out->text), "%s", refusal(status));
		return;
	}
	out->length = z.length;
	find_operands(&z, operands, registers, out);
}
