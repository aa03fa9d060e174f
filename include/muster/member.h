/*
 * A member: the program as a node of the cluster. It registers, sends heartbeats, registers again
 * when the cluster has forgotten it, and stops when another process has taken its id. Either a
 * thread of its own does all that (muster_member_start), or the program's loop does
 * (muster_member_step); not both.
 */
#ifndef MUSTER_MEMBER_H
#define MUSTER_MEMBER_H

#include <muster/muster.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct muster_member muster_member;

enum muster_member_event {
	MUSTER_MEMBER_REGISTERED, /* it is a node now, for the first time or again */
	MUSTER_MEMBER_BEAT,       /* a heartbeat was taken */
	MUSTER_MEMBER_MISSED,     /* it could not register or send a heartbeat; it tries again */
	MUSTER_MEMBER_REPLACED,   /* another process has its id: it has stopped for good */
	MUSTER_MEMBER_REFUSED     /* its registration is not acceptable: it has stopped for good */
};

/*
 * Told what happens, by the thread that sends the heartbeats, or that steps. `reply` is the node
 * (REGISTERED) or the answer to the heartbeat (BEAT), `error` the reason of the others; both are
 * borrowed for the call, the one that does not apply is NULL. May call what is marked for any
 * thread; must not step, start, leave or free the member.
 */
typedef void (*muster_member_fn)(
    void *arg, enum muster_member_event what, const muster_reply *reply, const muster_error *error);

/* A member that is not yet a node. It works on a copy of `c`. NULL where the id is malformed. */
MUSTER_API muster_member *muster_member_new(const muster_client *c, const char *id);

/* Stops its thread, if it has one, and frees it. The node stays registered, and is missed once
 * its heartbeat has lapsed: see muster_member_leave. */
MUSTER_API void muster_member_free(muster_member *m);

/*
 * How the node registers; to be set before the first step or the start. What is not set has the
 * API's default. False where a value is out of its limits; then it is as it was.
 */

/* Where the node's agents are reached: an IPv4 or IPv6 address, NULL for the one that the
 * front-end sees; a port, 0 to 65,535. */
MUSTER_API bool muster_member_set_address(muster_member *m, const char *ip_address, int port);
/* 1 to 255 bytes. */
MUSTER_API bool muster_member_set_hostname(muster_member *m, const char *hostname);
/* "worker", "standby" or "replica". */
MUSTER_API bool muster_member_set_role(muster_member *m, const char *role);
/* Agents that it takes at most, and its share under the strategy weighted (-1: the same number);
 * both to 1,000,000. */
MUSTER_API bool muster_member_set_capacity(muster_member *m, int max_agents, int weight);
/* An id. */
MUSTER_API bool muster_member_set_zone(muster_member *m, const char *zone);
/* An id; 64 at most. */
MUSTER_API bool muster_member_add_service(muster_member *m, const char *service);
/* The name an id, the value 256 bytes at most; 64 at most. */
MUSTER_API bool muster_member_add_label(muster_member *m, const char *name, const char *value);
/* `fn` NULL for none. */
MUSTER_API void muster_member_set_callback(muster_member *m, muster_member_fn fn, void *arg);

/* Any thread, any time: what the next heartbeats report. */

/* Percent, 0 to 100, and the load average; a negative figure or NAN is left out. */
MUSTER_API void muster_member_report_usage(
    muster_member *m, double cpu, double memory, double disk, double load_average);
/* Whether the node can take agents; true unless said otherwise. */
MUSTER_API void muster_member_report_health(muster_member *m, bool healthy);
/* Has the node take no new agents, or take them again, by a heartbeat of its own at once. */
MUSTER_API void muster_member_report_draining(muster_member *m, bool draining);
/* The highest term and epoch that the program has seen, 0 for none: those that the cluster gives
 * out from then on are above, also where its Redis has lost them. Terms in the answers to its
 * heartbeats are noted without being told. */
MUSTER_API void muster_member_report_seen(muster_member *m, int64_t term, int64_t epoch);

/* Any thread, any time: the incarnation that it registered as, 0 before; and whether it has
 * stopped for good. */
MUSTER_API int64_t muster_member_incarnation(muster_member *m);
MUSTER_API bool muster_member_stopped(muster_member *m);

/*
 * Does what is due: registers, sends a heartbeat, or nothing. Waits for answers as long as the
 * limits of its client allow. Returns the milliseconds until the next step is due, or -1 where it
 * has stopped for good. A report of draining is due at once, whatever was returned.
 */
MUSTER_API int muster_member_step(muster_member *m);

/* Starts the thread that steps. False where there is no thread to be had, or it has one. */
MUSTER_API bool muster_member_start(muster_member *m);

/* Stops the thread, if it has one, and takes the node out of the cluster: its agents are placed
 * elsewhere. True where it has left or was no node; false and *error (unless NULL; borrowed until
 * the member is freed) where that could not be done. May be called again. A member that was
 * replaced leaves nothing: the node is another's. */
MUSTER_API bool muster_member_leave(muster_member *m, const muster_error **error);

#ifdef __cplusplus
}
#endif

#endif
