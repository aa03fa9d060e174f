/*
 * From a request to its handler. Invariant: a request whose verdict is an error never reaches a
 * handler.
 */
#include "http/dispatch.h"

#include "http/access_log.h"
#include "http/reply.h"

#include <string.h>
#include <strings.h>

/* The path in `target`, after the "http://host" that may stand before it; NULL if it has none. */
static const char *
find_path(const char *target)
{
	if (*target == '/')
		return target;
	if (strncasecmp(target, "http://", 7) == 0)
		target += 7;
	else if (strncasecmp(target, "https://", 8) == 0)
		target += 8;
	else
		return NULL;
	return target + strcspn(target, "/?");
}

/* Replies that the page is at the prefix with a slash after it: its links are relative to that. */
static void
redirect(struct request *rq)
{
	const char *query = strchrnul(buf_str(&rq->target), '?');

	reply_location(rq, "/", query, strlen(query));
	reply_empty(rq, 308);
}

/* Skips the prefix of the server, if `path` begins with it. */
static const char *
skip_prefix(struct request *rq, const char *path)
{
	static const struct route slash = { METHOD_GET, "", redirect };
	size_t len = strlen(rq->path_prefix);

	if (len == 0 || strncmp(path, rq->path_prefix, len) != 0)
		return path;
	if (path[len] == '\0' || path[len] == '?')
		rq->route = &slash;
	return path[len] == '/' ? path + len : path;
}

/* True if `name` is a word of the list `names`. */
static bool
is_listed(const char *names, const char *name)
{
	size_t len = strlen(name), n;

	for (; *names != '\0'; names += n + (names[n] == ' ')) {
		n = strcspn(names, " ");
		if (n > 0 && n == len && memcmp(names, name, n) == 0)
			return true;
	}
	return false;
}

/* Refuses a parameter that the route does not have, and one without a value. */
static void
check_parameters(struct request *rq)
{
	const char *names = rq->route->query;
	size_t i;

	for (i = 0; names != NULL && i < rq->n_query; i++) {
		const struct uri_pair *p = &rq->query[i];

		if (!is_listed(names, p->name))
			request_refuse(rq, ERR_UNKNOWN_PARAMETER,
			    "%.128s: there is no such query parameter here", p->name);
		else if (*p->value == '\0')
			request_refuse(rq, ERR_INVALID_FIELD, "%s: a value is expected", p->name);
		if (rq->verdict != ERR_OK)
			return;
	}
}

/* Splits the query, NULL for none, and refuses one that is malformed. */
static void
resolve_query(struct request *rq, char *query)
{
	size_t i, k;

	if (uri_split_query(query, rq->query, REQUEST_QUERY_MAX, &rq->n_query) != ERR_OK) {
		if (rq->n_query == REQUEST_QUERY_MAX)
			request_refuse(rq, ERR_BAD_REQUEST,
			    "The query has more than %d parameters.", REQUEST_QUERY_MAX);
		else
			request_refuse(
			    rq, ERR_BAD_REQUEST, "The query has an invalid percent-escape.");
		return;
	}
	for (i = 1; i < rq->n_query; i++)
		for (k = 0; k < i; k++)
			if (strcmp(rq->query[i].name, rq->query[k].name) == 0) {
				request_refuse(rq, ERR_INVALID_FIELD,
				    "The query parameter %s is given more than once.",
				    rq->query[i].name);
				return;
			}
	check_parameters(rq);
}

void
dispatch_resolve(struct request *rq, const struct router *router)
{
	const char *target = buf_str(&rq->target), *start;
	int path_len = (int)(strchrnul(target, '?') - target);
	struct uri_path path;
	char *query;

	if (strchr(target, '#') != NULL) {
		request_refuse(rq, ERR_BAD_REQUEST, "The request target has a fragment.");
		return;
	}
	start = find_path(target);
	if (start == NULL) {
		request_refuse(rq, ERR_NOT_FOUND, "No route for %s %s.", rq->method_name, target);
		return;
	}
	start = skip_prefix(rq, start);
	rq->path_start = (size_t)(start - target);
	if (rq->route != NULL)
		return;
	if (*start != '/')
		buf_add(&rq->text, "/", 1);
	buf_add_str(&rq->text, start);
	query = strchr(rq->text.data, '?');
	if (query != NULL)
		*query++ = '\0';
	if (!uri_split_path(rq->text.data, &path)) {
		request_refuse(rq, ERR_BAD_REQUEST, "The path has an invalid percent-escape.");
		return;
	}
	rq->route = router_match(router, rq->method, &path, rq->params, &rq->allowed);
	if (rq->route != NULL) {
		rq->route_number = router_number(router, rq->route);
		resolve_query(rq, query);
	} else if (rq->allowed == 0) {
		request_refuse(
		    rq, ERR_NOT_FOUND, "No route for %s %.*s.", rq->method_name, path_len, target);
	} else {
		request_refuse(rq, ERR_METHOD_NOT_ALLOWED, "%s is not a method of %.*s.",
		    rq->method_name, path_len, target);
	}
	if (rq->verdict != ERR_OK)
		return;
	if (rq->cross_origin)
		request_refuse(rq, ERR_CROSS_ORIGIN,
		    "Pages of other sites may not change the cluster through a browser.");
	else if (rq->expect == EXPECT_OTHER)
		request_refuse(rq, ERR_EXPECTATION_FAILED, "The expectation is not known.");
	else if (rq->encoded)
		request_refuse(
		    rq, ERR_UNSUPPORTED_MEDIA_TYPE, "The Content-Encoding is not identity.");
	else if (rq->other_type && rq->length > 0)
		request_refuse(
		    rq, ERR_UNSUPPORTED_MEDIA_TYPE, "The Content-Type is not application/json.");
}

void
dispatch_call(struct request *rq)
{
	char allow[ROUTER_ALLOW_SIZE];

	access_log_begin(rq);
	/* Only now is it known whether a chunked body is empty. */
	if (rq->verdict == ERR_OK && rq->other_type && rq->body.len > 0)
		request_refuse(
		    rq, ERR_UNSUPPORTED_MEDIA_TYPE, "The Content-Type is not application/json.");
	if (rq->verdict == ERR_OK) {
		rq->route->handler(rq);
		return;
	}
	if (rq->verdict == ERR_METHOD_NOT_ALLOWED) {
		router_allow_text(rq->allowed, allow);
		reply_header(rq, "Allow", allow);
	}
	if (rq->verdict == ERR_UNSUPPORTED_MEDIA_TYPE && rq->encoded)
		reply_header(rq, "Accept-Encoding", "identity");
	reply_problem(rq, rq->verdict, buf_str(&rq->detail));
}
