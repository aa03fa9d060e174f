/*
 * One HTTP request as a handler sees it, from the routed call to its one reply. The parser's
 * work (http/connection.c) and the reply's (http/reply.h) lie on either side.
 */
#ifndef HTTP_REQUEST_H
#define HTTP_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

enum { REQUEST_PARAMS_MAX = 2, REQUEST_QUERY_MAX = 16 };

enum method { METHOD_GET, METHOD_POST, METHOD_DELETE, METHOD_OTHER };

struct request;

/*
 * Answers the request, now or later, by exactly one call of a function of http/reply.h, which
 * frees the request. Until then the request and all that it points to stay valid, also when
 * the client has gone.
 */
typedef void (*request_handler)(struct request *rq);

/* One row of the route table. */
struct route {
	enum method method;
	const char
	    *pattern; /* "/api/cluster/nodes/:id": a segment with ':' takes any one segment */
	request_handler handler;
};

/* The `i`th ':' segment of the route's pattern, percent-decoded. Never NULL; may be "". */
const char *request_param(const struct request *rq, size_t i);

/* The value of the query parameter `name`, decoded; NULL where it is absent. */
const char *request_query(const struct request *rq, const char *name);

/* The method and the target as they were sent. Borrowed. */
const char *request_method(const struct request *rq);
const char *request_target(const struct request *rq);

/* The value of the header Idempotency-Key; "" where there is none. Borrowed. */
const char *request_idempotency_key(const struct request *rq);

/* The value of the header Last-Event-ID; "" where there is none. Borrowed. */
const char *request_last_event_id(const struct request *rq);

/* Notes that it has changed something, by the id of the change, which is copied. */
void request_changed(struct request *rq, const char *index);

/* Has it not be measured how long it takes: that is its client's own wish. */
void request_untimed(struct request *rq);

/* The body, `*len` bytes, followed by a NUL; "" where there is none. Borrowed. */
const char *request_body(const struct request *rq, size_t *len);

/* True where the client has closed the connection, or its side of it: hardly anybody will hear. */
bool request_gone(const struct request *rq);

/* The peer's numeric address without its port; "127.0.0.1" for a unix socket. Borrowed. */
const char *request_peer(const struct request *rq);

/* The pointer that was given to http_server_new. */
void *request_app(const struct request *rq);

#endif
