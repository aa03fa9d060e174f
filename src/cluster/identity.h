/* Who this process is to the rest of the cluster. */
#ifndef CLUSTER_IDENTITY_H
#define CLUSTER_IDENTITY_H

#include "base/config.h"
#include "base/id.h"

struct identity {
	char *prefix;    /* of all keys */
	char *candidate; /* -cluster ID, or hostname:port of a pure front-end */
	char *hostname;
	char *address; /* that others reach this process at: a name, or a number without brackets */
	char *ip;      /* the same as a number */
	char *url;     /* of its API */
	char *services; /* checked, without repeats */
	char *labels;   /* JSON; "" for none */
	int port;
	char nonce[NONCE_SIZE]; /* of this process alone */
};

/*
 * Works out who this process is from the options cluster, namespace, host, advertise, services and
 * labels, which may look a name up. `port` is the one listened on. Fails with ERR_INVALID_ID or
 * ERR_INVALID_FIELD and a sentence that names the option in `why`; `id` then holds nothing.
 */
enum err identity_init(struct identity *id, const struct config *config, int port, char *why,
    size_t why_size) MUST_CHECK;

/* Frees what the identity holds. */
void identity_fini(struct identity *id);

#endif
