/* The member's struct, shared by member.c and member_settings.c. */
#ifndef CLIENT_MEMBER_STATE_H
#define CLIENT_MEMBER_STATE_H

#include "client/client.h"
#include "muster/member.h"

#include <pthread.h>

enum { MEMBER_USAGE = 4 };

/* What the next heartbeats report. Guarded by the member's lock. */
struct member_report {
	double usage[MEMBER_USAGE]; /* cpu, memory, disk, load average; NAN if unknown */
	bool healthy, health_said;
	bool draining;
	bool status_due; /* `draining` has not been sent to the cluster yet */
	int64_t term_seen, epoch_seen;
};

struct muster_member {
	muster_client *client;
	char id[ID_MAX + 1];
	json_t *record; /* the body of the registration request */
	muster_member_fn fn;
	void *arg;

	pthread_mutex_t lock; /* guards the members up to the next blank line */
	pthread_cond_t wake;
	struct member_report report;
	int64_t incarnation;
	bool stopped; /* for good */
	bool replaced;
	bool ending; /* the thread should end */
	int64_t due_at;

	/* Used only by the thread that steps the member. */
	bool registered;
	bool in_doubt;        /* a registration failed, but may have been carried out */
	char key[NONCE_SIZE]; /* the Idempotency-Key of the registration in progress; "" for none */
	int interval_ms, backoff_ms;

	pthread_t thread;
	bool threaded;
	struct muster_error leave_error;
};

#endif
