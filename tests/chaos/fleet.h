/*
 * The cluster under test, as processes: a store, front-ends and members. The store is one
 * redis-server whose clock can be moved, with a fault proxy before each front-end; or three
 * servers under sentinels, to which everybody goes directly. All functions are for the thread
 * that has called fleet_start: the processes end with it.
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
	pid_t pid; /* 0: it does not run */
	int port;
	char id[HISTORY_ID_MAX]; /* as a member; "" of a front-end */
	struct proxy *proxy;     /* NULL where it reaches Redis directly */
	char log[128];
	/* Odd while something is done to it or to what it needs: late answers are no surprise. */
	atomic_uint disturbed;
};

struct fleet {
	char dir[64];
	char socket[96];
	char clock[96]; /* the file with the offset of Redis' clock */
	pid_t redis;
	bool failover; /* instead of `redis` there are the `sentinels` */
	struct sentinel_set sentinels;
	int replicas;       /* that a change is to reach before it is answered (-wait-replicas) */
	redisContext *link; /* NULL until needed */
	int link_port;
	struct daemon daemon[DAEMONS];
};

/*
 * Starts all. False with a message on stderr where something does not come up. failover: with
 * sentinels; replicas: for -wait-replicas, 0 for none.
 */
bool fleet_start(struct fleet *fl, const char *dir, bool failover, int replicas);
void fleet_stop(struct fleet *fl);

bool fleet_start_redis(struct fleet *fl);
bool fleet_start_daemon(struct fleet *fl, struct daemon *d);

/* Kills the process with -9 and waits for its end. */
void fleet_kill(pid_t *pid);

/* Marks daemons as disturbed, and as left alone again. NULL: all. */
void fleet_disturb(struct fleet *fl, struct daemon *d);
void fleet_calm(struct fleet *fl, struct daemon *d);

/* Moves Redis' clock by so many seconds from the true time. */
void fleet_set_clock(struct fleet *fl, int64_t seconds);

/* A connection to Redis, to the primary where there are more; NULL where it does not answer within a second. Not to be freed. */
redisContext *fleet_redis(struct fleet *fl);

/* One command's reply as text, borrowed as api.h says; NULL where there is none. */
const char *fleet_ask(struct fleet *fl, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The daemon that holds the lease; NULL where nobody does or another process. */
struct daemon *fleet_leader(struct fleet *fl);

/* How often Redis has answered with an error of this name since it started; -1 for no answer. */
long fleet_errors(struct fleet *fl, const char *name);

#endif
