/*
 * The request object, and the judgement of its head. Not responsible for bytes (message.c) nor
 * for when a request is read and answered (connection.c). Invariant: a request with a verdict
 * other than ERR_OK never reaches a handler.
 */
#include "base/text.h"
#include "http/request_internal.h"

#include "base/pool.h"
#include "http/account.h"
#include "http/connection.h"
#include "http/reply.h"
#include "http/router.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { DETAIL_SIZE = 4096 + 256 }; /* a URI and some words */

static _Thread_local struct pool requests = POOL_INIT(sizeof(struct request));

struct request *
request_new(struct connection *conn, void *app, const char *peer)
{
	struct request *rq = pool_take(&requests);

	*rq = (struct request){
		.conn = conn,
		.app = app,
		.method_name = "",
		.method = METHOD_OTHER,
	};
	text_copy(rq->peer, sizeof(rq->peer), peer);
	return rq;
}

void
request_free(struct request *rq)
{
	buf_fini(&rq->target);
	buf_fini(&rq->idempotency_key);
	buf_fini(&rq->last_event_id);
	buf_fini(&rq->if_none_match);
	buf_fini(&rq->body);
	buf_fini(&rq->detail);
	buf_fini(&rq->headers);
	buf_fini(&rq->text);
	pool_give(&requests, rq);
}

void
request_refuse(struct request *rq, enum err e, const char *fmt, ...)
{
	char detail[DETAIL_SIZE];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(detail, sizeof(detail), fmt, ap);
	va_end(ap);
	rq->verdict = e;
	buf_reset(&rq->detail);
	buf_add_str(&rq->detail, detail);
}

/*
 * Copies the path and query of `target`, which may have "http://host" before them, so that it starts
 * with '/'. False where it is neither.
 */
static bool
copy_path(struct buf *text, const char *target)
{
	if (*target != '/') {
		if (strncasecmp(target, "http://", 7) == 0)
			target += 7;
		else if (strncasecmp(target, "https://", 8) == 0)
			target += 8;
		else
			return false;
		target += strcspn(target, "/?");
		if (*target != '/')
			buf_add(text, "/", 1);
	}
	buf_add_str(text, target);
	return true;
}

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
}

void
request_resolve(struct request *rq, const struct router *router)
{
	const char *target = buf_str(&rq->target);
	int path_len = (int)(strchrnul(target, '?') - target);
	struct uri_path path;
	char *query;

	if (strchr(target, '#') != NULL) {
		request_refuse(rq, ERR_BAD_REQUEST, "The request target has a fragment.");
		return;
	}
	if (!copy_path(&rq->text, target)) {
		request_refuse(rq, ERR_NOT_FOUND, "No route for %s %s.", rq->method_name, target);
		return;
	}
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
	else if (rq->other_type && rq->length > 0)
		request_refuse(
		    rq, ERR_UNSUPPORTED_MEDIA_TYPE, "The Content-Type is not application/json.");
}

void
request_dispatch(struct request *rq)
{
	char allow[ROUTER_ALLOW_SIZE];

	account_begin(rq);
	/* Only now is it known whether a chunked body was empty. */
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
	reply_problem(rq, rq->verdict, buf_str(&rq->detail));
}

const char *
request_param(const struct request *rq, size_t i)
{
	return i < REQUEST_PARAMS_MAX && rq->params[i] != NULL ? rq->params[i] : "";
}

const char *
request_query(const struct request *rq, const char *name)
{
	size_t i;

	for (i = 0; i < rq->n_query; i++)
		if (strcmp(rq->query[i].name, name) == 0)
			return rq->query[i].value;
	return NULL;
}

const char *
request_body(const struct request *rq, size_t *len)
{
	*len = rq->body.len;
	return buf_str(&rq->body);
}

const char *
request_method(const struct request *rq)
{
	return rq->method_name;
}

const char *
request_target(const struct request *rq)
{
	return buf_str(&rq->target);
}

const char *
request_idempotency_key(const struct request *rq)
{
	return buf_str(&rq->idempotency_key);
}

const char *
request_last_event_id(const struct request *rq)
{
	return buf_str(&rq->last_event_id);
}

void
request_changed(struct request *rq, const char *index)
{
	text_copy(rq->change, sizeof(rq->change), index);
}

void
request_untimed(struct request *rq)
{
	rq->untimed = true;
}

bool
request_gone(const struct request *rq)
{
	return rq->conn == NULL || connection_ended(rq->conn);
}

const char *
request_peer(const struct request *rq)
{
	return rq->peer;
}

void *
request_app(const struct request *rq)
{
	return rq->app;
}
