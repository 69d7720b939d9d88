/* Stands between the machine above and the backend, and breaks. */
#include "vm/provoke.h"

#include "kernel/panic.h"
#include "lib/string.h"
#include "vm/virt_ops.h"
#include "vm/vm.h"

#define EXITS_BEFORE 2

static const struct virt_ops *real;
static struct virt_ops broken;

static enum error run_and_break(struct vcpu **vcpu, struct vcpu_exit *exit)
{
	enum error error = real->run(vcpu, exit);

	if (vcpu_exits(*vcpu) > EXITS_BEFORE)
		panic("asked for by provoke=%s", PROVOKE_IN_GUEST);
	return error;
}

void provoke_in_guest(const char *name)
{
	if (strcmp(name, PROVOKE_IN_GUEST))
		return;
	real = virt;
	broken = *virt;
	broken.run = run_and_break;
	virt = &broken;
}
