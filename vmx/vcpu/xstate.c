/* Moving the extended registers between the CPU and the vCPUs' areas. */
#include "vmx/vcpu/xstate.h"

#include "kernel/cpu.h"
#include "kernel/output/log.h"
#include "vmx/cpu/percpu.h"
#include "vmx/vcpu/resident.h"
#include "vmx/vcpu/vcpu.h"
#include "vmx/vcpu/xstate_exchange.h"
#include "x86/control_registers.h"
#include "x86/cpuid.h"
#include "x86/instructions.h"

struct xstate_layout xstate_host_layout;

void xstate_init(void)
{
	xstate_layout(cpuid_query, &xstate_host_layout);
}

/* --- is XSAVEC to be trusted? ---------------------------------------------------------------- */

#define PROBE_SIZE (XSTATE_LEGACY_SIZE + XSTATE_HEADER_SIZE + 256) /* AVX comes right behind */

struct probe_image {
	uint8_t bytes[PROBE_SIZE] __attribute__((aligned(64)));
};

bool xstate_compacts;

static void restore_probe(const struct probe_image *image)
{
	__asm__ volatile("xrstor64 (%0)"
			 :
			 : "r"(image), "a"((uint32_t)XSTATE_PROBED), "d"(0)
			 : "memory");
}

static void compact_probe(struct probe_image *image)
{
	__asm__ volatile("xsavec64 (%0)"
			 :
			 : "r"(image), "a"((uint32_t)XSTATE_PROBED), "d"(0)
			 : "memory");
}

/* Bochs 2.7 puts AVX state 160 bytes too low, over the header: a system that relies on it loses its
 * processes' vector registers. */
void xstate_probe(void)
{
	static struct probe_image standard, compacted;
	static const uint8_t ones[VCPU_VECTOR_BYTES] = { [0 ... VCPU_VECTOR_BYTES - 1] = 0xff };

	if ((xstate_host_layout.components & XSTATE_PROBED) != XSTATE_PROBED ||
	    !(cpuid_query(CPUID_XSAVE, 1).eax & CPUID_D1_EAX_XSAVEC))
		return;

	const struct xstate_layout layout = { .components = XSTATE_PROBED,
					      .method = XSTATE_XSAVE,
					      .size = PROBE_SIZE,
					      .ymm_offset = xstate_host_layout.ymm_offset };
	uint64_t before = read_xcr0();

	write_xcr0(XSTATE_PROBED);
	xstate_reset_image(&layout, standard.bytes);
	xstate_set_vector(&layout, standard.bytes, 0, ones, true);
	restore_probe(&standard);
	compact_probe(&compacted);
	xstate_reset_image(&layout, standard.bytes);
	restore_probe(&standard);
	write_xcr0(before);

	xstate_compacts = xstate_is_compacted(compacted.bytes);
	if (!xstate_compacts)
		log_warn("vmx", "XSAVEC of this CPU does not keep to the compacted format: "
				"operating systems see neither it nor XSAVES");
}

/* --- moving it ------------------------------------------------------------------------------- */

static inline void save(enum xstate_method method, uint64_t components, uint8_t *area)
{
	uint32_t low = (uint32_t)components, high = (uint32_t)(components >> 32);

	if (likely(method == XSTATE_XSAVEOPT))
		__asm__ volatile("xsaveopt64 (%0)" : : "r"(area), "a"(low), "d"(high) : "memory");
	else if (method == XSTATE_XSAVE)
		__asm__ volatile("xsave64 (%0)" : : "r"(area), "a"(low), "d"(high) : "memory");
	else
		__asm__ volatile("fxsave64 (%0)" : : "r"(area) : "memory");
}

static inline void restore(enum xstate_method method, uint64_t components, const uint8_t *area)
{
	uint32_t low = (uint32_t)components, high = (uint32_t)(components >> 32);

	if (unlikely(method == XSTATE_FXSAVE))
		__asm__ volatile("fxrstor64 (%0)" : : "r"(area) : "memory");
	else
		__asm__ volatile("xrstor64 (%0)" : : "r"(area), "a"(low), "d"(high) : "memory");
}

static inline void set_xcr0(enum xstate_method method, struct vmx_percpu *percpu, uint64_t value)
{
	if (percpu->xcr0 == value || unlikely(method == XSTATE_FXSAVE))
		return;
	write_xcr0(value);
	percpu->xcr0 = value;
}

/* The components that a guest has switched off in its XCR0 still have contents, so the whole file
 * is moved under an XCR0 that has all of them. */
static inline void change_owner(struct cpu *cpu, struct vmx_percpu *percpu, struct vmx_vcpu *to)
{
	struct vcpu *owner = cpu->extended_state;
	/* Read once: each of the instructions may change memory, as far as the compiler knows. */
	enum xstate_method method = xstate_host_layout.method;
	uint64_t components = xstate_host_layout.components;

	set_xcr0(method, percpu, components);
	if (owner && xstate_is_legacy(vmx_of(owner)) && method != XSTATE_FXSAVE)
		xstate_save_legacy(vmx_of(owner)->xstate_area);
	else if (likely(owner))
		save(method, components, vmx_of(owner)->xstate_area);
	cpu->extended_state = to ? to->vcpu : NULL;
	if (to)
		restore(method, components, to->xstate_area);
}

void xstate_enter(struct vmx_vcpu *v)
{
	struct cpu *cpu = this_cpu();
	struct vmx_percpu *percpu = vmx_percpu_here();

	if (unlikely(cpu->extended_state != v->vcpu))
		change_owner(cpu, percpu, v);
	set_xcr0(xstate_host_layout.method, percpu, v->xcr0);
}

bool xstate_alike(const struct vmx_vcpu *from, const struct vmx_vcpu *to)
{
	if (xstate_host_layout.method != XSTATE_XSAVEOPT || from->xcr0 != to->xcr0)
		return false;
	return to->xcr0 == xstate_host_layout.components ||
	       (xstate_is_legacy(from) && xstate_is_legacy(to));
}

void xstate_evict(struct vmx_vcpu *v)
{
	struct cpu *cpu = this_cpu();
	struct vmx_percpu *percpu = vmx_this_percpu();

	if (cpu->extended_state != v->vcpu)
		return;
	change_owner(cpu, percpu, NULL);
	set_xcr0(xstate_host_layout.method, percpu, percpu->host_xcr0);
}

enum error vmx_vcpu_get_vector(struct vcpu *vcpu, unsigned reg, uint8_t *value)
{
	struct vmx_vcpu *v = vmx_of(vcpu);

	if (reg >= VCPU_ALL_VECTORS)
		return ERROR_INVALID_INPUT;
	xstate_evict(v);
	xstate_get_vector(&xstate_host_layout, v->xstate_area, reg, value);
	return ERROR_NONE;
}

enum error vmx_vcpu_set_vector(struct vcpu *vcpu, unsigned reg, const uint8_t *value, bool whole)
{
	struct vmx_vcpu *v = vmx_of(vcpu);

	if (reg >= VCPU_ALL_VECTORS)
		return ERROR_INVALID_INPUT;
	xstate_evict(v);
	v->xcr0_used = xstate_host_layout.components;
	resident_changed();
	xstate_set_vector(&xstate_host_layout, v->xstate_area, reg, value, whole);
	return ERROR_NONE;
}

void vmx_vcpu_get_fpu(struct vcpu *vcpu, uint8_t *image)
{
	struct vmx_vcpu *v = vmx_of(vcpu);

	xstate_evict(v);
	xstate_get_legacy(&xstate_host_layout, v->xstate_area, image);
}
