/*
 * The router: a linear walk, for a table has some dozens of rows and most differ from a path
 * within three short segments. Invariant: a pattern and a path match segment by segment, so a
 * path with a trailing slash, which has one segment more, is another path.
 */
#include "http/router.h"

#include <stdio.h>
#include <string.h>

/* Compares one pattern; sets `params` only as far as it matches. */
static bool
match_pattern(const char *pattern, const struct uri_path *path, const char **params)
{
	size_t i, n_params = 0;

	for (i = 0; *pattern == '/'; i++) {
		const char *segment =
		    i < path->n && i < URI_SEGMENTS_MAX ? path->segments[i] : NULL;

		pattern++;
		if (segment == NULL)
			return false;
		if (*pattern == ':') {
			if (*segment == '\0' || n_params == REQUEST_PARAMS_MAX)
				return false;
			params[n_params++] = segment;
			pattern = strchrnul(pattern, '/');
			continue;
		}
		while (*pattern == *segment && *pattern != '\0' && *pattern != '/') {
			pattern++;
			segment++;
		}
		/* A decoded segment may hold a '/'. */
		if (*segment != '\0' || (*pattern != '\0' && *pattern != '/'))
			return false;
	}
	return i == path->n;
}

const struct route *
router_match(const struct route *routes, size_t n_routes, enum method method,
    const struct uri_path *path, const char **params, unsigned *allowed)
{
	const char *found[REQUEST_PARAMS_MAX];
	const struct route *route = NULL;
	size_t i, k;

	*allowed = 0;
	for (i = 0; i < n_routes && route == NULL; i++) {
		for (k = 0; k < REQUEST_PARAMS_MAX; k++)
			found[k] = "";
		if (!match_pattern(routes[i].pattern, path, found))
			continue;
		*allowed |= 1u << routes[i].method;
		if (routes[i].method == method)
			route = &routes[i];
	}
	for (k = 0; k < REQUEST_PARAMS_MAX; k++)
		params[k] = route != NULL ? found[k] : "";
	return route;
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
