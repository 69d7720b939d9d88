/* Plinth's own command line, parsed once at boot. Pure: see command_line.c for the keys. */
#ifndef KERNEL_COMMAND_LINE_H
#define KERNEL_COMMAND_LINE_H

#include "lib/error.h"
#include "lib/types.h"

/* Each in the order in which command_line.c says what its key wants. */
enum exits_mode {
	EXITS_TESTS,   /* a line for every exit of an embedded test guest; others as with summary */
	EXITS_ALL,     /* a line for every exit of every guest */
	EXITS_SUMMARY, /* one line of counts per guest when it ends */
	EXITS_OFF,
};

enum end_mode {
	END_AUTO, /* an emulator's exit port where one is recognised, else halt */
	END_HALT,
	END_POWEROFF,
	END_REBOOT,
};

/* Statistics when a VM ends, and when the run does. */
enum stats_mode {
	STATS_OFF,
	STATS_TABLE,
	STATS_LINES,
	STATS_BOTH = STATS_TABLE | STATS_LINES,
	STATS_AUTO, /* without a word: a table for VMs from modules, nothing for test guests */
};

/* The mode of the local APICs. */
enum apic_mode {
	APIC_AUTO, /* x2APIC where the CPUs have it */
	APIC_XAPIC,
	APIC_X2APIC,
};

/* How much Plinth tests of itself at boot. */
enum selftest_mode {
	SELFTEST_BOOT,
	SELFTEST_FULL,     /* what is repeated, more often: kernel/selftest.h */
	SELFTEST_NEGATIVE, /* also break each rule of VM entry */
};

/* What hardware may do with the local APICs of guests. */
enum apicv_mode {
	APICV_ON, /* all that it does right */
	APICV_OFF,
	APICV_FORCE, /* all that it claims to do */
};

struct command_line {
	enum exits_mode exits; /* exits=tests|all|summary|off; default tests */
	enum end_mode end;     /* end=auto|halt|poweroff|reboot; default auto */
	unsigned log_level;    /* log=debug|info|warn|error; enum log_level; default info */
	unsigned cpus;         /* cpus=N, 1..512: use at most N CPUs; 0: all */
	bool vpid;             /* vpid=on|off; default on */
	enum apicv_mode apicv; /* apicv=on|off|force; default on */
	bool preflight;        /* preflight=on|off: check every VM entry beforehand; default off */
	enum selftest_mode selftest; /* selftest=boot|full|negative; default boot */
	bool large_pages;            /* pages=large|small: largest that fits, or 4 KiB only */
	bool preemption_timer;       /* timer=preemption|apic: what ends a time slice */
	unsigned slice_us;           /* slice=MICROSECONDS, 100..1000000; default 1000 */
	enum apic_mode apic;         /* apic=auto|xapic|x2apic; default auto */
	unsigned
		phantom_cpu; /* phantom-cpu=APICID, 1..254: list a CPU that is not there; 0: none */
	enum stats_mode stats; /* stats=off|table|lines|both; without it, see STATS_AUTO */
	bool recorder_dump;    /* recorder=on|dump: dump all of it at the end; default on */
	bool shell;            /* shell=on|off: read the serial port, end at `quit`; default off */
	bool bench;            /* bench=1|0: measure what exits cost (guest/bench/); default 0 */
	char provoke[24];      /* provoke=NAME: fail in this way after boot (kernel/provoke.c) */
	char gdb[40];          /* gdb=VM: held for a debugger on COM2; "": none */
	char tests[256];       /* tests=NAME[,NAME...]: only these; a trailing * matches any rest */
};

/* Fills `out` with defaults, then applies `text`: keys separated by blanks. An unknown key or bad
 * value is reported through `complain(context, sentence)` by name and left out; the rest counts. */
void command_line_parse(struct command_line *out, const char *text,
			void (*complain)(void *context, const char *sentence), void *context);

/* Copies the first item of a tests= list to `item` (cut at `size`), and returns the rest of the list;
 * null when the list is empty. */
const char *command_line_next_item(const char *list, char *item, size_t size);

/* True when `name` is selected by a tests= list ("" selects all). */
bool command_line_selects(const char *list, const char *name);

/* The one in force; constant after boot. */
extern struct command_line command_line;

#endif
