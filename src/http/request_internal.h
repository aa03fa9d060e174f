/*
 * The request object as the rest of this folder sees it: the parser fills it in, the reply reads
 * it. A request belongs to its connection until a handler has it, and then to the handler until
 * the reply.
 */
#ifndef HTTP_REQUEST_INTERNAL_H
#define HTTP_REQUEST_INTERNAL_H

#include "base/buf.h"
#include "base/error.h"
#include "http/request.h"
#include "http/sink.h"
#include "http/uri.h"

#include <netinet/in.h>
#include <stdint.h>

enum { REQUEST_ID_MAX = 128, REQUEST_CHANGE_MAX = 48 };

enum expectation { EXPECT_NOTHING, EXPECT_CONTINUE, EXPECT_OTHER };

struct request {
	struct sink *sink; /* where the reply goes; NULL once the connection is closed */
	void *app;
	const char *path_prefix;     /* of the server, for a Location; "" for none */
	char peer[INET6_ADDRSTRLEN]; /* the client, where a trusted proxy has told of it */

	/* The head, from the parser. */
	const char *method_name;
	enum method method;
	bool head; /* the method is HEAD: answered like GET, without the body */
	bool http10;
	bool keep_alive; /* the client wants it, and nothing has gone wrong since */
	bool other_type; /* the Content-Type is not JSON */
	bool encoded;    /* there is a Content-Encoding other than identity */
	bool chunked;
	bool cross_origin; /* it would change something, and a page of another site made it */
	enum expectation expect;
	uint64_t length; /* of Content-Length */
	struct buf target;
	bool has_idempotency_key; /* it may be "" */
	struct buf idempotency_key, last_event_id, if_none_match;
	struct buf forwarded_for; /* all X-Forwarded-For, separated by commas */
	struct buf body;
	char id[REQUEST_ID_MAX + 1];     /* X-Request-Id; access_log_end makes one if it is "" */
	char change[REQUEST_CHANGE_MAX]; /* id of the change that it made; "" for none */

	/* From dispatch_resolve. */
	enum err verdict; /* if an error: no handler is called, and the body is not kept */
	struct buf detail;
	unsigned allowed;  /* with ERR_METHOD_NOT_ALLOWED, as in http/router.h */
	size_t path_start; /* where the path begins in the target, after the prefix */
	const struct route *route;
	size_t route_number; /* from 1 on; 0: no route */
	int64_t begun_us;    /* when it was complete, on the monotonic clock; 0: it is not yet */
	bool untimed;        /* the client has asked to wait: its duration does not count */
	struct buf text;     /* the decoded path and query, to which params and query point */
	const char *params[REQUEST_PARAMS_MAX];
	struct uri_pair query[REQUEST_QUERY_MAX];
	size_t n_query;

	struct buf headers; /* of the reply */
	bool kept; /* the client may keep the reply, and must ask each time if it is current */
};

/*
 * A request without content, to be freed by request_free. `sink` may be NULL: the reply then goes
 * nowhere. `sink` and `app` are borrowed, `peer` is copied. Never NULL.
 */
struct request *request_new(struct sink *sink, void *app, const char *peer);

/* Frees the request. NULL is not allowed. */
void request_free(struct request *rq);

/* Sets the verdict to an error, and its sentence. */
void request_refuse(struct request *rq, enum err e, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#endif
