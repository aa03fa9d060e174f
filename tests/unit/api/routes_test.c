/* The route table: what must be true of each row, and that each row can be found. */
#include "api/routes.h"

#include "base/error.h"
#include "http/router.h"
#include "http/uri.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void
each_row_is_complete(void **state)
{
	size_t i;

	(void)state;
	assert_true(api_routes_count > 0);
	for (i = 0; i < api_routes_count; i++) {
		const char *pattern = api_routes[i].pattern;

		assert_non_null(api_routes[i].handler);
		assert_int_equal(pattern[0], '/');
		if (pattern[1] != '\0')
			assert_int_not_equal(pattern[strlen(pattern) - 1], '/');
		assert_int_not_equal(api_routes[i].method, METHOD_OTHER);
	}
}

static void
no_two_rows_are_the_same(void **state)
{
	size_t i, k;

	(void)state;
	for (i = 0; i < api_routes_count; i++)
		for (k = 0; k < i; k++) {
			bool same = strcmp(api_routes[i].pattern, api_routes[k].pattern) == 0;

			assert_false(same && api_routes[i].method == api_routes[k].method);
			assert_true(api_routes[i].handler != api_routes[k].handler);
		}
}

/* A pattern is also a path that matches it: ":id" is a possible value of its segment. */
static void
each_row_is_found_by_its_path(void **state)
{
	struct router *r = router_new(api_routes, api_routes_count);
	size_t i;

	(void)state;
	for (i = 0; i < api_routes_count; i++) {
		const char *params[REQUEST_PARAMS_MAX];
		struct uri_path path;
		char copy[128];
		unsigned allowed;

		snprintf(copy, sizeof(copy), "%s", api_routes[i].pattern);
		assert_true(uri_split_path(copy, &path));
		assert_ptr_equal(
		    router_match(r, api_routes[i].method, &path, params, &allowed), &api_routes[i]);
		assert_int_equal(router_number(r, &api_routes[i]), i + 1);
	}
	router_free(r);
}

static void
the_contract_has_its_rows(void **state)
{
	static const struct {
		enum method method;
		const char *pattern;
	} rows[] = {
		{ METHOD_GET, "/api/cluster/nodes" },
		{ METHOD_POST, "/api/cluster/nodes" },
		{ METHOD_GET, "/api/cluster/nodes/:id" },
		{ METHOD_POST, "/api/cluster/nodes/:id" },
		{ METHOD_DELETE, "/api/cluster/nodes/:id" },
		{ METHOD_GET, "/api/cluster/assignments" },
		{ METHOD_POST, "/api/cluster/assignments" },
		{ METHOD_GET, "/api/cluster/assignments/:agent_id" },
		{ METHOD_DELETE, "/api/cluster/assignments/:agent_id" },
		{ METHOD_GET, "/api/cluster/balance" },
		{ METHOD_POST, "/api/cluster/balance" },
		{ METHOD_GET, "/api/cluster/leader" },
		{ METHOD_POST, "/api/cluster/leader" },
		{ METHOD_GET, "/api/cluster/stats" },
		{ METHOD_GET, "/api/openapi.json" },
		{ METHOD_GET, "/" },
		{ METHOD_GET, "/livez" },
		{ METHOD_GET, "/readyz" },
	};
	size_t i, k;

	(void)state;
	for (i = 0; i < ARRAY_LEN(rows); i++) {
		for (k = 0; k < api_routes_count; k++)
			if (api_routes[k].method == rows[i].method &&
			    strcmp(api_routes[k].pattern, rows[i].pattern) == 0)
				break;
		if (k == api_routes_count)
			fail_msg("%s is missing", rows[i].pattern);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_row_is_complete),
		cmocka_unit_test(no_two_rows_are_the_same),
		cmocka_unit_test(each_row_is_found_by_its_path),
		cmocka_unit_test(the_contract_has_its_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
