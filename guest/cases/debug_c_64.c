/* A program for a debugger: functions that call one another, a local structure, a counter that both
 * vCPUs add to, a loop. Without one it judges itself like every other test guest. */
#include "guest/include/c_guest.h"

/* The second vCPU halts when it has finished, if the first does not end the VM before. */
GUEST(.vcpus = 2, .flags = GUEST_ALL_START, .ignored = C_GUEST_ASYNCHRONOUS | 1ull << VCPU_EXIT_HLT,
      .says = "A program in C on two vCPUs computes what it should");

static const struct guest_row rows[] GUEST_ROWS = {
	{ .type = ROW_EXIT,
	  .flags = ROW_ANY_RIP | ROW_ANY_LENGTH | ROW_ENDS,
	  .kind = VCPU_EXIT_HYPERCALL,
	  .mask = ~0ull,
	  .min = 1,
	  .max = 1,
	  .line = __LINE__ },
};

#define ROUNDS   10
#define NOINLINE __attribute__((noinline))

struct point {
	int x, y;
	const char *name;
};

uint64_t counter;     /* atomic: both vCPUs add to it */
uint64_t seconds_sum; /* atomic: what vCPU 1 found */

static NOINLINE int square(int side)
{
	int area = side * side;

	return area;
}

static NOINLINE int distance(const struct point *from, const struct point *to)
{
	int across = square(to->x - from->x);
	int up = square(to->y - from->y);

	return across + up;
}

static NOINLINE void count(uint64_t by)
{
	__atomic_fetch_add(&counter, by, __ATOMIC_SEQ_CST);
}

static NOINLINE int walk(void)
{
	struct point start = { 1, 2, "start" };
	struct point here = start;
	int sum = 0;

	here.name = "here";
	for (int i = 0; i < ROUNDS; i++) {
		here.x += 3;
		here.y += i;
		sum += distance(&start, &here);
		count(1);
	}
	return sum;
}

/* The sum of the squares of 3 i and of i (i - 1) / 2 for i from 1 to ROUNDS. */
#define SUM_OF_WALK 8382

uint64_t second_goes_on; /* for a debugger to watch, before vCPU 0 can end it all */

void guest_main(uint64_t vcpu)
{
	int sum = walk();

	check(sum == SUM_OF_WALK);
	if (vcpu) {
		/* Not before the first one has walked: a debugger may hold that for long. */
		while (__atomic_load_n(&counter, __ATOMIC_SEQ_CST) != 2 * ROUNDS)
			__asm__ volatile("pause");
		__atomic_store_n(&second_goes_on, true, __ATOMIC_SEQ_CST);
		__atomic_store_n(&seconds_sum, (uint64_t)sum, __ATOMIC_SEQ_CST);
		return;
	}
	while (!__atomic_load_n(&seconds_sum, __ATOMIC_SEQ_CST))
		__asm__ volatile("pause");
	check(__atomic_load_n(&counter, __ATOMIC_SEQ_CST) == 2 * ROUNDS);
	hypercall(HYPERCALL_DONE, 0);
}
