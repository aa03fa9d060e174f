/* Streams. Invariant: a stream ends once, by http_stream_end or by the sink, and is freed then. */
#include "http/stream.h"

#include "base/memory.h"
#include "http/access_log.h"
#include "http/reply.h"
#include "http/request_internal.h"
#include "http/sink.h"

#include <stdlib.h>

struct http_stream {
	struct sink *sink;
	http_stream_closed_fn closed;
	void *arg;
};

static void
on_sink_closed(void *arg)
{
	struct http_stream *s = arg;

	s->closed(s->arg);
	free(s);
}

struct http_stream *
http_stream_start(
    struct request *rq, const char *content_type, http_stream_closed_fn closed, void *arg)
{
	struct http_stream *s;

	access_log_end(rq, 200);
	if (rq->sink == NULL) {
		request_free(rq);
		return NULL;
	}
	rq->keep_alive = false;
	reply_head(rq, 200, content_type, REPLY_LENGTH_UNKNOWN);
	if (rq->head) {
		sink_answered(rq->sink);
		return NULL;
	}
	s = xcalloc(1, sizeof(*s));
	s->sink = rq->sink;
	s->closed = closed;
	s->arg = arg;
	sink_stream_start(s->sink, on_sink_closed, s);
	return s;
}

void
http_stream_send(struct http_stream *s, const void *data, size_t len)
{
	sink_stream_send(s->sink, data, len);
}

size_t
http_stream_unsent(const struct http_stream *s)
{
	return sink_stream_unsent(s->sink);
}

void
http_stream_end(struct http_stream *s)
{
	sink_stream_end(s->sink);
	free(s);
}
