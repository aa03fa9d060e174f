/*
 * The router: a linear search, as a table has only some dozens of rows, over patterns that were split
 * in advance. Paths mostly differ in their number of segments or in their last one, so these are
 * compared first. Invariant: patterns and paths are compared segment by segment, so a path with a
 * trailing slash has one more, empty, segment and is another path.
 */
#include "http/router.h"

#include "base/memory.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATTERN_SEGMENTS_MAX = 8 };

struct row {
	const struct route *route;
	size_t n, n_params;
	struct {
		const char *text; /* after the '/'; ':' matches any segment */
		size_t len;
	} segments[PATTERN_SEGMENTS_MAX];
};

struct router {
	const struct route *routes;
	size_t n;
	struct row rows[];
};

static void
split(struct row *row, const struct route *route)
{
	const char *at = route->pattern;

	*row = (struct row){ .route = route };
	while (*at == '/') {
		assert(row->n < PATTERN_SEGMENTS_MAX);
		row->segments[row->n].text = ++at;
		row->n_params += *at == ':';
		at = strchrnul(at, '/');
		row->segments[row->n].len = (size_t)(at - row->segments[row->n].text);
		row->n++;
	}
	assert(row->n_params <= REQUEST_PARAMS_MAX);
}

struct router *
router_new(const struct route *routes, size_t n_routes)
{
	struct router *r = xcalloc(1, sizeof(*r) + n_routes * sizeof(r->rows[0]));

	r->routes = routes;
	for (r->n = 0; r->n < n_routes; r->n++)
		split(&r->rows[r->n], &routes[r->n]);
	return r;
}

void
router_free(struct router *r)
{
	free(r);
}

/* Compares one row. If it matches, its parameters are in `params`. */
static bool
match_row(const struct row *row, const struct uri_path *path, const char **params)
{
	size_t i = row->n, k = row->n_params;

	if (row->n != path->n)
		return false;
	while (i-- > 0) {
		const char *text = row->segments[i].text;
		size_t len = row->segments[i].len;

		if (*text == ':' && path->lens[i] > 0)
			params[--k] = path->segments[i];
		else if (len != path->lens[i] || memcmp(text, path->segments[i], len) != 0)
			return false;
	}
	return true;
}

const struct route *
router_match(const struct router *r, enum method method, const struct uri_path *path,
    const char **params, unsigned *allowed)
{
	const char *found[REQUEST_PARAMS_MAX] = { NULL };
	size_t i, k;

	for (k = 0; k < REQUEST_PARAMS_MAX; k++)
		params[k] = "";
	*allowed = 0;
	for (i = 0; i < r->n; i++) {
		const struct row *row = &r->rows[i];

		if (!match_row(row, path, found))
			continue;
		*allowed |= 1u << row->route->method;
		if (row->route->method != method)
			continue;
		for (k = 0; k < row->n_params; k++)
			params[k] = found[k];
		return row->route;
	}
	return NULL;
}

size_t
router_number(const struct router *r, const struct route *route)
{
	return (size_t)(route - r->routes) + 1;
}

void
router_allow_text(unsigned allowed, char out[ROUTER_ALLOW_SIZE])
{
	static const char *const names[] = {
		[METHOD_GET] = "GET, HEAD",
		[METHOD_POST] = "POST",
		[METHOD_DELETE] = "DELETE",
	};
	size_t i, len = 0;

	out[0] = '\0';
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (allowed & 1u << i)
			len += (size_t)snprintf(out + len, ROUTER_ALLOW_SIZE - len, "%s%s",
			    len > 0 ? ", " : "", names[i]);
}
