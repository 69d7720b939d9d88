/* Every field of the VMCS by the SDM's name, with its encoding. Width and kind are repeated in each
 * row and checked at compile time against the encoding's own bits, so that a mistyped encoding does
 * not build. SDM volume 3, appendix "Field Encoding in VMCS". */
#ifndef VMX_FIELDS_H
#define VMX_FIELDS_H

#include "lib/bits.h"

/* An encoding's parts. */
#define VMCS_ENCODING_HIGH     BIT(0) /* the upper half of a 64-bit field, for 32-bit code */
#define VMCS_ENCODING_INDEX    BITS(9, 1)
#define VMCS_ENCODING_TYPE     BITS(11, 10)
#define VMCS_ENCODING_WIDTH    BITS(14, 13)
#define VMCS_ENCODING_RESERVED (BIT(12) | BITS(31, 15))

enum vmcs_type { VMCS_TYPE_CONTROL, VMCS_TYPE_READ_ONLY, VMCS_TYPE_GUEST, VMCS_TYPE_HOST };
enum vmcs_width { VMCS_WIDTH_16, VMCS_WIDTH_64, VMCS_WIDTH_32, VMCS_WIDTH_NATURAL };

/* The lists' rows are X(symbol without VMCS_, encoding, width, type, the SDM's name). The name is for who looks
 * a field up: the log has the symbol. */

/* 16-bit control fields */
#define VMCS_LIST_16_CONTROL(X)                                                                 \
	X(VPID, 0x0000, 16, CONTROL, "virtual-processor identifier (VPID)")                     \
	X(POSTED_INTERRUPT_VECTOR, 0x0002, 16, CONTROL, "posted-interrupt notification vector") \
	X(EPTP_INDEX, 0x0004, 16, CONTROL, "EPTP index")                                        \
	X(HLAT_PREFIX_SIZE, 0x0006, 16, CONTROL, "HLAT prefix size")                            \
	X(LAST_PID_POINTER_INDEX, 0x0008, 16, CONTROL, "last PID-pointer index")

/* 16-bit guest-state fields */
#define VMCS_LIST_16_GUEST(X)                                                  \
	X(GUEST_ES_SELECTOR, 0x0800, 16, GUEST, "guest ES selector")           \
	X(GUEST_CS_SELECTOR, 0x0802, 16, GUEST, "guest CS selector")           \
	X(GUEST_SS_SELECTOR, 0x0804, 16, GUEST, "guest SS selector")           \
	X(GUEST_DS_SELECTOR, 0x0806, 16, GUEST, "guest DS selector")           \
	X(GUEST_FS_SELECTOR, 0x0808, 16, GUEST, "guest FS selector")           \
	X(GUEST_GS_SELECTOR, 0x080a, 16, GUEST, "guest GS selector")           \
	X(GUEST_LDTR_SELECTOR, 0x080c, 16, GUEST, "guest LDTR selector")       \
	X(GUEST_TR_SELECTOR, 0x080e, 16, GUEST, "guest TR selector")           \
	X(GUEST_INTERRUPT_STATUS, 0x0810, 16, GUEST, "guest interrupt status") \
	X(GUEST_PML_INDEX, 0x0812, 16, GUEST, "PML index")                     \
	X(GUEST_UINV, 0x0814, 16, GUEST, "guest UINV")

/* 16-bit host-state fields */
#define VMCS_LIST_16_HOST(X)                                      \
	X(HOST_ES_SELECTOR, 0x0c00, 16, HOST, "host ES selector") \
	X(HOST_CS_SELECTOR, 0x0c02, 16, HOST, "host CS selector") \
	X(HOST_SS_SELECTOR, 0x0c04, 16, HOST, "host SS selector") \
	X(HOST_DS_SELECTOR, 0x0c06, 16, HOST, "host DS selector") \
	X(HOST_FS_SELECTOR, 0x0c08, 16, HOST, "host FS selector") \
	X(HOST_GS_SELECTOR, 0x0c0a, 16, HOST, "host GS selector") \
	X(HOST_TR_SELECTOR, 0x0c0c, 16, HOST, "host TR selector")

/* 64-bit control fields */
#define VMCS_LIST_64_CONTROL(X)                                                                    \
	X(IO_BITMAP_A, 0x2000, 64, CONTROL, "address of I/O bitmap A")                             \
	X(IO_BITMAP_B, 0x2002, 64, CONTROL, "address of I/O bitmap B")                             \
	X(MSR_BITMAPS, 0x2004, 64, CONTROL, "address of MSR bitmaps")                              \
	X(EXIT_MSR_STORE_ADDRESS, 0x2006, 64, CONTROL, "VM-exit MSR-store address")                \
	X(EXIT_MSR_LOAD_ADDRESS, 0x2008, 64, CONTROL, "VM-exit MSR-load address")                  \
	X(ENTRY_MSR_LOAD_ADDRESS, 0x200a, 64, CONTROL, "VM-entry MSR-load address")                \
	X(EXECUTIVE_VMCS_POINTER, 0x200c, 64, CONTROL, "executive-VMCS pointer")                   \
	X(PML_ADDRESS, 0x200e, 64, CONTROL, "PML address")                                         \
	X(TSC_OFFSET, 0x2010, 64, CONTROL, "TSC offset")                                           \
	X(VIRTUAL_APIC_ADDRESS, 0x2012, 64, CONTROL, "virtual-APIC address")                       \
	X(APIC_ACCESS_ADDRESS, 0x2014, 64, CONTROL, "APIC-access address")                         \
	X(POSTED_INTERRUPT_DESCRIPTOR, 0x2016, 64, CONTROL, "posted-interrupt descriptor address") \
	X(VM_FUNCTION_CONTROLS, 0x2018, 64, CONTROL, "VM-function controls")                       \
	X(EPT_POINTER, 0x201a, 64, CONTROL, "EPT pointer")                                         \
	X(EOI_EXIT_BITMAP_0, 0x201c, 64, CONTROL, "EOI-exit bitmap 0")                             \
	X(EOI_EXIT_BITMAP_1, 0x201e, 64, CONTROL, "EOI-exit bitmap 1")                             \
	X(EOI_EXIT_BITMAP_2, 0x2020, 64, CONTROL, "EOI-exit bitmap 2")                             \
	X(EOI_EXIT_BITMAP_3, 0x2022, 64, CONTROL, "EOI-exit bitmap 3")                             \
	X(EPTP_LIST_ADDRESS, 0x2024, 64, CONTROL, "EPTP-list address")                             \
	X(VMREAD_BITMAP_ADDRESS, 0x2026, 64, CONTROL, "VMREAD-bitmap address")                     \
	X(VMWRITE_BITMAP_ADDRESS, 0x2028, 64, CONTROL, "VMWRITE-bitmap address")                   \
	X(VIRTUALIZATION_EXCEPTION_ADDRESS, 0x202a, 64, CONTROL,                                   \
	  "virtualization-exception information address")                                          \
	X(XSS_EXITING_BITMAP, 0x202c, 64, CONTROL, "XSS-exiting bitmap")                           \
	X(ENCLS_EXITING_BITMAP, 0x202e, 64, CONTROL, "ENCLS-exiting bitmap")                       \
	X(SUB_PAGE_PERMISSION_TABLE, 0x2030, 64, CONTROL, "sub-page-permission-table pointer")     \
	X(TSC_MULTIPLIER, 0x2032, 64, CONTROL, "TSC multiplier")                                   \
	X(TERTIARY_CONTROLS, 0x2034, 64, CONTROL,                                                  \
	  "tertiary processor-based VM-execution controls")                                        \
	X(ENCLV_EXITING_BITMAP, 0x2036, 64, CONTROL, "ENCLV-exiting bitmap")                       \
	X(LOW_PASID_DIRECTORY, 0x2038, 64, CONTROL, "low PASID directory address")                 \
	X(HIGH_PASID_DIRECTORY, 0x203a, 64, CONTROL, "high PASID directory address")               \
	X(SHARED_EPT_POINTER, 0x203c, 64, CONTROL, "shared EPT pointer")                           \
	X(PCONFIG_EXITING_BITMAP, 0x203e, 64, CONTROL, "PCONFIG-exiting bitmap")                   \
	X(HLAT_POINTER, 0x2040, 64, CONTROL,                                                       \
	  "hypervisor-managed linear-address translation pointer")                                 \
	X(PID_POINTER_TABLE, 0x2042, 64, CONTROL, "PID-pointer table address")                     \
	X(SECONDARY_EXIT_CONTROLS, 0x2044, 64, CONTROL, "secondary VM-exit controls")              \
	X(SPEC_CTRL_MASK, 0x204a, 64, CONTROL, "IA32_SPEC_CTRL mask")                              \
	X(SPEC_CTRL_SHADOW, 0x204c, 64, CONTROL, "IA32_SPEC_CTRL shadow")

/* 64-bit read-only data field */
#define VMCS_LIST_64_READ_ONLY(X) \
	X(GUEST_PHYSICAL_ADDRESS, 0x2400, 64, READ_ONLY, "guest-physical address")

/* 64-bit guest-state fields */
#define VMCS_LIST_64_GUEST(X)                                                       \
	X(LINK_POINTER, 0x2800, 64, GUEST, "VMCS link pointer")                     \
	X(GUEST_DEBUGCTL, 0x2802, 64, GUEST, "guest IA32_DEBUGCTL")                 \
	X(GUEST_PAT, 0x2804, 64, GUEST, "guest IA32_PAT")                           \
	X(GUEST_EFER, 0x2806, 64, GUEST, "guest IA32_EFER")                         \
	X(GUEST_PERF_GLOBAL_CTRL, 0x2808, 64, GUEST, "guest IA32_PERF_GLOBAL_CTRL") \
	X(GUEST_PDPTE0, 0x280a, 64, GUEST, "guest PDPTE0")                          \
	X(GUEST_PDPTE1, 0x280c, 64, GUEST, "guest PDPTE1")                          \
	X(GUEST_PDPTE2, 0x280e, 64, GUEST, "guest PDPTE2")                          \
	X(GUEST_PDPTE3, 0x2810, 64, GUEST, "guest PDPTE3")                          \
	X(GUEST_BNDCFGS, 0x2812, 64, GUEST, "guest IA32_BNDCFGS")                   \
	X(GUEST_RTIT_CTL, 0x2814, 64, GUEST, "guest IA32_RTIT_CTL")                 \
	X(GUEST_LBR_CTL, 0x2816, 64, GUEST, "guest IA32_LBR_CTL")                   \
	X(GUEST_PKRS, 0x2818, 64, GUEST, "guest IA32_PKRS")

/* 64-bit host-state fields */
#define VMCS_LIST_64_HOST(X)                                                     \
	X(HOST_PAT, 0x2c00, 64, HOST, "host IA32_PAT")                           \
	X(HOST_EFER, 0x2c02, 64, HOST, "host IA32_EFER")                         \
	X(HOST_PERF_GLOBAL_CTRL, 0x2c04, 64, HOST, "host IA32_PERF_GLOBAL_CTRL") \
	X(HOST_PKRS, 0x2c06, 64, HOST, "host IA32_PKRS")

/* 32-bit control fields */
#define VMCS_LIST_32_CONTROL(X)                                                                    \
	X(PIN_CONTROLS, 0x4000, 32, CONTROL, "pin-based VM-execution controls")                    \
	X(PRIMARY_CONTROLS, 0x4002, 32, CONTROL, "primary processor-based VM-execution controls")  \
	X(EXCEPTION_BITMAP, 0x4004, 32, CONTROL, "exception bitmap")                               \
	X(PAGE_FAULT_ERROR_MASK, 0x4006, 32, CONTROL, "page-fault error-code mask")                \
	X(PAGE_FAULT_ERROR_MATCH, 0x4008, 32, CONTROL, "page-fault error-code match")              \
	X(CR3_TARGET_COUNT, 0x400a, 32, CONTROL, "CR3-target count")                               \
	X(EXIT_CONTROLS, 0x400c, 32, CONTROL, "primary VM-exit controls")                          \
	X(EXIT_MSR_STORE_COUNT, 0x400e, 32, CONTROL, "VM-exit MSR-store count")                    \
	X(EXIT_MSR_LOAD_COUNT, 0x4010, 32, CONTROL, "VM-exit MSR-load count")                      \
	X(ENTRY_CONTROLS, 0x4012, 32, CONTROL, "VM-entry controls")                                \
	X(ENTRY_MSR_LOAD_COUNT, 0x4014, 32, CONTROL, "VM-entry MSR-load count")                    \
	X(ENTRY_INTERRUPTION_INFO, 0x4016, 32, CONTROL, "VM-entry interruption-information field") \
	X(ENTRY_EXCEPTION_ERROR_CODE, 0x4018, 32, CONTROL, "VM-entry exception error code")        \
	X(ENTRY_INSTRUCTION_LENGTH, 0x401a, 32, CONTROL, "VM-entry instruction length")            \
	X(TPR_THRESHOLD, 0x401c, 32, CONTROL, "TPR threshold")                                     \
	X(SECONDARY_CONTROLS, 0x401e, 32, CONTROL,                                                 \
	  "secondary processor-based VM-execution controls")                                       \
	X(PLE_GAP, 0x4020, 32, CONTROL, "PLE_Gap")                                                 \
	X(PLE_WINDOW, 0x4022, 32, CONTROL, "PLE_Window")                                           \
	X(INSTRUCTION_TIMEOUT, 0x4024, 32, CONTROL, "instruction-timeout control")

/* 32-bit read-only data fields */
#define VMCS_LIST_32_READ_ONLY(X)                                                                 \
	X(INSTRUCTION_ERROR, 0x4400, 32, READ_ONLY, "VM-instruction error")                       \
	X(EXIT_REASON, 0x4402, 32, READ_ONLY, "exit reason")                                      \
	X(EXIT_INTERRUPTION_INFO, 0x4404, 32, READ_ONLY, "VM-exit interruption information")      \
	X(EXIT_INTERRUPTION_ERROR_CODE, 0x4406, 32, READ_ONLY, "VM-exit interruption error code") \
	X(IDT_VECTORING_INFO, 0x4408, 32, READ_ONLY, "IDT-vectoring information field")           \
	X(IDT_VECTORING_ERROR_CODE, 0x440a, 32, READ_ONLY, "IDT-vectoring error code")            \
	X(EXIT_INSTRUCTION_LENGTH, 0x440c, 32, READ_ONLY, "VM-exit instruction length")           \
	X(EXIT_INSTRUCTION_INFO, 0x440e, 32, READ_ONLY, "VM-exit instruction information")

/* 32-bit guest-state fields */
#define VMCS_LIST_32_GUEST(X)                                                        \
	X(GUEST_ES_LIMIT, 0x4800, 32, GUEST, "guest ES limit")                       \
	X(GUEST_CS_LIMIT, 0x4802, 32, GUEST, "guest CS limit")                       \
	X(GUEST_SS_LIMIT, 0x4804, 32, GUEST, "guest SS limit")                       \
	X(GUEST_DS_LIMIT, 0x4806, 32, GUEST, "guest DS limit")                       \
	X(GUEST_FS_LIMIT, 0x4808, 32, GUEST, "guest FS limit")                       \
	X(GUEST_GS_LIMIT, 0x480a, 32, GUEST, "guest GS limit")                       \
	X(GUEST_LDTR_LIMIT, 0x480c, 32, GUEST, "guest LDTR limit")                   \
	X(GUEST_TR_LIMIT, 0x480e, 32, GUEST, "guest TR limit")                       \
	X(GUEST_GDTR_LIMIT, 0x4810, 32, GUEST, "guest GDTR limit")                   \
	X(GUEST_IDTR_LIMIT, 0x4812, 32, GUEST, "guest IDTR limit")                   \
	X(GUEST_ES_AR_BYTES, 0x4814, 32, GUEST, "guest ES access rights")            \
	X(GUEST_CS_AR_BYTES, 0x4816, 32, GUEST, "guest CS access rights")            \
	X(GUEST_SS_AR_BYTES, 0x4818, 32, GUEST, "guest SS access rights")            \
	X(GUEST_DS_AR_BYTES, 0x481a, 32, GUEST, "guest DS access rights")            \
	X(GUEST_FS_AR_BYTES, 0x481c, 32, GUEST, "guest FS access rights")            \
	X(GUEST_GS_AR_BYTES, 0x481e, 32, GUEST, "guest GS access rights")            \
	X(GUEST_LDTR_AR_BYTES, 0x4820, 32, GUEST, "guest LDTR access rights")        \
	X(GUEST_TR_AR_BYTES, 0x4822, 32, GUEST, "guest TR access rights")            \
	X(GUEST_INTERRUPTIBILITY, 0x4824, 32, GUEST, "guest interruptibility state") \
	X(GUEST_ACTIVITY, 0x4826, 32, GUEST, "guest activity state")                 \
	X(GUEST_SMBASE, 0x4828, 32, GUEST, "guest SMBASE")                           \
	X(GUEST_SYSENTER_CS, 0x482a, 32, GUEST, "guest IA32_SYSENTER_CS")            \
	X(GUEST_PREEMPTION_TIMER, 0x482e, 32, GUEST, "VMX-preemption timer value")

/* 32-bit host-state field */
#define VMCS_LIST_32_HOST(X) X(HOST_SYSENTER_CS, 0x4c00, 32, HOST, "host IA32_SYSENTER_CS")

/* Natural-width control fields */
#define VMCS_LIST_NATURAL_CONTROL(X)                                   \
	X(CR0_MASK, 0x6000, NATURAL, CONTROL, "CR0 guest/host mask")   \
	X(CR4_MASK, 0x6002, NATURAL, CONTROL, "CR4 guest/host mask")   \
	X(CR0_SHADOW, 0x6004, NATURAL, CONTROL, "CR0 read shadow")     \
	X(CR4_SHADOW, 0x6006, NATURAL, CONTROL, "CR4 read shadow")     \
	X(CR3_TARGET0, 0x6008, NATURAL, CONTROL, "CR3-target value 0") \
	X(CR3_TARGET1, 0x600a, NATURAL, CONTROL, "CR3-target value 1") \
	X(CR3_TARGET2, 0x600c, NATURAL, CONTROL, "CR3-target value 2") \
	X(CR3_TARGET3, 0x600e, NATURAL, CONTROL, "CR3-target value 3")

/* Natural-width read-only data fields */
#define VMCS_LIST_NATURAL_READ_ONLY(X)                                          \
	X(EXIT_QUALIFICATION, 0x6400, NATURAL, READ_ONLY, "exit qualification") \
	X(IO_RCX, 0x6402, NATURAL, READ_ONLY, "I/O RCX")                        \
	X(IO_RSI, 0x6404, NATURAL, READ_ONLY, "I/O RSI")                        \
	X(IO_RDI, 0x6406, NATURAL, READ_ONLY, "I/O RDI")                        \
	X(IO_RIP, 0x6408, NATURAL, READ_ONLY, "I/O RIP")                        \
	X(GUEST_LINEAR_ADDRESS, 0x640a, NATURAL, READ_ONLY, "guest-linear address")

/* Natural-width guest-state fields */
#define VMCS_LIST_NATURAL_GUEST(X)                                                       \
	X(GUEST_CR0, 0x6800, NATURAL, GUEST, "guest CR0")                                \
	X(GUEST_CR3, 0x6802, NATURAL, GUEST, "guest CR3")                                \
	X(GUEST_CR4, 0x6804, NATURAL, GUEST, "guest CR4")                                \
	X(GUEST_ES_BASE, 0x6806, NATURAL, GUEST, "guest ES base")                        \
	X(GUEST_CS_BASE, 0x6808, NATURAL, GUEST, "guest CS base")                        \
	X(GUEST_SS_BASE, 0x680a, NATURAL, GUEST, "guest SS base")                        \
	X(GUEST_DS_BASE, 0x680c, NATURAL, GUEST, "guest DS base")                        \
	X(GUEST_FS_BASE, 0x680e, NATURAL, GUEST, "guest FS base")                        \
	X(GUEST_GS_BASE, 0x6810, NATURAL, GUEST, "guest GS base")                        \
	X(GUEST_LDTR_BASE, 0x6812, NATURAL, GUEST, "guest LDTR base")                    \
	X(GUEST_TR_BASE, 0x6814, NATURAL, GUEST, "guest TR base")                        \
	X(GUEST_GDTR_BASE, 0x6816, NATURAL, GUEST, "guest GDTR base")                    \
	X(GUEST_IDTR_BASE, 0x6818, NATURAL, GUEST, "guest IDTR base")                    \
	X(GUEST_DR7, 0x681a, NATURAL, GUEST, "guest DR7")                                \
	X(GUEST_RSP, 0x681c, NATURAL, GUEST, "guest RSP")                                \
	X(GUEST_RIP, 0x681e, NATURAL, GUEST, "guest RIP")                                \
	X(GUEST_RFLAGS, 0x6820, NATURAL, GUEST, "guest RFLAGS")                          \
	X(GUEST_PENDING_DEBUG, 0x6822, NATURAL, GUEST, "guest pending debug exceptions") \
	X(GUEST_SYSENTER_ESP, 0x6824, NATURAL, GUEST, "guest IA32_SYSENTER_ESP")         \
	X(GUEST_SYSENTER_EIP, 0x6826, NATURAL, GUEST, "guest IA32_SYSENTER_EIP")         \
	X(GUEST_S_CET, 0x6828, NATURAL, GUEST, "guest IA32_S_CET")                       \
	X(GUEST_SSP, 0x682a, NATURAL, GUEST, "guest SSP")                                \
	X(GUEST_INTERRUPT_SSP_TABLE, 0x682c, NATURAL, GUEST, "guest IA32_INTERRUPT_SSP_TABLE_ADDR")

/* Natural-width host-state fields */
#define VMCS_LIST_NATURAL_HOST(X)                                             \
	X(HOST_CR0, 0x6c00, NATURAL, HOST, "host CR0")                        \
	X(HOST_CR3, 0x6c02, NATURAL, HOST, "host CR3")                        \
	X(HOST_CR4, 0x6c04, NATURAL, HOST, "host CR4")                        \
	X(HOST_FS_BASE, 0x6c06, NATURAL, HOST, "host FS base")                \
	X(HOST_GS_BASE, 0x6c08, NATURAL, HOST, "host GS base")                \
	X(HOST_TR_BASE, 0x6c0a, NATURAL, HOST, "host TR base")                \
	X(HOST_GDTR_BASE, 0x6c0c, NATURAL, HOST, "host GDTR base")            \
	X(HOST_IDTR_BASE, 0x6c0e, NATURAL, HOST, "host IDTR base")            \
	X(HOST_SYSENTER_ESP, 0x6c10, NATURAL, HOST, "host IA32_SYSENTER_ESP") \
	X(HOST_SYSENTER_EIP, 0x6c12, NATURAL, HOST, "host IA32_SYSENTER_EIP") \
	X(HOST_RSP, 0x6c14, NATURAL, HOST, "host RSP")                        \
	X(HOST_RIP, 0x6c16, NATURAL, HOST, "host RIP")                        \
	X(HOST_S_CET, 0x6c18, NATURAL, HOST, "host IA32_S_CET")               \
	X(HOST_SSP, 0x6c1a, NATURAL, HOST, "host SSP")                        \
	X(HOST_INTERRUPT_SSP_TABLE, 0x6c1c, NATURAL, HOST, "host IA32_INTERRUPT_SSP_TABLE_ADDR")

#define VMCS_FIELD_LIST(X)             \
	VMCS_LIST_16_CONTROL(X)        \
	VMCS_LIST_16_GUEST(X)          \
	VMCS_LIST_16_HOST(X)           \
	VMCS_LIST_64_CONTROL(X)        \
	VMCS_LIST_64_READ_ONLY(X)      \
	VMCS_LIST_64_GUEST(X)          \
	VMCS_LIST_64_HOST(X)           \
	VMCS_LIST_32_CONTROL(X)        \
	VMCS_LIST_32_READ_ONLY(X)      \
	VMCS_LIST_32_GUEST(X)          \
	VMCS_LIST_32_HOST(X)           \
	VMCS_LIST_NATURAL_CONTROL(X)   \
	VMCS_LIST_NATURAL_READ_ONLY(X) \
	VMCS_LIST_NATURAL_GUEST(X)     \
	VMCS_LIST_NATURAL_HOST(X)

enum vmcs_field {
#define X(symbol, encoding, width, type, name) VMCS_##symbol = (encoding),
	VMCS_FIELD_LIST(X)
#undef X
};

#define X(symbol, encoding, width, type, name)                                                   \
	_Static_assert(((encoding) & (VMCS_ENCODING_RESERVED | VMCS_ENCODING_HIGH)) == 0 &&      \
			       (((encoding)&VMCS_ENCODING_WIDTH) >> 13) == VMCS_WIDTH_##width && \
			       (((encoding)&VMCS_ENCODING_TYPE) >> 10) == VMCS_TYPE_##type,      \
		       #symbol " disagrees with its encoding");
VMCS_FIELD_LIST(X)
#undef X

/* The segment fields follow each other in this order, two encodings apart. */
enum vmcs_segment {
	SEGMENT_ES,
	SEGMENT_CS,
	SEGMENT_SS,
	SEGMENT_DS,
	SEGMENT_FS,
	SEGMENT_GS,
	SEGMENT_LDTR,
	SEGMENT_TR,
	SEGMENT_COUNT
};

#define VMCS_GUEST_SELECTOR(segment) (VMCS_GUEST_ES_SELECTOR + 2 * (segment))
#define VMCS_GUEST_BASE(segment)     (VMCS_GUEST_ES_BASE + 2 * (segment))
#define VMCS_GUEST_LIMIT(segment)    (VMCS_GUEST_ES_LIMIT + 2 * (segment))
#define VMCS_GUEST_RIGHTS(segment)   (VMCS_GUEST_ES_AR_BYTES + 2 * (segment))
_Static_assert(VMCS_GUEST_SELECTOR(SEGMENT_TR) == VMCS_GUEST_TR_SELECTOR &&
		       VMCS_GUEST_BASE(SEGMENT_TR) == VMCS_GUEST_TR_BASE &&
		       VMCS_GUEST_LIMIT(SEGMENT_TR) == VMCS_GUEST_TR_LIMIT &&
		       VMCS_GUEST_RIGHTS(SEGMENT_TR) == VMCS_GUEST_TR_AR_BYTES,
	       "segment fields in order");

static inline enum vmcs_type vmcs_field_type(enum vmcs_field field)
{
	return (enum vmcs_type)field_get(field, VMCS_ENCODING_TYPE);
}

static inline enum vmcs_width vmcs_field_width(enum vmcs_field field)
{
	return (enum vmcs_width)field_get(field, VMCS_ENCODING_WIDTH);
}

/* Bits that the field holds: 16, 32 or 64. */
unsigned vmcs_field_bits(enum vmcs_field field);

/* The symbol without its prefix ("GUEST_RFLAGS"), for the log; "UNKNOWN_FIELD" for an encoding that is not
 * listed. */
const char *vmcs_field_symbol(uint32_t encoding);

/* All fields in list order, for whoever walks them (a dump, a test). */
extern const uint16_t vmcs_fields[]; /* enum vmcs_field */
extern const unsigned vmcs_field_count;

#endif
