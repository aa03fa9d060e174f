/* The member's parts: member_settings.c fills in what member.c sends. */
#ifndef CLIENT_MEMBER_INTERNAL_H
#define CLIENT_MEMBER_INTERNAL_H

#include "client/client.h"
#include "muster/member.h"

#include <pthread.h>

enum { MEMBER_USAGE = 4 };

/* What the next heartbeats say; guarded by the member's lock. */
struct member_report {
	double usage[MEMBER_USAGE]; /* cpu, memory, disk, load average; NAN for none */
	bool healthy, health_said;
	bool draining;
	bool status_due; /* the cluster is still to hear of draining */
	int64_t term_seen, epoch_seen;
};

struct muster_member {
	muster_client *client;
	char id[ID_MAX + 1];
	json_t *record; /* the body of a registration */
	muster_member_fn fn;
	void *arg;

	pthread_mutex_t lock; /* of what follows, up to the blank line */
	pthread_cond_t wake;
	struct member_report report;
	int64_t incarnation;
	bool stopped; /* for good */
	bool replaced;
	bool ending; /* the thread is to end */
	int64_t due_at;

	/* The stepping thread's alone. */
	bool registered;
	bool in_doubt;        /* whether the registration under way has arrived */
	char key[NONCE_SIZE]; /* of the registration under way; "" for none */
	int interval_ms, backoff_ms;

	pthread_t thread;
	bool threaded;
	struct muster_error leave_error;
};

/* A heartbeat's body, to be freed. */
char *member_heartbeat_body(const struct member_report *r, int64_t incarnation);

#endif
