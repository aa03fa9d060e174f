/*
 * The client: tries the addresses in turn, and keeps the result of the last call. The operations
 * are in nodes.c, agents.c and cluster.c.
 */
#ifndef CLIENT_CLIENT_H
#define CLIENT_CLIENT_H

#include "client/address.h"
#include "client/error.h"
#include "client/transport.h"
#include "muster/muster.h"

#include "base/buf.h"
#include "base/id.h"

struct muster_client {
	struct addresses addresses;
	atomic_size_t current; /* the address that answered last */
	int connect_ms, total_ms, rounds;
	struct transport *transport;
	struct muster_error error;
	bool in_doubt; /* the last call failed, but may have been carried out */
	char index[TRANSPORT_INDEX_SIZE];
};

struct call {
	const char *method;
	const char *path; /* with its query string */
	const char *body; /* NULL for none */
	const char *key;  /* NULL for none */
};

/* Makes the call, trying one address after another. Returns the reply; or NULL and sets
 * c->error. */
muster_reply *client_call(muster_client *c, const struct call *call);

/* Makes a GET request. Returns as client_call does. */
muster_reply *client_get(muster_client *c, const char *path);

/* Makes a POST request with an Idempotency-Key, so that it is applied once. Returns as client_call
 * does. */
muster_reply *client_post(muster_client *c, const char *path, const char *body);

/* Makes a DELETE request. If an earlier try may have been carried out, a 404 counts as success, and
 * the reply is {}. */
muster_reply *client_delete(muster_client *c, const char *path);

/* Returns true and resets the error if `id` is a valid id. Otherwise returns false and sets an
 * error that names `what`. */
bool client_check_id(muster_client *c, const char *what, const char *id);

/* Sets the error to MUSTER_BAD_ARGUMENT with `what` as the detail. Returns NULL. */
muster_reply *client_bad_argument(muster_client *c, const char *what);

/* Appends "?name=value" or "&name=value", with the value escaped. Appends nothing if `value` is
 * NULL. */
void client_add_query(struct buf *path, const char *name, const char *value);

/* A random number less than `below`, which must be above 0. */
unsigned client_random(unsigned below);

#endif
