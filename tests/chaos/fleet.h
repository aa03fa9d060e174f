/*
 * The processes of the cluster under test: a store, front-ends and members. The store is one
 * redis-server whose clock can be shifted, with a fault proxy for each front-end; or three servers
 * under sentinels, with direct connections. Only the thread that called fleet_start may call these
 * functions: the processes end with that thread.
 */
#ifndef CHAOS_FLEET_H
#define CHAOS_FLEET_H

#include "chaos/history.h"
#include "chaos/proxy.h"
#include "chaos/sentinel.h"

#include <hiredis/hiredis.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/types.h>

enum {
	FRONTS = 3,
	MEMBERS = 3,
	DAEMONS = FRONTS + MEMBERS, /* the front-ends come first */
	MAX_AGENTS = 10,            /* of each node */
	INTERVAL_MS = 300,
	TTL_MS = 1500,
	GRACE_MS = 700,
	LEASE_MS = 900
};

#define PREFIX "muster:{default}:"

struct daemon {
	pid_t pid; /* 0: it is not running */
	int port;
	char id[HISTORY_ID_MAX]; /* the id as a member; "" for a front-end */
	struct proxy *proxy;     /* NULL if it connects to Redis directly */
	char log[128];
	/* Odd while the daemon, or something that it needs, is disturbed: its answers may be
	 * late. */
	atomic_uint disturbed;
};

struct fleet {
	char dir[64];
	char socket[96];
	char clock[96]; /* the file with the offset of Redis' clock */
	pid_t redis;
	bool failover; /* the store is `sentinels`, not `redis` */
	struct sentinel_set sentinels;
	int replicas; /* replicas that must have a change before it is answered (-wait-replicas) */
	redisContext *link; /* NULL until it is needed */
	int link_port;
	struct daemon daemon[DAEMONS];
};

/*
 * Starts everything. Returns false, with a message on stderr, if something does not start.
 * failover: use sentinels. replicas: the value of -wait-replicas, 0 for none.
 */
bool fleet_start(struct fleet *fl, const char *dir, bool failover, int replicas);
void fleet_stop(struct fleet *fl);

bool fleet_start_redis(struct fleet *fl);
bool fleet_start_daemon(struct fleet *fl, struct daemon *d);

/* Sends SIGKILL to the process and waits for its end. */
void fleet_kill(pid_t *pid);

/* Marks a daemon as disturbed, or as no longer disturbed. NULL: all daemons. */
void fleet_disturb(struct fleet *fl, struct daemon *d);
void fleet_calm(struct fleet *fl, struct daemon *d);

/* Shifts Redis' clock by this number of seconds from the true time. */
void fleet_set_clock(struct fleet *fl, int64_t seconds);

/* A connection to Redis, with sentinels to the primary. NULL if it does not answer within a second.
 * Owned by the fleet. */
redisContext *fleet_redis(struct fleet *fl);

/* Runs one command. Returns its reply as text, borrowed as in api.h; NULL if there is none. */
const char *fleet_ask(struct fleet *fl, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The daemon that holds the lease; NULL if nobody does, or another process. */
struct daemon *fleet_leader(struct fleet *fl);

/* How many errors with this name Redis has returned since it started; -1 if it does not answer. */
long fleet_errors(struct fleet *fl, const char *name);

#endif
