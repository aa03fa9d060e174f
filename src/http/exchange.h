/*
 * The requests and replies of one connection, in order. Passes the input to the parser and one
 * request at a time to its handler, and appends the replies to the output of the socket. Not
 * responsible for when bytes are read and sent, for deadlines, or for the lifetime of the
 * connection (connection.c).
 */
#ifndef HTTP_EXCHANGE_H
#define HTTP_EXCHANGE_H

#include "http/buffered_socket.h"
#include "http/message.h"
#include "http/proxies.h"
#include "http/router.h"
#include "http/sink.h"

enum exchange_phase {
	PHASE_IDLE,      /* no byte of a request yet */
	PHASE_HEAD,      /* a head has started to arrive */
	PHASE_BODY,      /* the head is complete */
	PHASE_HANDLING,  /* a handler has the request */
	PHASE_STREAMING, /* a reply without an end is being sent */
	PHASE_CLOSING,   /* the last reply is being sent */
	PHASE_LINGERING, /* it is sent: wait until the client closes, so that no reset discards it */
};

/* What the exchanges of one server share. */
struct exchange_context {
	const struct router *router;
	const struct proxies *proxies; /* that are trusted; NULL for none */
	const char *path_prefix;
	void *app;     /* of each request */
	int idle_s;    /* how long a connection stays open between requests, in seconds */
	bool draining; /* the reply to the request at hand is the last one */
};

struct exchange {
	struct sink sink; /* of the request that its handler has */
	const struct exchange_context *context;
	struct buffered_socket *socket;
	const char *peer;
	void (*changed)(struct exchange *x);

	enum exchange_phase phase;
	int64_t since; /* when the phase began, monotonic ms */
	struct message message;
	struct request *rq;    /* being read, or with its handler */
	bool chunked;          /* the stream is sent in chunks */
	sink_closed_fn closed; /* while streaming: called when the stream is over */
	void *closed_arg;
};

/*
 * Starts idle. `context`, `socket` and `peer`, the client's address, are borrowed. `changed` is
 * called whenever there is new output, or a request was answered.
 */
void exchange_init(struct exchange *x, const struct exchange_context *context,
    struct buffered_socket *socket, const char *peer, void (*changed)(struct exchange *x));

/*
 * Ends a stream, whose sender is told, and drops a request. One that its handler has stays valid
 * until the reply, which goes nowhere.
 */
void exchange_fini(struct exchange *x);

/* Goes on to another phase. */
void exchange_enter(struct exchange *x, enum exchange_phase phase);

/* True while more input may be parsed: no request is being handled, and the output has room. */
bool exchange_may_parse(const struct exchange *x);

/* Parses and handles as much of the `len` bytes as it may now. Returns how many it took. */
size_t exchange_parse(struct exchange *x, const char *data, size_t len);

/*
 * Replies with an error if the input cannot be parsed or the client may not connect. It is the
 * last reply.
 */
void exchange_fail(struct exchange *x, enum err e, const char *detail);

/* Ends a stream and tells its sender, who must not send any more. */
void exchange_close_stream(struct exchange *x);

#endif
