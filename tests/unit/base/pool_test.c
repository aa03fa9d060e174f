/* Pools: pieces are used again, and only a limited number is kept. */
#include "base/pool.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { SIZE = 40 };

static void
a_piece_that_was_given_back_comes_again(void **state)
{
	struct pool p = POOL_INIT(SIZE);
	void *piece = pool_take(&p), *other = pool_take(&p);

	(void)state;
	memset(piece, 'x', SIZE);
	assert_ptr_not_equal(piece, other);
	pool_give(&p, piece);
	if (POOL_SPARE_MAX > 0)
		assert_ptr_equal(pool_take(&p), piece);
	else
		piece = pool_take(&p);
	free(piece);
	free(other);
}

static void
spare_pieces_have_a_limit(void **state)
{
	static void *pieces[2 * POOL_SPARE_MAX + 1];
	struct pool p = POOL_INIT(SIZE);
	size_t i, n = sizeof(pieces) / sizeof(pieces[0]);

	(void)state;
	for (i = 0; i < n; i++)
		pieces[i] = pool_take(&p);
	for (i = 0; i < n; i++)
		pool_give(&p, pieces[i]);
	assert_int_equal(p.n_spare, POOL_SPARE_MAX);
	while (p.n_spare > 0)
		free(pool_take(&p));
	assert_null(p.spare);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_piece_that_was_given_back_comes_again),
		cmocka_unit_test(spare_pieces_have_a_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
