/*
 * Streams. Invariant: a stream and its connection point to each other, and neither outlives that:
 * connection.c calls http_stream_lost before it lets go.
 */
#include "http/stream.h"

#include "base/memory.h"
#include "http/account.h"
#include "http/connection.h"
#include "http/reply.h"

#include <stdlib.h>

struct http_stream {
	struct connection *conn;
	http_stream_closed_fn closed;
	void *arg;
};

struct http_stream *
reply_stream(struct request *rq, const char *content_type, http_stream_closed_fn closed, void *arg)
{
	struct http_stream *s;

	account_end(rq, 200);
	if (rq->conn == NULL) {
		request_free(rq);
		return NULL;
	}
	rq->keep_alive = false;
	reply_head(rq, 200, content_type, REPLY_LENGTH_UNKNOWN);
	if (rq->head) {
		connection_answered(rq->conn);
		return NULL;
	}
	s = xcalloc(1, sizeof(*s));
	s->conn = rq->conn;
	s->closed = closed;
	s->arg = arg;
	connection_stream(s->conn, s);
	return s;
}

void
http_stream_send(struct http_stream *s, const void *data, size_t len)
{
	connection_stream_send(s->conn, data, len);
}

size_t
http_stream_backlog(const struct http_stream *s)
{
	return connection_backlog(s->conn);
}

void
http_stream_end(struct http_stream *s)
{
	connection_stream_end(s->conn);
	free(s);
}

void
http_stream_lost(struct http_stream *s)
{
	s->closed(s->arg);
	free(s);
}
