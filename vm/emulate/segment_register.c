/* The vCPU has them in another order than instructions. */
#include "vm/emulate/segment_register.h"

enum vcpu_register segment_selector_register(enum segment_register segment)
{
	static const uint8_t selectors[SEGMENT_COUNT] = {
		VCPU_ES_SELECTOR, VCPU_CS_SELECTOR, VCPU_SS_SELECTOR,
		VCPU_DS_SELECTOR, VCPU_FS_SELECTOR, VCPU_GS_SELECTOR,
	};

	return (enum vcpu_register)selectors[segment];
}
