/*
 * One HTTP exchange with one address. Not responsible for what an answer means, nor for trying
 * again.
 */
#ifndef CLIENT_TRANSPORT_H
#define CLIENT_TRANSPORT_H

#include "base/buf.h"

#include <stdatomic.h>
#include <stdbool.h>

enum { TRANSPORT_WHY_SIZE = 256, TRANSPORT_INDEX_SIZE = 64 };

struct transport;

struct exchange {
	const char *method; /* GET, POST, DELETE */
	const char *url;
	const char *body; /* NULL for none */
	const char *key;  /* the Idempotency-Key, NULL for none */
	int connect_ms, total_ms;

	long status;                      /* of the answer */
	struct buf answer;                /* its body; for buf_fini */
	char index[TRANSPORT_INDEX_SIZE]; /* its X-Cluster-Index, or "" */
	char why[TRANSPORT_WHY_SIZE];     /* why none came */
	bool sent;                        /* none came, but the request may have arrived */
};

/* Has libcurl ready for the process. Any thread, any time. */
void transport_setup(void);

struct transport *transport_new(void);
void transport_free(struct transport *t);

/* Sends the request and reads the answer, on a connection that is kept. False where none came. */
bool transport_exchange(struct transport *t, struct exchange *x);

/* Any thread: ends what is under way and all that follows within about a second, until it is
 * called with false. */
void transport_cancel(struct transport *t, bool on);

#endif
