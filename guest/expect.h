/* Compares what a test guest's vCPUs did with the guest's expectation table. Pure: the exits come
 * in one by one per vCPU, the end is checked through two callbacks, and the first thing that
 * differs becomes one sentence. A vCPU's part is touched only by the CPU that runs it. */
#ifndef GUEST_EXPECT_H
#define GUEST_EXPECT_H

#include "guest/image.h"
#include "lib/error.h"
#include "lib/types.h"
#include "vm/vcpu/vcpu_exit.h"

struct expect_vcpu {
	uint32_t row;   /* the exit row that the next exit is compared with first */
	uint32_t times; /* how often it has matched */
	uint32_t counts[VCPU_EXIT_KINDS];
	bool failed; /* nothing after the first difference is compared */
};

struct expect {
	const struct guest_image *image;
	struct expect_vcpu vcpus[GUEST_MAX_VCPUS];
};

enum expect_result {
	EXPECT_MATCH,
	EXPECT_IGNORED, /* of a kind that the guest keeps out of its list */
	EXPECT_ENDS,    /* a match, and the guest's orderly end */
	EXPECT_DIFFERS, /* `why` has the sentence; only for the first difference of a vCPU */
};

void expect_init(struct expect *expect, const struct guest_image *image);

/* One exit of vCPU `vcpu`, with its general registers at that moment. */
enum expect_result expect_exit(struct expect *expect, unsigned vcpu, const struct vcpu_exit *exit,
			       const uint64_t gpr[GPR_COUNT], struct reason *why);

/* How the end state is read. False: cannot be read, which is a difference. */
struct expect_reader {
	void *context;
	bool (*reg)(void *context, unsigned vcpu, unsigned which, uint64_t *value);
	bool (*memory)(void *context, uint64_t at, uint64_t *value);
};

/* At the end: every row was met, counts, final registers and memory are right. */
enum error expect_end(const struct expect *expect, const struct expect_reader *reader,
		      struct reason *why) must_check;

/* What the vCPUs' counters of a ROW_WORK hold. False when one cannot be read. */
struct expect_work {
	uint64_t low, high, mean;
};

bool expect_work(const struct guest_image *image, const struct guest_row *row,
		 const struct expect_reader *reader, struct expect_work *work) must_check;

#endif
