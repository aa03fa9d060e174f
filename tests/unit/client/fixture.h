/*
 * A front-end that answers by script: what it says to which request, whether it cuts the
 * connection, hangs or streams. It keeps the requests, as they came, for the test to look at.
 */
#ifndef UNIT_CLIENT_FIXTURE_H
#define UNIT_CLIENT_FIXTURE_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include "support/cluster.h"

enum { STEPS_MAX = 32, REQUESTS_MAX = 64, CONNECTIONS_MAX = 32, WAIT_MS = 10000 };

enum act {
	ANSWER, /* and keep the connection */
	CUT,    /* after what there is of an answer */
	STREAM, /* the answer's begin; server_push adds to it, server_cut ends it */
	HANG,   /* until server_go or the end; then ANSWER */
};

struct step {
	char *begin; /* of the request, "GET /api/cluster/stats" */
	char *answer;
	enum act act;
	bool used;
};

struct server {
	int fd, port;
	char url[64];
	pthread_t thread, connections[CONNECTIONS_MAX];
	size_t n_connections;

	pthread_mutex_t lock; /* of what follows */
	pthread_cond_t changed;
	struct step steps[STEPS_MAX];
	size_t n_steps;
	char *requests[REQUESTS_MAX];
	size_t n_requests;
	int stream; /* the last STREAM, -1 for none */
	bool go, ending;
};

void server_start(struct server *s);

/* Ends all connections; all that was expected must have come. */
void server_stop(struct server *s);

/* The next request that begins so gets this answer, whole as it goes over the wire. */
void server_expect(struct server *s, const char *begin, enum act act, const char *answer);

/* The same with an answer made of status and JSON, or of a problem's code. */
void server_json(struct server *s, const char *begin, int status, const char *json);
void server_problem(struct server *s, const char *begin, int status, const char *code);

/* Begins an event stream, and says where it is, unless `position` is NULL. */
void server_stream(struct server *s, const char *begin, const char *position);

/* Text of an answer. Borrowed as api.h says. */
const char *json_answer(int status, const char *json);

/* Waits until a stream is open; sends on it; cuts it. */
void server_wait_stream(struct server *s);
void server_push(struct server *s, const char *text);
void server_cut(struct server *s);

/* Lets what hangs, and whatever is to hang, go on. */
void server_go(struct server *s);

/* How many requests have come. */
size_t server_count(struct server *s);

/* Waits until `n` requests have come, and returns the last of them. */
const char *server_wait(struct server *s, size_t n);

/* The value of a request's header; "" where it has none. Borrowed as api.h says. */
const char *header_of(const char *request, const char *name);

/* What follows a request's headers. */
const char *body_of(const char *request);

#endif
