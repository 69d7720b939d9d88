/* The formats of exit qualifications and of instruction information, one function each for
 * exit_decode() (vmx/exit/exit_decode.h), and the masks of those that handlers take apart themselves.
 * Pure. The functions fill the member of the union that the exit's kind names, and may change the
 * kind. SDM volume 3, "Exit Qualification" and "Information for VM Exits Due to Instruction
 * Execution". */
#ifndef VMX_EXIT_EXIT_QUALIFICATION_H
#define VMX_EXIT_EXIT_QUALIFICATION_H

#include "lib/bits.h"
#include "vm/vcpu/vcpu_exit.h"
#include "vmx/exit/exit_decode.h"

/* Table "Exit Qualification for Control-Register Accesses". */
#define CR_NUMBER      BITS(3, 0)
#define CR_ACCESS      BITS(5, 4)
#define CR_GPR         BITS(11, 8)
#define CR_LMSW_SOURCE BITS(31, 16)

enum cr_access { CR_MOV_TO, CR_MOV_FROM, CR_CLTS, CR_LMSW };

/* Table "Exit Qualification for MOV DR". */
#define DR_NUMBER BITS(2, 0)
#define DR_READ   BIT(4)
#define DR_GPR    BITS(11, 8)

/* Table "Exit Qualification for I/O Instructions". */
#define IO_SIZE      BITS(2, 0)
#define IO_IN        BIT(3)
#define IO_STRING    BIT(4)
#define IO_REPEAT    BIT(5)
#define IO_IMMEDIATE BIT(6)
#define IO_PORT      BITS(31, 16)

/* Table "... Instruction-Information Field as Used for RDRAND, RDSEED, TPAUSE, and UMWAIT". */
#define RANDOM_GPR   BITS(6, 3)
#define RANDOM_WIDTH BITS(12, 11)

/* Table "Exit Qualification for EPT Violations". Bits 2:0 and 5:3 are in the order of enum access. */
#define VIOLATION_ACCESS         BITS(2, 0)
#define VIOLATION_ALLOWED        BITS(5, 3)
#define VIOLATION_LINEAR_VALID   BIT(7)
#define VIOLATION_NOT_WALK       BIT(8)
#define VIOLATION_NMI_UNBLOCKING BIT(12)

void exit_decode_exception(const struct exit_snapshot *s, struct vcpu_exit *exit);
void exit_decode_interrupt(const struct exit_snapshot *s, struct vcpu_exit *exit);
void exit_decode_sipi(const struct exit_snapshot *s, struct vcpu_exit *exit);
void exit_decode_task_switch(const struct exit_snapshot *s, struct vcpu_exit *exit);
void exit_decode_cr(const struct exit_snapshot *s, struct vcpu_exit *exit);
void exit_decode_dr(const struct exit_snapshot *s, struct vcpu_exit *exit);
void exit_decode_io(const struct exit_snapshot *s, struct vcpu_exit *exit);
void exit_decode_cpuid(const struct exit_snapshot *s, struct vcpu_exit *exit);
void exit_decode_rdmsr(const struct exit_snapshot *s, struct vcpu_exit *exit);
void exit_decode_wrmsr(const struct exit_snapshot *s, struct vcpu_exit *exit);
void exit_decode_xsetbv(const struct exit_snapshot *s, struct vcpu_exit *exit);
void exit_decode_invlpg(const struct exit_snapshot *s, struct vcpu_exit *exit);
void exit_decode_random(const struct exit_snapshot *s, struct vcpu_exit *exit);
void exit_decode_descriptor_table(const struct exit_snapshot *s, struct vcpu_exit *exit);
void exit_decode_nested_fault(const struct exit_snapshot *s, struct vcpu_exit *exit);
void exit_decode_misconfiguration(const struct exit_snapshot *s, struct vcpu_exit *exit);
void exit_decode_entry_failure(const struct exit_snapshot *s, struct vcpu_exit *exit);

#endif
