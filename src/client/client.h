/*
 * The client: addresses tried in turn, and what the last call came to. What an operation sends
 * and is answered is nodes.c's, agents.c's and cluster.c's.
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
	bool in_doubt; /* the last call has failed, and may have been carried out all the same */
	char index[TRANSPORT_INDEX_SIZE];
};

struct call {
	const char *method;
	const char *path; /* with its query */
	const char *body; /* NULL for none */
	const char *key;  /* NULL for none */
};

/* Makes the call, at one address after the other. NULL, and c->error says why. */
muster_reply *client_call(muster_client *c, const struct call *call);

/* GET of a path. */
muster_reply *client_get(muster_client *c, const char *path);

/* POST with a key of its own, so that it is applied once. */
muster_reply *client_post(muster_client *c, const char *path, const char *body);

/* A DELETE that goes on until the thing is gone: a 404 counts as done where an earlier try may
 * have been, and the reply is then {}. */
muster_reply *client_delete(muster_client *c, const char *path);

/* True where `id` is one; else sets the error, which names `what`. Resets the error if so. */
bool client_check_id(muster_client *c, const char *what, const char *id);

/* The call itself was wrong. Returns NULL. */
muster_reply *client_bad_argument(muster_client *c, const char *what);

/* Appends "?name=value", or "&name=value", the value escaped; nothing where it is NULL. */
void client_add_query(struct buf *path, const char *name, const char *value);

/* A number at random below `below`, which is above 0. */
unsigned client_random(unsigned below);

#endif
