/*
 * One HTTP request as its handler sees it. A handler answers it with http/reply.h or
 * http/stream.h.
 */
#ifndef HTTP_REQUEST_H
#define HTTP_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

enum { REQUEST_PARAMS_MAX = 2, REQUEST_QUERY_MAX = 16 };

enum method { METHOD_GET, METHOD_POST, METHOD_DELETE, METHOD_OTHER };

struct request;

/*
 * Answers the request, now or later, by exactly one call of a function that replies, which frees the
 * request. Until then the request and all that it points to stay valid, even if the client has gone.
 */
typedef void (*request_handler)(struct request *rq);

/* One row of the route table. */
struct route {
	enum method method;
	const char *pattern; /* "/api/nodes/:id": ':' starts a segment that matches any one */
	request_handler handler;
	const char *query; /* the names of its query parameters, a space between; NULL: any */
};

/* The path segment that matched the `i`th ':' (from 0) of the pattern, decoded. Never NULL; may be "". */
const char *request_param(const struct request *rq, size_t i);

/* The value of the query parameter `name`, decoded; NULL if it is absent. Borrowed. */
const char *request_query(const struct request *rq, const char *name);

/* The method as it was sent. Borrowed. */
const char *request_method(const struct request *rq);

/* The path, without the server's prefix, and the query, as they were sent. Borrowed. */
const char *request_target(const struct request *rq);

/* True if there is a header Idempotency-Key, which may be empty. */
bool request_has_idempotency_key(const struct request *rq);

/* The value of the header Idempotency-Key; "" if there is none. Borrowed. */
const char *request_idempotency_key(const struct request *rq);

/* The value of the header Last-Event-ID; "" if there is none. Borrowed. */
const char *request_last_event_id(const struct request *rq);

/* Notes that the request has changed something; `index`, the id of the change, is copied. */
void request_changed(struct request *rq, const char *index);

/* Excludes the request from the durations in the metrics, because the client has asked to wait. */
void request_untimed(struct request *rq);

/* The body, `*len` bytes followed by a NUL; "" if there is none. Borrowed. */
const char *request_body(const struct request *rq, size_t *len);

/* True if the client has closed the connection or its side of it; most have gone then. */
bool request_gone(const struct request *rq);

/*
 * The client's numeric address without its port: the peer's or, where that is a trusted proxy, the one that
 * it has told in X-Forwarded-For. "127.0.0.1" for a unix socket. Borrowed.
 */
const char *request_peer(const struct request *rq);

/* The pointer that was given to http_server_new. */
void *request_app(const struct request *rq);

#endif
