/* The allocators that do not fail. */
#include "base/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static void
allocators_give_memory_also_for_nothing(void **state)
{
	char *copy = xstrdup("text"), *zeros = xcalloc(3, 5), *p = xmalloc(0);
	void *none = xcalloc(0, 0);
	size_t i;

	(void)state;
	assert_string_equal(copy, "text");
	for (i = 0; i < 15; i++)
		assert_int_equal(zeros[i], 0);
	assert_non_null(p);
	assert_non_null(none);
	p = xrealloc(p, 0);
	assert_non_null(p);
	free(copy);
	free(zeros);
	free(none);
	free(p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(allocators_give_memory_also_for_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
