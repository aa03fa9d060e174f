/*
 * Sends one HTTP request to one address and reads the answer. It does not interpret answers and
 * does not retry.
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
	struct buf answer;                /* its body; the caller frees it with buf_fini */
	char index[TRANSPORT_INDEX_SIZE]; /* its X-Cluster-Index, or "" */
	char why[TRANSPORT_WHY_SIZE];     /* the reason if there was no answer */
	bool sent; /* there was no answer, but the request may have arrived */
};

/* Initializes libcurl for the process. Any thread may call it at any time. */
void transport_setup(void);

struct transport *transport_new(void);
void transport_free(struct transport *t);

/* Sends the request and reads the answer, over a persistent connection. Returns false if there was
 * no answer. */
bool transport_exchange(struct transport *t, struct exchange *x);

/* Aborts the exchange in progress and later ones, each within about a second, until called with
 * `on` false. Any thread may call it. */
void transport_cancel(struct transport *t, bool on);

#endif
