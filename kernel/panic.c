/* Panics: stop everybody else, say everything that is known, end the run. */
#include "kernel/panic.h"

#include <stdarg.h>

#include "kernel/backtrace.h"
#include "kernel/cpu.h"
#include "kernel/lapic.h"
#include "kernel/output/log.h"
#include "kernel/machine_end.h"
#include "kernel/panic_report.h"
#include "kernel/recorder.h"
#include "kernel/output/tap.h"
#include "kernel/time.h"
#include "lib/format.h"
#include "x86/exception.h"
#include "x86/instructions.h"

/* For the other CPUs to stop: one that does not is named, and the story is told all the same. */
#define STOP_TIMEOUT_US 1000000

/* The CPU that panicked first, + 1; atomic. Others that panic meanwhile just stop. */
static uint32_t owner;

bool panic_stopping(void)
{
	return __atomic_load_n(&owner, __ATOMIC_ACQUIRE) != 0;
}

bool panic_is_here(void)
{
	return __atomic_load_n(&owner, __ATOMIC_ACQUIRE) == this_cpu()->index + 1;
}

void panic_stop_this_cpu(void)
{
	__atomic_store_n(&this_cpu()->stopped, true, __ATOMIC_RELEASE);
	for (;;)
		__asm__ volatile("cli; hlt");
}

static bool is_still_running(const struct cpu *cpu)
{
	return cpu != this_cpu() && __atomic_load_n(&cpu->state, __ATOMIC_ACQUIRE) == CPU_ONLINE &&
	       !__atomic_load_n(&cpu->stopped, __ATOMIC_ACQUIRE);
}

static bool others_run(void)
{
	for (unsigned i = 0; i < cpu_count(); i++) {
		if (is_still_running(cpu_by_index(i)))
			return true;
	}
	return false;
}

/* Only CPUs that Plinth started: an NMI to one that firmware has parked may reset the machine. */
static void stop_others(void)
{
	for (unsigned i = 0; i < cpu_count(); i++) {
		if (is_still_running(cpu_by_index(i)))
			(void)lapic_send(cpu_by_index(i)->apic_id, DELIVER_NMI, 0);
	}
	struct deadline end = deadline_in_us(STOP_TIMEOUT_US);
	while (others_run() && !deadline_passed(&end))
		cpu_relax();
}

static void name_who_runs_on(void)
{
	for (unsigned i = 0; i < cpu_count(); i++) {
		if (is_still_running(cpu_by_index(i)))
			log_error("panic", "CPU %u did not stop for the panic", i);
	}
}

static void begin(void)
{
	struct cpu *cpu = this_cpu();
	uint32_t nobody = 0;

	interrupts_disable();
	if (cpu->in_panic) { /* the panic itself failed: one sentence and out */
		log_error("panic", "a panic within the panic");
		tap_print_verdict(VERDICT_FAIL, "a panic within a panic");
		machine_end(VERDICT_FAIL);
	}
	if (!__atomic_compare_exchange_n(&owner, &nobody, cpu->index + 1, false, __ATOMIC_ACQ_REL,
					 __ATOMIC_ACQUIRE))
		panic_stop_this_cpu();
	const struct recorder_event event = { .kind = RECORD_PANIC };
	cpu->in_panic = true;
	(void)recorder_note(&event);
	stop_others();
	name_who_runs_on();
}

static void (*tell_history)(void); /* atomic */

void panic_set_history(void (*tell)(void))
{
	__atomic_store_n(&tell_history, tell, __ATOMIC_RELEASE);
}

static void end(const char *sentence) noreturn_fn;

static void end(const char *sentence)
{
	struct cpu *cpu = this_cpu();

	if (cpu->current.vcpu && cpu->current.describe)
		cpu->current.describe(cpu);
	if (tell_history)
		tell_history();
	tap_print_verdict(VERDICT_FAIL, sentence);
	machine_end(VERDICT_FAIL);
}

static void print_control_registers(void)
{
	log_error("panic", "cr0=0x%lx cr2=0x%lx cr3=0x%lx cr4=0x%lx", read_cr0(), read_cr2(),
		  read_cr3(), read_cr4());
}

void panic(const char *format, ...)
{
	char text[160];
	va_list args;

	va_start(args, format);
	format_string_va(text, sizeof(text), format, args);
	va_end(args);

	begin();
	log_error("panic", "%s", text);
	print_control_registers();
	/* From the caller on: this frame holds the caller's frame pointer. */
	backtrace_print_callers((uintptr_t)__builtin_return_address(0),
				*(const uintptr_t *)__builtin_frame_address(0));
	end(text);
}

/* SDM volume 3, "Page-Fault Exceptions": the bits of the error code. */
enum page_fault_error { FAULT_PRESENT = 1, FAULT_WRITE = 2, FAULT_RESERVED = 8, FAULT_FETCH = 16 };

static void explain_page_fault(uint64_t error_code)
{
	const char *access = error_code & FAULT_FETCH   ? "instruction fetch from"
			     : error_code & FAULT_WRITE ? "write to"
							: "read of";
	const char *page = error_code & FAULT_RESERVED  ? "a page whose entry has reserved bits set"
			   : error_code & FAULT_PRESENT ? "a page that forbids it"
							: "a page that is not mapped";

	log_error("panic", "%s %s address=0x%lx", access, page, read_cr2());
}

void panic_on_trap(const struct trap_frame *f)
{
	char text[160];

	begin();
	format_string(text, sizeof(text), "exception %s in Plinth at rip=0x%lx error=0x%lx",
		      exception_name(f->vector), f->rip, f->error_code);
	log_error("panic", "%s", text);
	if (f->vector == EXCEPTION_PAGE_FAULT)
		explain_page_fault(f->error_code);
	log_error("panic",
		  "rax=0x%lx rbx=0x%lx rcx=0x%lx rdx=0x%lx rsi=0x%lx rdi=0x%lx rbp=0x%lx rsp=0x%lx",
		  f->rax, f->rbx, f->rcx, f->rdx, f->rsi, f->rdi, f->rbp, f->rsp);
	log_error("panic",
		  "r8=0x%lx r9=0x%lx r10=0x%lx r11=0x%lx r12=0x%lx r13=0x%lx r14=0x%lx r15=0x%lx",
		  f->r8, f->r9, f->r10, f->r11, f->r12, f->r13, f->r14, f->r15);
	log_error("panic", "rflags=0x%lx cs=0x%lx ss=0x%lx", f->rflags, f->cs, f->ss);
	print_control_registers();
	if (f->vector == EXCEPTION_PAGE_FAULT && f->error_code & FAULT_FETCH)
		backtrace_print_called(f->rip, f->rsp, f->rbp);
	else
		backtrace_print(f->rip, f->rbp);
	end(text);
}

void assert_failed(const char *expression, const char *file, int line)
{
	panic("assertion failed: %s at %s:%d", expression, file, line);
}
