/* The VMX instructions. Each wrapper takes the CPU's flags as outputs and keeps the two ways of
 * failing apart: VMfailInvalid (CF: there is no current VMCS to write an error number into) and
 * VMfailValid (ZF: the number is in the VM-instruction error field). SDM volume 3, "VMX Instruction
 * Reference", "Conventions". All need VMX operation, VMXON excepted; elsewhere they #UD. */
#ifndef VMX_INSTRUCTIONS_H
#define VMX_INSTRUCTIONS_H

#include "lib/types.h"
#include "vmx/fields.h"
#include "vmx/instruction_error.h"
#include "vmx/instruction_result.h"

/* INVEPT and INVVPID take a type in a register and a descriptor in memory. */
enum invept_type { INVEPT_SINGLE_CONTEXT = 1, INVEPT_ALL_CONTEXTS = 2 };
enum invvpid_type {
	INVVPID_ADDRESS = 0,
	INVVPID_SINGLE_CONTEXT = 1,
	INVVPID_ALL_CONTEXTS = 2,
	INVVPID_RETAIN_GLOBALS = 3,
};

struct invept_descriptor {
	uint64_t ept_pointer;
	uint64_t reserved;
};
_Static_assert(sizeof(struct invept_descriptor) == 16, "INVEPT descriptor");

struct invvpid_descriptor {
	uint16_t vpid;
	uint16_t reserved[3];
	uint64_t linear_address;
};
_Static_assert(sizeof(struct invvpid_descriptor) == 16, "INVVPID descriptor");
_Static_assert(offsetof(struct invvpid_descriptor, linear_address) == 8, "INVVPID descriptor");

static inline enum vmx_result vmx_result_of(bool carry, bool zero)
{
	return carry ? VMX_FAIL_INVALID : zero ? VMX_FAIL_VALID : VMX_SUCCEED;
}

/* VMXON, VMCLEAR and VMPTRLD take the address of a 64-bit physical address. */
#define VMX_REGION_INSTRUCTION(mnemonic)                                      \
	static inline enum vmx_result must_check vmx_##mnemonic(hpa_t region) \
	{                                                                     \
		bool carry, zero;                                             \
                                                                              \
		__asm__ volatile(#mnemonic " %2"                              \
				 : "=@ccc"(carry), "=@ccz"(zero)              \
				 : "m"(region.value)                          \
				 : "memory");                                 \
		return vmx_result_of(carry, zero);                            \
	}

VMX_REGION_INSTRUCTION(vmxon)
VMX_REGION_INSTRUCTION(vmclear)
VMX_REGION_INSTRUCTION(vmptrld)
#undef VMX_REGION_INSTRUCTION

static inline enum vmx_result must_check vmx_vmxoff(void)
{
	bool carry, zero;

	__asm__ volatile("vmxoff" : "=@ccc"(carry), "=@ccz"(zero) : : "memory");
	return vmx_result_of(carry, zero);
}

static inline enum vmx_result must_check vmx_vmread(enum vmcs_field field, uint64_t *value)
{
	bool carry, zero;

	__asm__ volatile("vmread %3, %0"
			 : "=r"(*value), "=@ccc"(carry), "=@ccz"(zero)
			 : "r"((uint64_t)field));
	return vmx_result_of(carry, zero);
}

static inline enum vmx_result must_check vmx_vmwrite(enum vmcs_field field, uint64_t value)
{
	bool carry, zero;

	__asm__ volatile("vmwrite %2, %3"
			 : "=@ccc"(carry), "=@ccz"(zero)
			 : "r"(value), "r"((uint64_t)field)
			 : "memory");
	return vmx_result_of(carry, zero);
}

static inline enum vmx_result must_check vmx_invept(enum invept_type type, uint64_t ept_pointer)
{
	struct invept_descriptor descriptor = { .ept_pointer = ept_pointer };
	bool carry, zero;

	__asm__ volatile("invept %2, %3"
			 : "=@ccc"(carry), "=@ccz"(zero)
			 : "m"(descriptor), "r"((uint64_t)type)
			 : "memory");
	return vmx_result_of(carry, zero);
}

static inline enum vmx_result must_check vmx_invvpid(enum invvpid_type type, uint16_t vpid,
						     uint64_t linear_address)
{
	struct invvpid_descriptor descriptor = { .vpid = vpid, .linear_address = linear_address };
	bool carry, zero;

	__asm__ volatile("invvpid %2, %3"
			 : "=@ccc"(carry), "=@ccz"(zero)
			 : "m"(descriptor), "r"((uint64_t)type)
			 : "memory");
	return vmx_result_of(carry, zero);
}

/* Panics with the field's name and, for VMfailValid, the instruction error: the fields that Plinth
 * touches exist on this CPU and a VMCS is current, so that a failure is Plinth's own mistake. */
void vmread_failed(enum vmcs_field field) noreturn_fn;
void vmwrite_failed(enum vmcs_field field) noreturn_fn;

/* VMREAD and VMWRITE where failing is a broken invariant: a VMCS is current on this CPU and the
 * field exists (one that depends on a control, only while that control can be 1). One test covers
 * both failures, since this is the exit path. */
static inline uint64_t vmcs_read(enum vmcs_field field)
{
	uint64_t value;
	bool failed;

	__asm__ volatile("vmread %2, %0" : "=r"(value), "=@ccbe"(failed) : "r"((uint64_t)field));
	if (unlikely(failed))
		vmread_failed(field);
	return value;
}

static inline void vmcs_write(enum vmcs_field field, uint64_t value)
{
	bool failed;

	__asm__ volatile("vmwrite %1, %2"
			 : "=@ccbe"(failed)
			 : "r"(value), "r"((uint64_t)field)
			 : "memory");
	if (unlikely(failed))
		vmwrite_failed(field);
}

/* VMPTRLD of a region whose address stands in memory; likewise, but the caller deals with failure. */
static inline bool must_check vmx_load_region(const hpa_t *region)
{
	bool failed;

	__asm__ volatile("vmptrld %1" : "=@ccbe"(failed) : "m"(region->value) : "memory");
	return !failed;
}

/* The same without the test, for the few exits that are answered in fewer instructions than a test each
 * would allow: fields that every CPU has, right after an exit, when a VMCS is current beyond doubt. */
static inline uint64_t vmcs_fetch(enum vmcs_field field)
{
	uint64_t value;

	__asm__ volatile("vmread %1, %0" : "=r"(value) : "r"((uint64_t)field) : "cc");
	return value;
}

static inline void vmcs_store(enum vmcs_field field, uint64_t value)
{
	__asm__ volatile("vmwrite %0, %1" : : "r"(value), "r"((uint64_t)field) : "cc", "memory");
}

/* Fills `why` with what `instruction` ("VMPTRLD") returned: ERROR_BAD_STATE with the error number
 * and its text for VMfailValid, without one for VMfailInvalid. ERROR_NONE for success. Reads the
 * VM-instruction error field, so it must run before another VMX instruction does. */
enum error vmx_result_reason(enum vmx_result result, const char *instruction, struct reason *why);

#endif
