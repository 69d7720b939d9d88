/* The bus: who answers where, how accesses are split, and what happens at the edges of windows. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "device/bus.h"

#define ACCESSES 16

/* A chip that keeps a book of what it was asked, and reads as its offset repeated in each byte. */
struct book {
	struct {
		char kind;
		uint64_t offset, value;
		unsigned width;
		device_time now;
	} entries[ACCESSES];
	unsigned count;
	device_time now;
};

static void note(struct book *book, char kind, uint64_t offset, unsigned width, uint64_t value)
{
	assert_true(book->count < ACCESSES);
	book->entries[book->count].kind = kind;
	book->entries[book->count].offset = offset;
	book->entries[book->count].width = width;
	book->entries[book->count].value = value;
	book->entries[book->count++].now = book->now;
}

static uint64_t book_read(void *chip, uint64_t offset, unsigned width)
{
	note(chip, 'r', offset, width, 0);
	return 0x0101010101010101 * (offset & 0xff); /* too wide on purpose: the bus cuts it */
}

static void book_write(void *chip, uint64_t offset, unsigned width, uint64_t value)
{
	note(chip, 'w', offset, width, value);
}

static void book_advance(void *chip, device_time now)
{
	((struct book *)chip)->now = now;
}

static const struct chip_ops book_ops = {
	.name = "book",
	.read = book_read,
	.write = book_write,
	.advance = book_advance,
};
static const struct chip_ops mute_ops = { .name = "mute" };

static struct bus bus;
static struct book one, two;
static struct reason why;

static int setup(void **state)
{
	memset(&bus, 0, sizeof(bus));
	memset(&one, 0, sizeof(one));
	memset(&two, 0, sizeof(two));
	return 0;
}

static enum error add(uint64_t first, uint64_t length, uint64_t offset, uint8_t widest, void *chip)
{
	struct bus_window window = { first, length, offset, widest, &book_ops, chip };

	return bus_add(&bus, &window, &why);
}

static void expect(const struct book *book, unsigned n, char kind, uint64_t offset, unsigned width,
		   uint64_t value)
{
	assert_true(n < book->count);
	assert_int_equal(book->entries[n].kind, kind);
	assert_int_equal(book->entries[n].offset, offset);
	assert_int_equal(book->entries[n].width, width);
	assert_int_equal(book->entries[n].value, value);
}

static void finds_the_window(void **state)
{
	assert_int_equal(add(0x70, 2, 0, 1, &two), ERROR_NONE);
	assert_int_equal(add(0x20, 2, 0, 1, &one), ERROR_NONE);
	assert_int_equal(add(0xa0, 2, 2, 1, &one), ERROR_NONE);
	assert_null(bus_find(&bus, 0x1f));
	assert_ptr_equal(bus_find(&bus, 0x20)->chip, &one);
	assert_ptr_equal(bus_find(&bus, 0x21)->chip, &one);
	assert_null(bus_find(&bus, 0x22));
	assert_ptr_equal(bus_find(&bus, 0x71)->chip, &two);
	assert_int_equal(bus_find(&bus, 0xa1)->first, 0xa0);
	assert_null(bus_find(&bus, 0xa2));
	assert_null(bus_find(&bus, UINT64_MAX));
}

static void refuses_what_overlaps_wraps_or_is_empty(void **state)
{
	assert_int_equal(add(0x100, 0x10, 0, 1, &one), ERROR_NONE);
	assert_int_equal(add(0x100, 0x10, 0, 1, &two), ERROR_INVALID_INPUT);
	assert_int_equal(add(0x0ff, 2, 0, 1, &two), ERROR_INVALID_INPUT);
	assert_int_equal(add(0x10f, 1, 0, 1, &two), ERROR_INVALID_INPUT);
	assert_int_equal(add(0, 0x1000, 0, 1, &two), ERROR_INVALID_INPUT);
	assert_non_null(strstr(why.text, "book at 0x0 overlaps book at 0x100"));
	assert_int_equal(add(0x200, 0, 0, 1, &two), ERROR_INVALID_INPUT);
	assert_int_equal(add(UINT64_MAX, 2, 0, 1, &two), ERROR_INVALID_INPUT);
	assert_int_equal(add(0x0ff, 1, 0, 1, &two), ERROR_NONE);
	assert_int_equal(add(0x110, 1, 0, 1, &two), ERROR_NONE);
	assert_int_equal(bus.count, 3);
}

static void refuses_more_than_it_holds(void **state)
{
	for (unsigned i = BUS_WINDOWS; i--;)
		assert_int_equal(add(i * 2, 1, 0, 1, &one), ERROR_NONE);
	assert_int_equal(add(1, 1, 0, 1, &one), ERROR_NO_MEMORY);
	for (unsigned i = 0; i < BUS_WINDOWS; i++) {
		assert_int_equal(bus_find(&bus, i * 2)->first, i * 2);
		assert_null(bus_find(&bus, i * 2 + 1));
	}
}

static void nobody_reads_as_ones(void **state)
{
	bus_write(&bus, 0, 0x80, 1, 0x12);
	assert_int_equal(bus_read(&bus, 0, 0x80, 1), 0xff);
	assert_int_equal(bus_read(&bus, 0, 0x80, 2), 0xffff);
	assert_int_equal(bus_read(&bus, 0, 0x80, 4), 0xffffffff);
	assert_true(bus_read(&bus, 0, 0x80, 8) == UINT64_MAX);
}

static void a_chip_without_functions_is_nobody(void **state)
{
	struct bus_window window = { 0x80, 1, 0, 1, &mute_ops, &one };

	assert_int_equal(bus_add(&bus, &window, &why), ERROR_NONE);
	bus_write(&bus, 0, 0x80, 1, 0x12);
	assert_int_equal(bus_read(&bus, 0, 0x80, 1), 0xff);
}

static void splits_what_is_wider_than_the_chip(void **state)
{
	assert_int_equal(add(0x40, 8, 0x10, 2, &one), ERROR_NONE);
	assert_int_equal(bus_read(&bus, 5, 0x40, 4), 0x12121010);
	expect(&one, 0, 'r', 0x10, 2, 0);
	expect(&one, 1, 'r', 0x12, 2, 0);
	bus_write(&bus, 6, 0x42, 4, 0xdeadbeef);
	expect(&one, 2, 'w', 0x12, 2, 0xbeef);
	expect(&one, 3, 'w', 0x14, 2, 0xdead);
	assert_int_equal(one.entries[0].now, 5); /* brought up to time before it was asked */
	assert_int_equal(one.entries[3].now, 6);
	assert_int_equal(one.count, 4);
}

static void splits_at_the_edges_of_windows(void **state)
{
	assert_int_equal(add(0x41, 1, 0, 4, &one), ERROR_NONE);
	assert_int_equal(add(0x43, 4, 7, 4, &two), ERROR_NONE);
	bus_write(&bus, 0, 0x40, 4, 0x44332211);
	expect(&one, 0, 'w', 0, 1, 0x22);
	expect(&two, 0, 'w', 7, 1, 0x44);
	assert_int_equal(bus_read(&bus, 0, 0x40, 4), 0x07ff00ff);
	/* Three bytes are left of the window: two and one. */
	assert_int_equal(bus_read(&bus, 0, 0x44, 4), 0xff0a0808);
	expect(&two, 2, 'r', 8, 2, 0);
	expect(&two, 3, 'r', 10, 1, 0);
}

static void an_access_past_the_end_of_addresses_wraps(void **state)
{
	assert_int_equal(add(UINT64_MAX - 1, 1, 0, 1, &one), ERROR_NONE);
	assert_int_equal(add(0, 1, 0x5a, 1, &two), ERROR_NONE);
	assert_int_equal(bus_read(&bus, 0, UINT64_MAX, 2), 0x5aff);
}

static void removes_all_windows_of_a_chip(void **state)
{
	assert_int_equal(add(0x10, 1, 0, 1, &one), ERROR_NONE);
	assert_int_equal(add(0x11, 1, 0, 1, &two), ERROR_NONE);
	assert_int_equal(add(0x12, 1, 0, 1, &one), ERROR_NONE);
	bus_remove(&bus, &one);
	assert_int_equal(bus.count, 1);
	assert_null(bus_find(&bus, 0x10));
	assert_ptr_equal(bus_find(&bus, 0x11)->chip, &two);
	assert_int_equal(add(0x10, 1, 0, 1, &one), ERROR_NONE);
}

static struct bus_route *known_route(uint64_t at, unsigned width)
{
	return bus_known_route(&bus, bus_key(at, width));
}

static struct bus_route *find_route(uint64_t at, unsigned width)
{
	return bus_find_route(&bus, bus_key(at, width), at, width);
}

static void a_route_is_what_the_window_says(void **state)
{
	struct bus_route *route;

	assert_int_equal(add(0x3f8, 8, 0x10, 2, &one), ERROR_NONE);
	assert_null(known_route(0x3fa, 2));
	route = find_route(0x3fa, 2);
	assert_ptr_equal(known_route(0x3fa, 2), route);
	assert_int_equal(route->key, bus_key(0x3fa, 2));
	assert_int_equal(route->width, 2);
	assert_int_equal(route->offset, 0x12);
	assert_ptr_equal(route->chip, &one);
	assert_ptr_equal(route->read, book_read);
	assert_ptr_equal(route->write, book_write);
	assert_true(route->timed);
	assert_null(route->note);
	assert_null(route->answer);
}

/* Neither another width nor another address in the same row is taken for it. */
static void a_route_is_for_its_access_alone(void **state)
{
	assert_int_equal(add(0x1000, 0x1000, 0, 4, &one), ERROR_NONE);
	assert_non_null(find_route(0x1000, 4));
	assert_null(known_route(0x1000, 2));
	for (uint64_t at = 0x1000; at < 0x2000; at++)
		assert_true(at == 0x1000 || !known_route(at, 4));
	assert_null(known_route(0x100001000, 4)); /* the same in 32 bits */
}

/* Not even for the key of all zeros, once there is a window. */
static void a_route_is_known_by_any_key(void **state)
{
	assert_int_equal(add(0, 4, 0, 4, &one), ERROR_NONE);
	assert_null(bus_known_route(&bus, 0));
	struct bus_route *route = bus_find_route(&bus, 0, 0, 1);
	assert_ptr_equal(bus_known_route(&bus, 0), route);
	assert_null(bus_known_route(&bus, 8));
	assert_ptr_equal(bus_find_route(&bus, 8, 0, 1)->chip, &one);
	bus_forget_routes(&bus);
	assert_null(bus_known_route(&bus, 0));
	assert_null(bus_known_route(&bus, 8));
}

static void empty_rows_are_no_routes(void **state)
{
	for (uint64_t at = 0; at < 0x10000; at++)
		for (unsigned width = 1; width <= 8; width *= 2)
			assert_null(known_route(at, width));
}

static void what_is_split_has_no_route(void **state)
{
	assert_int_equal(add(0x40, 3, 0, 2, &one), ERROR_NONE);
	assert_non_null(find_route(0x40, 2));
	assert_null(find_route(0x40, 4)); /* too wide */
	assert_null(find_route(0x42, 2)); /* over the edge */
	assert_null(find_route(0x3f, 2)); /* nobody, and then somebody */
	assert_null(known_route(0x42, 2));
}

/* A doubleword at CF8H goes to one chip, although CF9H is another's. */
static void the_widest_at_a_short_window_is_one_chips(void **state)
{
	assert_int_equal(add(0xcf8, 1, 0, 4, &one), ERROR_NONE);
	assert_int_equal(add(0xcf9, 1, 0, 1, &two), ERROR_NONE);
	assert_ptr_equal(find_route(0xcf8, 4)->chip, &one);
	assert_null(find_route(0xcf8, 2));
	bus_write(&bus, 0, 0xcf8, 4, 0x80000000);
	expect(&one, 0, 'w', 0, 4, 0x80000000);
	bus_write(&bus, 0, 0xcf7, 8, 0x8877665544332211);
	expect(&one, 1, 'w', 0, 1, 0x22);
	expect(&two, 0, 'w', 0, 1, 0x33);
	assert_int_equal(two.count, 1);
}

static void nobodys_route_reads_ones(void **state)
{
	const struct bus_route *route = find_route(0x80, 1);

	assert_int_equal(route->read(route->chip, route->offset, 1), 0xff);
	route->write(route->chip, route->offset, 1, 0x12);
	assert_false(route->timed);
}

static void a_chip_without_functions_has_a_route(void **state)
{
	struct bus_window window = { 0x80, 4, 0, 4, &mute_ops, &one };
	const struct bus_route *route;

	assert_int_equal(bus_add(&bus, &window, &why), ERROR_NONE);
	route = find_route(0x80, 4);
	assert_int_equal(route->read(route->chip, route->offset, 4), 0xffffffff);
	route->write(route->chip, route->offset, 4, 0x12);
	assert_false(route->timed);
}

static void routes_end_with_the_windows_they_lead_to(void **state)
{
	assert_int_equal(add(0x3f8, 8, 0, 1, &one), ERROR_NONE);
	assert_non_null(find_route(0x3f8, 1));
	bus_remove(&bus, &one);
	assert_null(known_route(0x3f8, 1));
	assert_null(find_route(0x3f8, 1)->chip); /* nobody's: a route too, */
	assert_int_equal(add(0x3f8, 8, 0, 1, &two), ERROR_NONE);
	assert_null(known_route(0x3f8, 1)); /* until somebody comes */
	assert_ptr_equal(find_route(0x3f8, 1)->chip, &two);
}

static void an_access_wider_than_what_is_left_of_a_window(void **state)
{
	assert_int_equal(add(UINT64_MAX - 1, 1, 0, 2, &one), ERROR_NONE);
	assert_int_equal(add(0, 1, 0, 1, &two), ERROR_NONE);
	assert_non_null(find_route(UINT64_MAX - 1, 1));
	assert_int_equal(add(0x100, 3, 0, 8, &one), ERROR_NONE);
	assert_null(find_route(0x101, 4));
	assert_null(find_route(0x101, 8));
	assert_non_null(find_route(0x101, 2));
}

static void adds_all_windows_or_none(void **state)
{
	static const struct bus_place places[] = { { 0x20, 2, 0, 1 }, { 0xa0, 2, 2, 1 } };

	assert_int_equal(bus_attach(&bus, places, 2, &book_ops, &one, &why), ERROR_NONE);
	assert_ptr_equal(bus_find(&bus, 0xa1)->chip, &one);
	bus_remove(&bus, &one);
	assert_int_equal(add(0xa1, 1, 0, 1, &two), ERROR_NONE);
	assert_int_equal(bus_attach(&bus, places, 2, &book_ops, &one, &why), ERROR_INVALID_INPUT);
	assert_int_equal(bus.count, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(finds_the_window, setup),
		cmocka_unit_test_setup(refuses_what_overlaps_wraps_or_is_empty, setup),
		cmocka_unit_test_setup(refuses_more_than_it_holds, setup),
		cmocka_unit_test_setup(nobody_reads_as_ones, setup),
		cmocka_unit_test_setup(a_chip_without_functions_is_nobody, setup),
		cmocka_unit_test_setup(splits_what_is_wider_than_the_chip, setup),
		cmocka_unit_test_setup(splits_at_the_edges_of_windows, setup),
		cmocka_unit_test_setup(an_access_past_the_end_of_addresses_wraps, setup),
		cmocka_unit_test_setup(removes_all_windows_of_a_chip, setup),
		cmocka_unit_test_setup(adds_all_windows_or_none, setup),
		cmocka_unit_test_setup(a_route_is_what_the_window_says, setup),
		cmocka_unit_test_setup(a_route_is_for_its_access_alone, setup),
		cmocka_unit_test_setup(a_route_is_known_by_any_key, setup),
		cmocka_unit_test_setup(empty_rows_are_no_routes, setup),
		cmocka_unit_test_setup(what_is_split_has_no_route, setup),
		cmocka_unit_test_setup(the_widest_at_a_short_window_is_one_chips, setup),
		cmocka_unit_test_setup(nobodys_route_reads_ones, setup),
		cmocka_unit_test_setup(a_chip_without_functions_has_a_route, setup),
		cmocka_unit_test_setup(routes_end_with_the_windows_they_lead_to, setup),
		cmocka_unit_test_setup(an_access_wider_than_what_is_left_of_a_window, setup),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
