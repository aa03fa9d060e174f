/* How the other processes of the cluster know this one. */
#ifndef CLUSTER_IDENTITY_H
#define CLUSTER_IDENTITY_H

#include "base/config.h"
#include "base/id.h"

struct identity {
	char *prefix;    /* of all keys */
	char *candidate; /* -cluster ID, or hostname:port of a pure front-end */
	char *hostname;
	char *address;   /* others reach this process at it: a name, or a number without brackets */
	char *ip;        /* the address as a number */
	char *url;       /* of its API */
	char *services;  /* valid ids without repeats, separated by commas */
	char *labels;    /* pairs (base/pairs.h) in ascending order; "" for none */
	char *resources; /* likewise */
	int port;
	char nonce[NONCE_SIZE]; /* random, of this process */
};

/*
 * Derives who this is from the options cluster, namespace, host, advertise, services, labels and
 * resources, which may look up a name. `port` is the one that we listen on. Free the result with identity_fini. On
 * failure returns ERR_INVALID_ID or ERR_INVALID_FIELD with a sentence that names the option in `why`;
 * `id` then holds nothing.
 */
enum err identity_init(struct identity *id, const struct config *config, int port, char *why,
    size_t why_size) MUST_CHECK;

/* Frees the texts of the identity. */
void identity_fini(struct identity *id);

#endif
