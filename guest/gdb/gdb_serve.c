/* What each packet asks for. */
#include "guest/gdb/gdb_serve.h"

#include "guest/gdb/gdb_registers.h"
#include "lib/bits.h"
#include "lib/format.h"
#include "lib/string.h"

#define DESCRIPTION_MAX 128

static const char features[] =
	"PacketSize=%x;QStartNoAckMode+;qXfer:features:read+;swbreak+;hwbreak+;"
	"vContSupported+";

static bool exists(const struct gdb_session *s, int thread)
{
	return thread > 0 && (unsigned)thread <= s->vcpus &&
	       s->target->exists((unsigned)thread - 1);
}

/* --- threads --------------------------------------------------------------------------------- */

static void choose(struct gdb_session *s, const struct gdb_command *command)
{
	bool named = command->thread != GDB_THREAD_ALL && command->thread != GDB_THREAD_ANY;
	bool good = !named || exists(s, command->thread);

	if (good && command->kind == GDB_CHOOSE_RUNNER)
		s->runner = named ? command->thread - 1 : -1;
	else if (good && named)
		s->general = (unsigned)command->thread - 1;
	gdb_answer_ok(s, good);
}

static void list_threads(struct gdb_session *s)
{
	char before = 'm';

	for (unsigned i = 0; i < s->vcpus; i++) {
		if (!exists(s, (int)i + 1))
			continue;
		gdb_answer_format(&s->answer, "%c%x", before, i + 1);
		before = ',';
	}
	if (before == 'm')
		gdb_answer_format(&s->answer, "l");
}

static void describe_thread(struct gdb_session *s, const struct gdb_command *command)
{
	char text[DESCRIPTION_MAX] = "";

	if (!exists(s, command->thread)) {
		gdb_answer_ok(s, false);
		return;
	}
	s->target->describe((unsigned)command->thread - 1, text, sizeof(text));
	gdb_answer_hex(&s->answer, text, strlen(text));
}

/* --- running --------------------------------------------------------------------------------- */

static void run(struct gdb_session *s, const enum gdb_action *actions)
{
	s->running = s->report = true;
	s->target->resume(actions);
}

/* Is there a vCPU for which something is to be done? Else nothing would ever stop. */
static bool any_runs(const struct gdb_session *s, const enum gdb_action *actions)
{
	for (unsigned i = 0; i < s->vcpus; i++)
		if ((actions[i] == GDB_ACTION_CONTINUE || actions[i] == GDB_ACTION_STEP) &&
		    exists(s, (int)i + 1))
			return true;
	return false;
}

/* True when it runs, and the answer is the next stop. */
static bool resume(struct gdb_session *s, const struct gdb_command *command)
{
	enum gdb_action actions[GDB_VCPUS_MAX];

	if (gdb_parse_actions(command->data, command->data_length, actions, s->vcpus) &&
	    any_runs(s, actions)) {
		run(s, actions);
		return true;
	}
	gdb_answer_ok(s, false);
	return false;
}

/* The older form: one vCPU may step, and all others go on. */
static bool resume_plainly(struct gdb_session *s, const struct gdb_command *command)
{
	enum gdb_action actions[GDB_VCPUS_MAX];
	unsigned who = s->runner < 0 ? s->general : (unsigned)s->runner;
	uint8_t rip[sizeof(command->address)];

	memcpy(rip, &command->address, sizeof(rip));
	if (command->has_address && !s->target->write_register(who, GDB_REGISTER_RIP, rip)) {
		gdb_answer_ok(s, false);
		return false;
	}
	for (unsigned i = 0; i < s->vcpus; i++)
		actions[i] = GDB_ACTION_CONTINUE;
	if (command->kind == GDB_STEP)
		actions[who] = GDB_ACTION_STEP;
	run(s, actions);
	return true;
}

static void leave(struct gdb_session *s)
{
	gdb_answer_ok(s, true);
	s->attached = false;
	if (s->ended)
		return;
	s->running = true;
	s->report = false;
	s->target->detach();
}

/* --- the rest -------------------------------------------------------------------------------- */

/* Is this word among those that the debugger said that it supports? */
static bool supports(const struct gdb_command *command, const char *word)
{
	size_t length = strlen(word);

	for (size_t at = 0; at + length <= command->data_length; at++)
		if (!strncmp((const char *)command->data + at, word, length))
			return true;
	return false;
}

static void greet(struct gdb_session *s, const struct gdb_command *command)
{
	s->knows_breaks = supports(command, "swbreak+") && supports(command, "hwbreak+");
	s->runner = -1;
	gdb_answer_format(&s->answer, features, GDB_PACKET_MAX);
}

static void change_breakpoint(struct gdb_session *s, const struct gdb_command *command)
{
	bool set = command->kind == GDB_SET_BREAKPOINT;

	gdb_answer_ok(s, (set ? s->target->set_breakpoint : s->target->clear_breakpoint)(
				 s->general, command->type, command->address, command->length));
}

static void monitor(struct gdb_session *s, const struct gdb_command *command)
{
	char words[DESCRIPTION_MAX], text[GDB_TEXT_MAX] = "";
	size_t length = command->data_length / 2;

	if (length >= sizeof(words) ||
	    !gdb_parse_hex(command->data, command->data_length, (uint8_t *)words, length)) {
		gdb_answer_ok(s, false);
		return;
	}
	words[length] = 0;
	s->target->monitor(s->general, words, text, sizeof(text));
	if (text[0])
		gdb_answer_hex(&s->answer, text, strlen(text));
	else
		gdb_answer_ok(s, true);
}

/* What needs no machine. False when the command is none of these. */
static bool serve_always(struct gdb_session *s, const struct gdb_command *command)
{
	switch (command->kind) {
	case GDB_UNKNOWN:
		return true;
	case GDB_MALFORMED:
		gdb_answer_ok(s, false);
		return true;
	case GDB_SUPPORTED:
		greet(s, command);
		return true;
	case GDB_NO_ACKS:
		gdb_answer_ok(s, true);
		s->acks = false;
		return true;
	case GDB_READ_FEATURES:
		gdb_serve_features(s, command);
		return true;
	case GDB_RESUME_QUERY:
		gdb_answer_format(&s->answer, "vCont;c;C;s;S;t");
		return true;
	case GDB_IS_ATTACHED:
		gdb_answer_format(&s->answer, "1");
		return true;
	case GDB_MORE_THREADS:
		gdb_answer_format(&s->answer, "l");
		return true;
	case GDB_DETACH:
		leave(s);
		return true;
	default:
		return false;
	}
}

/* Of a machine that stands still. True when the answer is to be sent. */
static bool serve_data(struct gdb_session *s, const struct gdb_command *command)
{
	switch (command->kind) {
	case GDB_READ_REGISTERS:
		gdb_serve_registers(s);
		break;
	case GDB_WRITE_REGISTERS:
		gdb_serve_set_registers(s, command);
		break;
	case GDB_READ_REGISTER:
		gdb_serve_register(s, command);
		break;
	case GDB_WRITE_REGISTER:
		gdb_serve_set_register(s, command);
		break;
	case GDB_READ_MEMORY:
		gdb_serve_memory(s, command);
		break;
	case GDB_WRITE_MEMORY:
	case GDB_WRITE_BINARY:
		gdb_serve_set_memory(s, command);
		break;
	case GDB_SET_BREAKPOINT:
	case GDB_CLEAR_BREAKPOINT:
		change_breakpoint(s, command);
		break;
	default:
		monitor(s, command);
		break;
	}
	return true;
}

static bool serve_machine(struct gdb_session *s, const struct gdb_command *command)
{
	switch (command->kind) {
	case GDB_WHY:
		gdb_session_tell_stop(s);
		return false;
	case GDB_CHOOSE_THREAD:
	case GDB_CHOOSE_RUNNER:
		choose(s, command);
		return true;
	case GDB_IS_ALIVE:
		gdb_answer_ok(s, exists(s, command->thread));
		return true;
	case GDB_FIRST_THREADS:
		list_threads(s);
		return true;
	case GDB_CURRENT_THREAD:
		gdb_answer_format(&s->answer, "QC%x", s->general + 1);
		return true;
	case GDB_THREAD_INFO:
		describe_thread(s, command);
		return true;
	case GDB_RESUME:
		return !resume(s, command);
	case GDB_CONTINUE:
	case GDB_STEP:
		return !resume_plainly(s, command);
	case GDB_KILL:
	case GDB_KILL_VERBOSE:
		gdb_answer_ok(s, true);
		s->target->kill();
		return command->kind == GDB_KILL_VERBOSE;
	default:
		return serve_data(s, command);
	}
}

/* Nothing is left to ask but how it ended. */
static bool serve_remains(struct gdb_session *s, const struct gdb_command *command)
{
	if (command->kind == GDB_WHY) {
		gdb_session_tell_end(s);
		return false;
	}
	gdb_answer_ok(s, command->kind == GDB_KILL || command->kind == GDB_KILL_VERBOSE);
	return command->kind != GDB_KILL;
}

void gdb_session_serve(struct gdb_session *s)
{
	struct gdb_command command;
	bool answer = true;

	s->has_packet = false;
	gdb_answer_clear(&s->answer);
	gdb_parse(s->receiver.content, s->receiver.length, &command);
	if (!serve_always(s, &command))
		answer = s->ended ? serve_remains(s, &command) : serve_machine(s, &command);
	if (answer)
		gdb_session_send(s);
}
