/*
 * The request object. Not responsible for reading it from bytes (message.c), nor for finding and
 * calling its handler (dispatch.c).
 */
#include "http/request_internal.h"

#include "base/pool.h"
#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { DETAIL_SIZE = 4096 + 256 }; /* a URI and some words */

static _Thread_local struct pool requests = POOL_INIT(sizeof(struct request));

struct request *
request_new(struct sink *sink, void *app, const char *peer)
{
	struct request *rq = pool_take(&requests);

	*rq = (struct request){
		.sink = sink,
		.app = app,
		.path_prefix = "",
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
	buf_fini(&rq->forwarded_for);
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
	return buf_str(&rq->target) + rq->path_start;
}

bool
request_has_idempotency_key(const struct request *rq)
{
	return rq->has_idempotency_key;
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
	return rq->sink == NULL || sink_client_gone(rq->sink);
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
