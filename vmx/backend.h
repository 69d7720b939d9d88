/* The functions behind the Intel backend's struct virt_ops; their contracts are those of
 * vm/virt_ops.h. */
#ifndef VMX_BACKEND_H
#define VMX_BACKEND_H

#include "lib/error.h"
#include "lib/types.h"
#include "vm/virt_ops.h"

/* Chosen by main.c on an Intel CPU. */
extern const struct virt_ops vmx_virt_ops;

/* vmx/vcpu/vcpu.c */
void vmx_vcpu_init(void); /* once, on the bootstrap processor */
size_t vmx_vcpu_size(void);
enum error vmx_vcpu_create(struct vcpu *vcpu, struct reason *why) must_check;
enum error vmx_vcpu_bind(struct vcpu *vcpu, struct reason *why) must_check;
enum error vmx_vcpu_unbind(struct vcpu *vcpu, struct reason *why) must_check;
void vmx_vcpu_destroy(struct vcpu *vcpu);

/* vmx/vcpu/setup.c */
enum error vmx_vcpu_setup(struct vcpu *vcpu, const struct vcpu_config *config,
			  struct reason *why) must_check;

/* vmx/vcpu/start_state.c */
enum error vmx_vcpu_init_reset(struct vcpu *vcpu, struct reason *why) must_check;
enum error vmx_vcpu_start_up(struct vcpu *vcpu, uint8_t sipi_vector, struct reason *why) must_check;

/* vmx/vcpu/registers.c */
enum error vmx_vcpu_get_register(struct vcpu *vcpu, enum vcpu_register reg,
				 uint64_t *value) must_check;
enum error vmx_vcpu_set_register(struct vcpu *vcpu, enum vcpu_register reg,
				 uint64_t value) must_check;

/* vmx/vcpu/run.c */
enum error vmx_vcpu_run(struct vcpu **vcpu, struct vcpu_exit *exit) must_check;
void vmx_vcpu_skip_instruction(struct vcpu *vcpu);
void vmx_vcpu_finish_instruction(struct vcpu *vcpu, uint32_t length);

#endif
