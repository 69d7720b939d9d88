/* Registers, memory and the description of registers, to the debugger and back. */
#include "guest/gdb/gdb_registers.h"
#include "guest/gdb/gdb_serve.h"
#include "lib/bits.h"

/* Of memory in one packet, as two digits a byte; and of text, each byte of which may be escaped. */
#define MEMORY_MAX (GDB_PACKET_MAX / 2)
#define TEXT_MAX   ((GDB_PACKET_MAX - 1) / 2)

void gdb_answer_ok(struct gdb_session *s, bool good)
{
	gdb_answer_clear(&s->answer);
	gdb_answer_format(&s->answer, "%s", good ? "OK" : "E01");
}

static bool read_one(struct gdb_session *s, unsigned number, uint8_t *value)
{
	return s->target->read_register(s->general, number, value);
}

static bool write_one(struct gdb_session *s, unsigned number, const uint8_t *value)
{
	return s->target->write_register(s->general, number, value);
}

void gdb_serve_registers(struct gdb_session *s)
{
	static const char unavailable[] = "xx";

	for (unsigned i = 0; i < gdb_register_count; i++) {
		uint8_t value[GDB_REGISTER_MAX];
		unsigned size = gdb_registers[i].size;

		if (read_one(s, i, value))
			gdb_answer_hex(&s->answer, value, size);
		else
			for (unsigned byte = 0; byte < size; byte++)
				gdb_answer_format(&s->answer, "%s", unavailable);
	}
}

/* Some cannot be written: those that stay as they are do not matter. */
void gdb_serve_set_registers(struct gdb_session *s, const struct gdb_command *command)
{
	size_t at = 0;
	bool good = true;

	for (unsigned i = 0; i < gdb_register_count && at < command->data_length; i++) {
		uint8_t value[GDB_REGISTER_MAX];
		size_t size = gdb_registers[i].size, left = command->data_length - at;

		if (left < 2 * size || !gdb_parse_hex(command->data + at, 2 * size, value, size)) {
			good = false;
			break;
		}
		(void)write_one(s, i, value);
		at += 2 * size;
	}
	gdb_answer_ok(s, good);
}

void gdb_serve_register(struct gdb_session *s, const struct gdb_command *command)
{
	uint8_t value[GDB_REGISTER_MAX];

	if (command->address >= gdb_register_count ||
	    !read_one(s, (unsigned)command->address, value))
		gdb_answer_ok(s, false);
	else
		gdb_answer_hex(&s->answer, value, gdb_registers[command->address].size);
}

void gdb_serve_set_register(struct gdb_session *s, const struct gdb_command *command)
{
	uint8_t value[GDB_REGISTER_MAX];

	gdb_answer_ok(s, command->address < gdb_register_count &&
				 gdb_parse_hex(command->data, command->data_length, value,
					       gdb_registers[command->address].size) &&
				 write_one(s, (unsigned)command->address, value));
}

void gdb_serve_memory(struct gdb_session *s, const struct gdb_command *command)
{
	uint8_t bytes[MEMORY_MAX];
	size_t length = command->length < MEMORY_MAX ? command->length : MEMORY_MAX;
	size_t there = s->target->read_memory(s->general, command->address, bytes, length);

	if (!there && length)
		gdb_answer_ok(s, false);
	else
		gdb_answer_hex(&s->answer, bytes, there);
}

void gdb_serve_set_memory(struct gdb_session *s, const struct gdb_command *command)
{
	uint8_t bytes[MEMORY_MAX];
	const uint8_t *from = command->data;
	bool good = command->length == command->data_length;

	if (command->kind == GDB_WRITE_MEMORY) {
		good = command->length <= sizeof(bytes) &&
		       gdb_parse_hex(command->data, command->data_length, bytes, command->length);
		from = bytes;
	}
	gdb_answer_ok(s, good && (!command->length ||
				  s->target->write_memory(s->general, command->address, from,
							  command->length)));
}

/* `l` when it is the last part, `m` when more follows. */
void gdb_serve_features(struct gdb_session *s, const struct gdb_command *command)
{
	uint64_t from = command->address, length = command->length;

	if (from > s->description_length)
		from = s->description_length;
	if (length > TEXT_MAX)
		length = TEXT_MAX;
	if (length > s->description_length - from)
		length = s->description_length - from;
	gdb_answer_format(&s->answer, "%s", from + length == s->description_length ? "l" : "m");
	gdb_answer_binary(&s->answer, s->description + from, length);
}
