/* The linked list: order, removal, and harmless misuse. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "lib/list.h"

struct item {
	int number;
	struct list link;
};

static int numbers(const struct list *head)
{
	struct list *link;
	int result = 0, back = 0, scale = 1;

	list_for_each(link, head) result =
		result * 10 + list_entry(link, struct item, link)->number;
	for (link = head->previous; link != head; link = link->previous) {
		back += list_entry(link, struct item, link)->number * scale;
		scale *= 10;
	}
	assert_int_equal(result, back);
	return result;
}

static void keeps_order(void **state)
{
	struct list head = LIST_INIT(head);
	struct item items[4] = {
		{ .number = 1 }, { .number = 2 }, { .number = 3 }, { .number = 4 }
	};

	assert_true(list_is_empty(&head));
	assert_null(list_first(&head));
	list_append(&head, &items[1].link);
	list_append(&head, &items[2].link);
	list_prepend(&head, &items[0].link);
	list_append(&head, &items[3].link);
	assert_int_equal(numbers(&head), 1234);
	assert_ptr_equal(list_first(&head), &items[0].link);

	list_remove(&items[2].link);
	assert_int_equal(numbers(&head), 124);
	list_remove(&items[2].link);
	assert_int_equal(numbers(&head), 124);
	list_remove(&items[0].link);
	list_append(&head, &items[0].link);
	assert_int_equal(numbers(&head), 241);
	for (int i = 0; i < 4; i++)
		list_remove(&items[i].link);
	assert_true(list_is_empty(&head));
	list_init(&head);
	list_prepend(&head, &items[3].link);
	assert_int_equal(numbers(&head), 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(keeps_order) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
