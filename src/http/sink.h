/*
 * Where the reply to a request goes. The connection that the request came on implements it, so
 * that what answers a request (reply.c, stream.c) knows nothing else about connections. A sink
 * takes the reply to one request at a time: to the one that its handler has.
 */
#ifndef HTTP_SINK_H
#define HTTP_SINK_H

#include "base/buf.h"

#include <stdbool.h>

struct sink;

/* The client has gone, or the server drains: the stream takes no more. */
typedef void (*sink_closed_fn)(void *arg);

struct sink_ops {
	struct buf *(*output)(struct sink *s);
	bool (*keeps_open)(const struct sink *s);
	int (*idle_s)(const struct sink *s);
	bool (*client_gone)(const struct sink *s);
	void (*answered)(struct sink *s);
	void (*stream_start)(struct sink *s, sink_closed_fn closed, void *arg);
	void (*stream_send)(struct sink *s, const void *data, size_t len);
	size_t (*stream_unsent)(const struct sink *s);
	void (*stream_end)(struct sink *s);
};

/* To be embedded in what implements it. */
struct sink {
	const struct sink_ops *ops;
};

/* The buffer to append the reply to; borrowed. */
static inline struct buf *
sink_output(struct sink *s)
{
	return s->ops->output(s);
}

/* True if another request may follow on the same connection. */
static inline bool
sink_keeps_open(const struct sink *s)
{
	return s->ops->keeps_open(s);
}

/* For how many seconds the connection then stays open without another request. */
static inline int
sink_idle_s(const struct sink *s)
{
	return s->ops->idle_s(s);
}

/* True if the client sends no more. Most have gone by then. */
static inline bool
sink_client_gone(const struct sink *s)
{
	return s->ops->client_gone(s);
}

/* The whole reply is in the output. Frees the request. */
static inline void
sink_answered(struct sink *s)
{
	s->ops->answered(s);
}

/*
 * The head of a reply without an end is in the output, and stream_send sends the rest. Frees the
 * request. `closed(arg)` is called once, from the event loop, unless sink_stream_end comes first.
 */
static inline void
sink_stream_start(struct sink *s, sink_closed_fn closed, void *arg)
{
	s->ops->stream_start(s, closed, arg);
}

/* Appends `len` bytes, at least 1, copied, which are sent soon, to HTTP/1.1 as a chunk. */
static inline void
sink_stream_send(struct sink *s, const void *data, size_t len)
{
	s->ops->stream_send(s, data, len);
}

/* The number of bytes that the client has not taken yet. */
static inline size_t
sink_stream_unsent(const struct sink *s)
{
	return s->ops->stream_unsent(s);
}

/* Closes the connection once all is sent. The sink must not be used any more. */
static inline void
sink_stream_end(struct sink *s)
{
	s->ops->stream_end(s);
}

#endif
