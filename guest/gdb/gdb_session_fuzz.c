/* Anything on the line, while the machine stops and ends as it likes: bytes as they are, and packets
 * with the right checksum made of them. */
#include "tests/host/gdb_machine.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void drain(struct gdb_session *s)
{
	size_t count;

	(void)gdb_session_output(s, &count);
	assert(count <= sizeof(s->out));
	gdb_session_sent(s, count);
}

static void feed(struct fake_machine *m, uint8_t byte)
{
	if (!m->session.has_packet)
		gdb_session_receive(&m->session, byte);
	assert(m->session.receiver.length <= GDB_PACKET_MAX);
	fake_serve(m);
	assert(m->session.ended || m->session.general < FAKE_VCPUS);
	assert(m->session.answer.length <= GDB_PACKET_MAX);
}

/* A packet of the bytes up to the next zero. */
static size_t feed_packet(struct fake_machine *m, const uint8_t *data, size_t size)
{
	static const char digits[] = "0123456789abcdef";
	uint8_t sum = 0;
	size_t length = 0;

	feed(m, '$');
	for (; length < size && data[length]; length++) {
		/* What would end the packet before its time is escaped. */
		bool special = data[length] == '$' || data[length] == '#' || data[length] == '}';

		if (special) {
			feed(m, '}');
			sum += '}';
		}
		feed(m, special ? data[length] ^ 0x20 : data[length]);
		sum += special ? data[length] ^ 0x20 : data[length];
	}
	feed(m, '#');
	feed(m, (uint8_t)digits[sum >> 4]);
	feed(m, (uint8_t)digits[sum & 15]);
	return length;
}

/* What is done next: each input begins with one of these. */
static size_t act(struct fake_machine *m, const uint8_t *data, size_t size)
{
	switch (data[0] & 7) {
	case 0:
		if (m->running)
			fake_stop(m, (enum gdb_cause)(data[0] >> 3) % (GDB_WATCHED_ACCESS + 1), 1);
		return 1;
	case 1:
		if (data[0] == 1 && !m->session.ended) {
			m->running = false;
			gdb_session_ended(&m->session, size & 1);
		}
		return 1;
	case 2:
		drain(&m->session);
		return 1;
	case 3:
		if (size > 1)
			feed(m, data[1]);
		return 2;
	default:
		return feed_packet(m, data + 1, size - 1) + 2;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct fake_machine machine;

	fake_begin(&machine);
	while (size) {
		size_t used = act(&machine, data, size);

		if (used > size)
			used = size;
		data += used;
		size -= used;
	}
	return 0;
}
