/*
 * A front-end that answers by a script: the script says which answer each request gets, and whether
 * the server then closes the connection, hangs or streams. It keeps the requests for the test to
 * check.
 */
#ifndef UNIT_CLIENT_FIXTURE_H
#define UNIT_CLIENT_FIXTURE_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include "support/cluster.h"

enum { STEPS_MAX = 32, REQUESTS_MAX = 64, CONNECTIONS_MAX = 32, WAIT_MS = 10000 };

enum act {
	ANSWER, /* send the answer and keep the connection */
	CUT,    /* send the answer, which may be incomplete, and close the connection */
	STREAM, /* send the answer, the start of a stream; server_push adds to it, server_cut ends it */
	HANG, /* wait for server_go or server_stop; then do as ANSWER */
};

struct step {
	char *begin; /* the start of the request, such as "GET /api/cluster/stats" */
	char *answer;
	enum act act;
	bool used;
};

struct server {
	int fd, port;
	char url[64];
	pthread_t thread, connections[CONNECTIONS_MAX];
	size_t n_connections;

	pthread_mutex_t lock; /* guards the members below */
	pthread_cond_t changed;
	struct step steps[STEPS_MAX];
	size_t n_steps;
	char *requests[REQUESTS_MAX];
	size_t n_requests;
	int stream; /* the last STREAM, -1 for none */
	bool go, ending;
};

void server_start(struct server *s);

/* Closes all connections. Fails the test if an expected request did not arrive. */
void server_stop(struct server *s);

/* Gives this answer to the next request that begins with `begin`. `answer` is sent as it is. */
void server_expect(struct server *s, const char *begin, enum act act, const char *answer);

/* Like server_expect, with an answer made from a status and JSON, or from a problem's code. */
void server_json(struct server *s, const char *begin, int status, const char *json);
void server_problem(struct server *s, const char *begin, int status, const char *code);

/* Starts an event stream. Sends the event id `position` first, unless it is NULL. */
void server_stream(struct server *s, const char *begin, const char *position);

/* The text of an answer. Borrowed as in api.h. */
const char *json_answer(int status, const char *json);

/* Waits until a stream is open; sends text on it; closes it. */
void server_wait_stream(struct server *s);
void server_push(struct server *s, const char *text);
void server_cut(struct server *s);

/* Continues what hangs now or would hang later. */
void server_go(struct server *s);

/* The number of requests so far. */
size_t server_count(struct server *s);

/* Waits until there are `n` requests, and returns the last one. */
const char *server_wait(struct server *s, size_t n);

/* The value of a header of the request; "" if it has none. Borrowed as in api.h. */
const char *header_of(const char *request, const char *name);

/* The body of the request. */
const char *body_of(const char *request);

#endif
