/* The numbers of segment registers, as instructions have them. */
#ifndef VM_EMULATE_SEGMENT_REGISTER_H
#define VM_EMULATE_SEGMENT_REGISTER_H

enum segment_register {
	SEGMENT_ES,
	SEGMENT_CS,
	SEGMENT_SS,
	SEGMENT_DS,
	SEGMENT_FS,
	SEGMENT_GS,
	SEGMENT_COUNT
};

#endif
