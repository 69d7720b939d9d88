/* The integer types, the three kinds of address, and the compiler attributes that all of Plinth
 * uses. Addresses of different spaces are distinct struct types, so that the compiler refuses to
 * mix a guest's address with one of the host's. */
#ifndef LIB_TYPES_H
#define LIB_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Guest-physical: what a guest's own page tables produce. */
typedef struct {
	uint64_t value;
} gpa_t;

/* Host-physical: what the machine's memory controller sees. */
typedef struct {
	uint64_t value;
} hpa_t;

/* Guest-virtual (linear): what a guest's instructions use once segmentation has been applied. */
typedef struct {
	uint64_t value;
} gva_t;

static inline gpa_t gpa(uint64_t value)
{
	return (gpa_t) { value };
}

static inline hpa_t hpa(uint64_t value)
{
	return (hpa_t) { value };
}

static inline gva_t gva(uint64_t value)
{
	return (gva_t) { value };
}

#define must_check        __attribute__((warn_unused_result))
#define noreturn_fn       __attribute__((noreturn))
#define noinline_fn       __attribute__((noinline)) /* keeps a rare path out of a frequent one */
#define cold_fn           __attribute__((noinline, cold)) /* so rare that it is made small instead of fast */
#define inline_always     inline __attribute__((always_inline))
/* The same where a frequent one goes on: it takes its arguments in the order that they are written in. */
#define continuation_fn   __attribute__((noinline, noclone))
#define packed_layout     __attribute__((packed))
#define aligned_to(n)     __attribute__((aligned(n)))
#define printf_like(f, a) __attribute__((format(printf, f, a)))
/* The value of a pointer that the compiler would put together from its parts wherever it is used. */
#define computed_once(p)                       \
	({                                     \
		__typeof__(p) computed_ = (p); \
		__asm__("" : "+r"(computed_)); \
		computed_;                     \
	})
#define likely(x)   __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* The structure of type `type` whose member `member` is at `pointer`. */
#define container_of(pointer, type, member) ((type *)((char *)(pointer)-offsetof(type, member)))

#define PAGE_SHIFT 12
#define PAGE_SIZE  4096ull
#define PAGE_MASK  (PAGE_SIZE - 1)

#define KIB(n) ((uint64_t)(n) << 10)
#define MIB(n) ((uint64_t)(n) << 20)
#define GIB(n) ((uint64_t)(n) << 30)

#endif
