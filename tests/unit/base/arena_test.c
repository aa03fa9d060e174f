/* Arenas: pieces do not overlap, and memory is used again. */
#include "base/arena.h"

#include "base/error.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void
pieces_of_any_size_are_aligned_and_apart(void **state)
{
	static const size_t sizes[] = { 1, 0, 7, 8, 9, 500, 1000, 3, ARENA_KEPT_MAX, 1, 200000,
		16 };
	unsigned char *piece[100 * ARRAY_LEN(sizes)];
	struct arena a = { 0 };
	size_t i, k;

	(void)state;
	for (i = 0; i < ARRAY_LEN(piece); i++) {
		size_t size = sizes[i % ARRAY_LEN(sizes)];

		piece[i] = arena_take(&a, size);
		assert_int_equal((uintptr_t)piece[i] % ARENA_ALIGN, 0);
		memset(piece[i], (int)(i % 251), size);
	}
	for (i = 0; i < ARRAY_LEN(piece); i++)
		for (k = 0; k < sizes[i % ARRAY_LEN(sizes)]; k++)
			assert_int_equal(piece[i][k], i % 251);
	arena_fini(&a);
	assert_int_equal(a.size, 0);
}

static void
after_a_reset_the_same_memory_is_taken_again(void **state)
{
	struct arena a = { 0 };
	void *first = NULL;
	int i, k;

	(void)state;
	for (i = 0; i < 100; i++) {
		void *piece = arena_take(&a, 100);

		/* The first rounds grow it; then one chunk is enough. */
		if (i == 10)
			first = piece;
		if (i > 10)
			assert_ptr_equal(piece, first);
		for (k = 0; k < 50; k++)
			arena_take(&a, 100);
		arena_reset(&a);
	}
	arena_fini(&a);
}

static void
a_reset_keeps_a_limited_amount(void **state)
{
	struct arena a = { 0 };
	int i;

	(void)state;
	arena_reset(&a);
	arena_take(&a, 10 * ARENA_KEPT_MAX);
	arena_reset(&a);
	assert_int_equal(a.size, 0);
	for (i = 0; i < 100; i++)
		arena_take(&a, ARENA_KEPT_MAX / 10);
	assert_true(a.size > ARENA_KEPT_MAX);
	arena_reset(&a);
	assert_in_range(a.size, 1, ARENA_KEPT_MAX);
	memset(arena_take(&a, 1000), 'x', 1000);
	arena_fini(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pieces_of_any_size_are_aligned_and_apart),
		cmocka_unit_test(after_a_reset_the_same_memory_is_taken_again),
		cmocka_unit_test(a_reset_keeps_a_limited_amount),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
