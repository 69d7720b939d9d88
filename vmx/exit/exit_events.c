/* Exits that an exception caused, and faults of nested paging: the guest gets back what belongs to
 * it, exactly as the CPU would have delivered it. */
#include "vmx/exit/exit_handlers.h"

#include "kernel/panic.h"
#include "lib/bits.h"
#include "lib/text_list.h"
#include "vmx/exit/exit_decode.h"
#include "vmx/exit/exit_fields.h"
#include "vmx/vcpu/interruptibility.h"
#include "x86/control_registers.h"
#include "x86/exception.h"

void vmx_restore_nmi_blocking(struct vmx_vcpu *v)
{
	struct exit_snapshot s = {
		.reason = v->last.reason,
		.vectoring_info = v->last.vectoring,
		.qualification = vmx_exit_qualification(v),
		.interruption_info = (uint32_t)vmcs_read(VMCS_EXIT_INTERRUPTION_INFO),
	};

	if (exit_unblocked_nmis(&s))
		vmcs_write(VMCS_GUEST_INTERRUPTIBILITY,
			   vmcs_read(VMCS_GUEST_INTERRUPTIBILITY) | BLOCKING_BY_NMI);
}

/* "reflected #UD" and the like, by vector. */
static const char *reflected_words(unsigned vector)
{
#define X(vector, symbol, mnemonic, code) vector,
	static const uint8_t vectors[] = { EXCEPTION_LIST(X) };
#undef X
#define X(vector, symbol, mnemonic, code) "reflected " mnemonic "\0"
	static const char words[] = EXCEPTION_LIST(X);
#undef X
	const char *known = keyed_text(words, vectors, ARRAY_SIZE(vectors), vector);

	return known ? known : "reflected a reserved exception";
}

/* An entry that finds TF set and events blocked by STI or MOV SS wants the single-step trap among
 * the pending debug exceptions: SDM volume 3, "Checks on Guest Non-Register State". */
static void keep_single_step_consistent(void)
{
	uint64_t blocked =
		vmcs_read(VMCS_GUEST_INTERRUPTIBILITY) & (BLOCKING_BY_STI | BLOCKING_BY_MOV_SS);

	if (blocked && (vmcs_read(VMCS_GUEST_RFLAGS) & RFLAGS_TF))
		vmcs_write(VMCS_GUEST_PENDING_DEBUG,
			   vmcs_read(VMCS_GUEST_PENDING_DEBUG) | PENDING_DEBUG_BS);
}

/* INT3, INTO and INT1 are delivered as what they are: a trap whose return address is behind the
 * instruction. */
static enum vmx_next reflect_software(struct vmx_vcpu *v, enum vcpu_event_kind kind, uint8_t vector)
{
	struct vcpu_event event = {
		.kind = kind,
		.vector = vector,
		.instruction_length = (uint8_t)vmx_exit_length(v),
	};
	bool triple_fault = false;
	struct reason why;

	if (vcpu_events_queue(&v->vcpu->events, &event, &triple_fault, &why) != ERROR_NONE)
		panic("software exception %u cannot be delivered again: %s", vector, why.text);
	return triple_fault ? VMX_LEAVE_TRIPLE_FAULT : VMX_RESUME;
}

static enum vmx_next reflect_hardware(struct vmx_vcpu *v, uint8_t vector)
{
	uint32_t code = (uint32_t)vmcs_read(VMCS_EXIT_INTERRUPTION_ERROR_CODE);

	if (vector == EXCEPTION_PAGE_FAULT)
		return vmx_raise_page_fault(v, gva(vmx_exit_qualification(v)), code);
	if (vector == EXCEPTION_DEBUG) {
		vmx_debug_exception_taken(v, vmx_exit_qualification(v) & EXIT_DEBUG_HIT_MASK);
		keep_single_step_consistent();
	}
	return vmx_raise(v, vector, code);
}

static enum vmx_next reflect(struct vmx_vcpu *v, uint64_t type, uint8_t vector)
{
	vmx_restore_nmi_blocking(v);
	v->did = reflected_words(vector);
	switch (type) {
	case INTERRUPTION_HARDWARE_EXCEPTION:
		return reflect_hardware(v, vector);
	case INTERRUPTION_SOFTWARE_EXCEPTION:
		return reflect_software(v, EVENT_SOFTWARE_EXCEPTION, vector);
	case INTERRUPTION_PRIVILEGED_EXCEPTION:
		return reflect_software(v, EVENT_PRIVILEGED_SOFTWARE_EXCEPTION, vector);
	default:
		return vmx_to_board(v);
	}
}

enum vmx_next vmx_handle_exception_or_nmi(struct vmx_vcpu *v)
{
	uint32_t info = (uint32_t)vmcs_read(VMCS_EXIT_INTERRUPTION_INFO);
	uint8_t vector = (uint8_t)field_get(info, INTERRUPTION_VECTOR_MASK);
	uint64_t type = field_get(info, INTERRUPTION_TYPE_MASK);

	if (!(info & INTERRUPTION_VALID))
		return vmx_to_board(v);
	if (vmx_debug_is_hit(&v->debug)) {
		vmx_restore_nmi_blocking(v);
		return vmx_to_board(v);
	}
	if (type == INTERRUPTION_NMI)
		return vmx_handle_exception_or_nmi_nmi(v);
	/* A machine check is the machine's, whoever ran: the host's own handler takes it. */
	if (type == INTERRUPTION_HARDWARE_EXCEPTION && vector == EXCEPTION_MACHINE_CHECK) {
		v->did = "to the host's #MC handler";
		__asm__ volatile("int %0" : : "i"(EXCEPTION_MACHINE_CHECK) : "memory");
		return VMX_RESUME;
	}
	enum vmx_next next = reflect(v, type, vector);

	/* One that raises itself in its own delivery leaves no moment for interrupts, nor for the slice's end. */
	vmx_take_host_interrupts(v);
	return next;
}

enum vmx_next vmx_handle_nested_fault(struct vmx_vcpu *v)
{
	vmx_restore_nmi_blocking(v);
	return vmx_to_board(v);
}
