/* The session's life: bytes in, answers out, stops and the end. What packets ask for is in
 * gdb_serve.c. */
#include "guest/gdb/gdb_session.h"

#include "guest/gdb/gdb_registers.h"
#include "guest/gdb/gdb_serve.h"
#include "lib/string.h"

#define ACKNOWLEDGED '+'
#define REFUSED      '-'

void gdb_session_begin(struct gdb_session *s, const struct gdb_target *target)
{
	size_t length;

	*s = (struct gdb_session) { .target = target, .acks = true, .runner = -1 };
	s->stop.cause = GDB_STEPPED;
	length = gdb_describe_registers(s->description, sizeof(s->description));
	s->description_length =
		length < sizeof(s->description) ? length : sizeof(s->description) - 1;
}

/* --- output ---------------------------------------------------------------------------------- */

const uint8_t *gdb_session_output(const struct gdb_session *s, size_t *count)
{
	*count = s->out_length - s->out_sent;
	return s->out + s->out_sent;
}

void gdb_session_sent(struct gdb_session *s, size_t count)
{
	s->out_sent += count;
	if (s->out_sent == s->out_length)
		s->out_sent = s->out_length = 0;
}

/* Acknowledgements are single bytes; a line that takes none any more gets no more of them. */
static void send_byte(struct gdb_session *s, uint8_t byte)
{
	if (s->out_length < sizeof(s->out))
		s->out[s->out_length++] = byte;
}

/* One answer at a time is on its way: what is left of the one before is no use to anybody. */
void gdb_session_send(struct gdb_session *s)
{
	size_t left = s->out_length - s->out_sent;

	if (left > sizeof(s->out) - GDB_FRAME_MAX)
		left = 0;
	memmove(s->out, s->out + s->out_sent, left);
	s->out_sent = 0;
	s->out_length = left + gdb_frame(&s->answer, s->out + left);
}

/* --- input ----------------------------------------------------------------------------------- */

/* A new debugger begins with this packet, and takes for granted that packets are acknowledged. */
static bool is_greeting(const struct gdb_receiver *r)
{
	static const char greeting[] = "qSupported";

	return r->length >= sizeof(greeting) - 1 &&
	       !strncmp((const char *)r->content, greeting, sizeof(greeting) - 1);
}

static void take_packet(struct gdb_session *s)
{
	if (is_greeting(&s->receiver))
		s->acks = true;
	if (s->acks)
		send_byte(s, ACKNOWLEDGED);
	s->has_packet = true;
	s->attached = true;
	if (!s->running)
		return;
	/* Packets come to a running machine only from a debugger that has just come: it asks by
	 * itself why the machine stands still. */
	s->stop_wanted = true;
	s->report = false;
}

void gdb_session_receive(struct gdb_session *s, uint8_t byte)
{
	switch (gdb_receive(&s->receiver, byte)) {
	case GDB_LINE_PACKET:
		take_packet(s);
		break;
	case GDB_LINE_REFUSED:
		if (s->acks)
			send_byte(s, REFUSED);
		break;
	case GDB_LINE_BREAK:
		if (s->running && s->attached)
			s->stop_wanted = true;
		break;
	case GDB_LINE_RESEND:
		if (s->acks && s->answer.length)
			gdb_session_send(s);
		break;
	case GDB_LINE_NOTHING:
		break;
	}
}

/* --- stops and the end ------------------------------------------------------------------------ */

static void add_register(struct gdb_session *s, unsigned number)
{
	uint8_t value[GDB_REGISTER_MAX];

	if (!s->target->read_register(s->stop.vcpu, number, value))
		return;
	gdb_answer_format(&s->answer, "%02x:", number);
	gdb_answer_hex(&s->answer, value, gdb_registers[number].size);
	gdb_answer_format(&s->answer, ";");
}

/* Signals as GDB numbers them. */
enum { SIGNAL_INT = 2, SIGNAL_TRAP = 5 };

void gdb_session_tell_stop(struct gdb_session *s)
{
	static const char *const words[] = {
		[GDB_AT_SOFTWARE_BREAKPOINT] = "swbreak",
		[GDB_AT_HARDWARE_BREAKPOINT] = "hwbreak",
		[GDB_WATCHED_WRITE] = "watch",
		[GDB_WATCHED_READ] = "rwatch",
		[GDB_WATCHED_ACCESS] = "awatch",
	};
	const struct gdb_stop *stop = &s->stop;
	bool is_break = stop->cause == GDB_AT_SOFTWARE_BREAKPOINT ||
			stop->cause == GDB_AT_HARDWARE_BREAKPOINT;

	gdb_answer_clear(&s->answer);
	gdb_answer_format(&s->answer, "T%02x",
			  stop->cause == GDB_BROKEN_IN ? SIGNAL_INT : SIGNAL_TRAP);
	add_register(s, GDB_REGISTER_RBP);
	add_register(s, GDB_REGISTER_RSP);
	add_register(s, GDB_REGISTER_RIP);
	if (is_break && s->knows_breaks)
		gdb_answer_format(&s->answer, "%s:;", words[stop->cause]);
	else if (stop->cause >= GDB_WATCHED_WRITE)
		gdb_answer_format(&s->answer, "%s:%lx;", words[stop->cause], stop->address);
	gdb_answer_format(&s->answer, "thread:%x;", stop->vcpu + 1);
	gdb_session_send(s);
}

void gdb_session_stopped(struct gdb_session *s, const struct gdb_stop *stop)
{
	bool report = s->running && s->report && s->attached;

	s->stop = *stop;
	s->running = s->stop_wanted = s->report = false;
	s->general = stop->vcpu;
	if (report)
		gdb_session_tell_stop(s);
}

void gdb_session_tell_end(struct gdb_session *s)
{
	gdb_answer_clear(&s->answer);
	/* X with a signal: SIGABRT, as it ended otherwise than it should have. */
	gdb_answer_format(&s->answer, "%s", s->failed ? "X06" : "W00");
	gdb_session_send(s);
}

void gdb_session_ended(struct gdb_session *s, bool failed)
{
	bool report = s->running && s->report && s->attached;

	s->ended = true;
	s->failed = failed;
	s->running = s->stop_wanted = s->report = false;
	if (report)
		gdb_session_tell_end(s);
}
