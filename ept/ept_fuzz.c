/* Extended page tables: any sequence of changes agrees with the model and leaks nothing. */
#include "tests/host/ept_model.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct record {
		uint8_t change, window, rights, type, budget, reserved;
		uint16_t first, count, to;
	} record;
	struct ept_format format = {
		.largest_page = GIB(1),
		.address_bits = 40,
		.accessed_dirty = true,
		.execute_only = size & 1,
		.write_back_tables = true,
	};
	struct model *m = model_create(&format);

	for (; size >= sizeof(record); data += sizeof(record), size -= sizeof(record)) {
		memcpy(&record, data, sizeof(record));

		struct model_operation op = {
			.change = record.change % MODEL_CHANGES,
			.window = record.window,
			.first = record.first,
			.count = record.count,
			.to = record.to * PAGE_SIZE,
			.rights = record.rights,
			.type = record.type & 15,
			.budget = record.budget & 0x80 ? record.budget & 7 : ~0u,
		};
		enum error error = model_apply(m, &op);

		MODEL_CHECK(error == ERROR_NONE || error == ERROR_INVALID_INPUT ||
			    (error == ERROR_NO_MEMORY && op.budget < 8));
		model_compare(m);
	}
	model_destroy(m);
	return 0;
}
