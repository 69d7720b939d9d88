/* A vCPU's registers, as the backend gives and takes them. */
#include "vm/vcpu/vcpu_call.h"
#include "vm/virt_ops.h"

enum error vcpu_get_register(struct vcpu *vcpu, enum vcpu_register reg, uint64_t *value)
{
	struct reason why;
	enum error error = vcpu_call_allowed_here(vcpu, CALL_GET_REGISTER);

	if (error)
		return error;
	error = virt->get_register(vcpu, reg, value);
	if (error) {
		reason_set(&why, error, "register %s", vcpu_register_name(reg));
		return vcpu_call_failed(vcpu, "get_register", &why);
	}
	return ERROR_NONE;
}

enum error vcpu_set_register(struct vcpu *vcpu, enum vcpu_register reg, uint64_t value)
{
	struct reason why;
	enum error error = vcpu_call_allowed_here(vcpu, CALL_SET_REGISTER);

	if (error)
		return error;
	error = virt->set_register(vcpu, reg, value);
	if (error) {
		reason_set(&why, error, "register %s value=0x%lx", vcpu_register_name(reg), value);
		return vcpu_call_failed(vcpu, "set_register", &why);
	}
	return ERROR_NONE;
}

enum error vcpu_get_vector(struct vcpu *vcpu, unsigned reg, uint8_t *value)
{
	struct reason why;
	enum error error = vcpu_call_allowed_here(vcpu, CALL_GET_REGISTER);

	if (error)
		return error;
	error = virt->get_vector(vcpu, reg, value);
	if (error) {
		reason_set(&why, error, "vector register %u", reg);
		return vcpu_call_failed(vcpu, "get_vector", &why);
	}
	return ERROR_NONE;
}

enum error vcpu_set_vector(struct vcpu *vcpu, unsigned reg, const uint8_t *value, bool whole)
{
	struct reason why;
	enum error error = vcpu_call_allowed_here(vcpu, CALL_SET_REGISTER);

	if (error)
		return error;
	error = virt->set_vector(vcpu, reg, value, whole);
	if (error) {
		reason_set(&why, error, "vector register %u", reg);
		return vcpu_call_failed(vcpu, "set_vector", &why);
	}
	return ERROR_NONE;
}

enum error vcpu_get_fpu(struct vcpu *vcpu, uint8_t *image)
{
	enum error error = vcpu_call_allowed_here(vcpu, CALL_GET_REGISTER);

	if (!error)
		virt->get_fpu(vcpu, image);
	return error;
}
