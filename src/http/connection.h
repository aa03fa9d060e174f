/* One accepted connection: its bytes, its deadlines, and the order of its replies. */
#ifndef HTTP_CONNECTION_H
#define HTTP_CONNECTION_H

#include "http/request_internal.h"
#include "http/server_internal.h"

struct http_stream;

/*
 * Serves `fd`, which is non-blocking and from now on the connection's. `peer` is copied. With
 * `refused` the connection is one too many: it is told so and closed.
 */
void connection_new(struct http_server *s, int fd, const char *peer, bool refused);

/* Cuts all connections. A request that a handler has is left to it. */
void connection_cut_all(struct http_server *s);

/* Has all connections take a turn soon. */
void connection_wake_all(struct http_server *s);

/* Takes the next connection out of those that were woken; NULL where there is none. */
struct connection *connection_next_woken(struct http_server *s);

/*
 * Parses what has come, sends what is due, and sees what is next: after it the connection may
 * be gone. `input`, `len` bytes and not NULL, is what has just been read. log_flush is to follow.
 */
void connection_turn(struct connection *c, const char *input, size_t len);

/* Where the reply to the request that a handler has is to be put. */
struct buf *connection_output(struct connection *c);

/* True where the client sends no more: most have gone then. */
bool connection_ended(const struct connection *c);

/* Whether another request may follow the one that a handler has. */
bool connection_keeps(const struct connection *c);

/* Makes the connection the stream's, of the request that a handler has; frees the request. */
void connection_stream(struct connection *c, struct http_stream *s);

/* Puts `len` bytes of its stream into the output, which is sent soon. */
void connection_stream_send(struct connection *c, const void *data, size_t len);

/* Ends the stream: the connection closes once all is sent. */
void connection_stream_end(struct connection *c);

/* The bytes of output that the client has not taken yet. */
size_t connection_backlog(const struct connection *c);

/* stream.c's: the stream's connection is about to go. Frees the stream. */
void http_stream_lost(struct http_stream *s);

/* The reply is in the output: frees the request and goes on to the next. */
void connection_answered(struct connection *c);

#endif
