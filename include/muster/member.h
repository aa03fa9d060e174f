/*
 * A member makes the program a node of the cluster. It registers, sends heartbeats, registers again
 * if the cluster no longer knows it, and stops if another process has registered under its id. It
 * runs either in a thread of its own (muster_member_start) or in the program's loop
 * (muster_member_step), not both.
 */
#ifndef MUSTER_MEMBER_H
#define MUSTER_MEMBER_H

#include <muster/muster.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct muster_member muster_member;

enum muster_member_event {
	MUSTER_MEMBER_REGISTERED, /* it has registered, for the first time or again */
	MUSTER_MEMBER_BEAT,       /* a heartbeat was accepted */
	MUSTER_MEMBER_MISSED,     /* registering or a heartbeat failed; it will retry */
	MUSTER_MEMBER_REPLACED, /* another process registered under its id: it has stopped for good */
	MUSTER_MEMBER_REFUSED   /* the cluster rejected its registration: it has stopped for good */
};

/*
 * Called after each registration and heartbeat, by the thread that sends them or that calls
 * muster_member_step. `reply` is the node (REGISTERED) or the answer to the heartbeat (BEAT);
 * otherwise it is NULL and `error` is the reason. Both are borrowed until the callback returns. The
 * callback may call the functions that are marked "any thread". It must not step, start, leave or
 * free the member.
 */
typedef void (*muster_member_fn)(
    void *arg, enum muster_member_event what, const muster_reply *reply, const muster_error *error);

/* Makes a member with this id. It sends nothing until it steps or starts, and uses a copy of `c`.
 * Returns NULL if `id` is NULL or malformed. */
MUSTER_API muster_member *muster_member_new(const muster_client *c, const char *id);

/* Stops the member's thread, if it has one, within about a second, and frees the member. The node
 * stays registered and becomes suspect when its heartbeat expires; to remove it from the cluster,
 * call muster_member_leave first. Not from a callback. */
MUSTER_API void muster_member_free(muster_member *m);

/*
 * What the node registers with. Call these before the first step or the start. A value that is not
 * set has the API's default. Each returns false, and changes nothing, if a value is outside its
 * limits.
 */

/* Sets the address at which the node's agents are reached. `ip_address` is an IPv4 or IPv6 address;
 * NULL takes the one that the front-end sees. `port` is 0 (none) to 65,535. */
MUSTER_API bool muster_member_set_address(muster_member *m, const char *ip_address, int port);
/* Sets the host name, 1 to 255 bytes of UTF-8. */
MUSTER_API bool muster_member_set_hostname(muster_member *m, const char *hostname);
/* Sets the role: "worker", "standby" or "replica". */
MUSTER_API bool muster_member_set_role(muster_member *m, const char *role);
/* Sets how many agents the node accepts, 0 to 1,000,000, and its weight for the strategy
 * "weighted", 0 to 1,000,000, or -1 for the same as `max_agents`. */
MUSTER_API bool muster_member_set_capacity(muster_member *m, int max_agents, int weight);
/* Sets the zone, which must be an id. */
MUSTER_API bool muster_member_set_zone(muster_member *m, const char *zone);
/* Adds a service, which must be an id; at most 64. */
MUSTER_API bool muster_member_add_service(muster_member *m, const char *service);
/* Adds a label: its name is an id, its value at most 256 bytes of UTF-8; at most 64 labels. */
MUSTER_API bool muster_member_add_label(muster_member *m, const char *name, const char *value);
/* Adds a resource that agents may take: its name is an id, its amount 0 to 10^12; at most 16. */
MUSTER_API bool muster_member_add_resource(muster_member *m, const char *name, int64_t amount);
/* Sets the callback; `fn` NULL removes it. `arg` is passed to each call. Call it before the first
 * step or the start. */
MUSTER_API void muster_member_set_callback(muster_member *m, muster_member_fn fn, void *arg);

/* What the next heartbeats report. Any thread may call these at any time. */

/* Usage in percent, 0 to 100, and the load average, 0 to 1,000,000. Larger values are cut to the
 * limit. A value that is negative or NAN is not sent. */
MUSTER_API void muster_member_report_usage(
    muster_member *m, double cpu, double memory, double disk, double load_average);
/* Whether the node can accept agents. Before the first call, heartbeats do not say, and the cluster
 * takes the node as healthy. */
MUSTER_API void muster_member_report_health(muster_member *m, bool healthy);
/* Starts or stops draining: a draining node gets no new agents. A heartbeat is due at once. */
MUSTER_API void muster_member_report_draining(muster_member *m, bool draining);
/* The highest term and epoch that the program has seen; 0 for none. The cluster then assigns only
 * higher ones, even if its Redis has lost them. The member itself records the terms in the answers
 * to its heartbeats. */
MUSTER_API void muster_member_report_seen(muster_member *m, int64_t term, int64_t epoch);

/* Any thread may call these at any time. The incarnation of the last registration, 0 before the
 * first; and whether the member has stopped for good. */
MUSTER_API int64_t muster_member_incarnation(muster_member *m);
MUSTER_API bool muster_member_stopped(muster_member *m);

/*
 * Registers or sends a heartbeat if that is due. Waits for the answer within the timeouts of the
 * client. Returns the milliseconds until the next step is due, or -1 if the member has stopped for
 * good. After muster_member_report_draining a step is due at once.
 */
MUSTER_API int muster_member_step(muster_member *m);

/* Starts a thread that steps the member. Returns false if the thread cannot be created or there
 * already is one. */
MUSTER_API bool muster_member_start(muster_member *m);

/* Stops the member's thread, if it has one, and removes the node from the cluster, which places its
 * agents on other nodes. Returns true if the node has left or was not registered; otherwise false,
 * and sets *error to the reason, unless `error` is NULL. The error is borrowed until the next call
 * of this function or the end of the member. May be called again. If another process has registered
 * under the id since, the node is its own and stays. If the answer to the only registration was
 * lost, nothing is sent, because the node may be another process's: this returns false, and a
 * heartbeat that there may be expires. Not from a callback. */
MUSTER_API bool muster_member_leave(muster_member *m, const muster_error **error);

#ifdef __cplusplus
}
#endif

#endif
