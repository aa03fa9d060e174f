/*
 * Replies of unknown length: data is sent as it comes, until one side closes. To HTTP/1.1 it is sent in
 * chunks, to HTTP/1.0 as it is. The connection ends with the reply.
 */
#ifndef HTTP_STREAM_H
#define HTTP_STREAM_H

#include "http/request.h"

#include <stddef.h>

struct http_stream;

/* The client has gone, or the server drains. The stream is freed and must not be used any more. */
typedef void (*http_stream_closed_fn)(void *arg);

/*
 * Replies 200 with a stream of `content_type`. Consumes the request. `closed(arg)` is called once,
 * from the event loop, unless http_stream_end comes first. NULL if the client has gone already
 * or has asked by HEAD: then nothing is called.
 */
struct http_stream *http_stream_start(
    struct request *rq, const char *content_type, http_stream_closed_fn closed, void *arg);

/* Sends `len` bytes, at least 1, copied, soon; in HTTP/1.1 as one chunk. */
void http_stream_send(struct http_stream *s, const void *data, size_t len);

/* The number of bytes that the client has not taken yet. */
size_t http_stream_unsent(const struct http_stream *s);

/* Closes the connection once all is sent. Frees the stream. */
void http_stream_end(struct http_stream *s);

#endif
