/* SPDX-License-Identifier: Apache-2.0 */
/* Lists through the things that they list. */
#include "base/list.h"
#include "suite.h"

struct thing {
	int name;
	struct list link;
};

static struct list list;
static struct thing things[4];

static int fill(void **state)
{
	(void)state;
	list_init(&list);
	for (int i = 0; i < 4; i++) {
		things[i] = (struct thing){.name = i};
		list_append(&list, &things[i].link);
	}
	return 0;
}

static int first_name(void)
{
	struct list *link = list_take_first(&list);

	return link == NULL ? -1 : HOLDER_OF(link, struct thing, link)->name;
}

static void in_order(void **state)
{
	(void)state;
	for (int i = 0; i < 4; i++) {
		assert_false(list_is_empty(&list));
		assert_int_equal(first_name(), i);
	}
	assert_true(list_is_empty(&list));
	assert_int_equal(first_name(), -1);
}

static void removed(void **state)
{
	(void)state;
	list_remove(&things[0].link);
	list_remove(&things[2].link);
	list_remove(&things[2].link);
	assert_int_equal(first_name(), 1);
	assert_int_equal(first_name(), 3);
	assert_int_equal(first_name(), -1);
}

static void moved_to_end(void **state)
{
	static const int order[] = {0, 2, 3, 1};

	(void)state;
	list_remove(&things[1].link);
	list_append(&list, &things[1].link);
	for (int i = 0; i < 4; i++)
		assert_int_equal(first_name(), order[i]);
}

static void taken_is_free(void **state)
{
	struct list *link = list_take_first(&list);

	(void)state;
	assert_true(list_is_empty(link));
	list_append(&list, link);
	assert_int_equal(first_name(), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_that_with("links come off in the order appended", in_order,
			       fill, NULL),
		test_that_with("any link may be removed, and twice", removed,
			       fill, NULL),
		test_that_with("a removed link may be appended again",
			       moved_to_end, fill, NULL),
		test_that_with("a link taken off is in no list", taken_is_free,
			       fill, NULL),
	};

	return cmocka_run_group_tests_name("base_list", tests, NULL, NULL);
}
