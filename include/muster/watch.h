/*
 * Changes as they happen: a watch calls back for each event of the cluster; a cache answers who
 * runs an agent from memory, kept true by a watch of its own.
 */
#ifndef MUSTER_WATCH_H
#define MUSTER_WATCH_H

#include <muster/muster.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct muster_watch muster_watch;

/*
 * An event, borrowed for the call. `type` is dotted ("agent.moved"); `id` is the X-Cluster-Index
 * of the change, "" where it has none; `data` has agent_id, node_id (the owner from now on, or
 * null), previous_node_id, epoch, reason and at, each where it applies.
 *
 * The type "resync" means that events may be missing: whoever keeps a copy lists everything again.
 * It comes from the cluster, and from the watch itself when it had to connect anew before it knew
 * where to go on; then `data` is empty.
 */
typedef void (*muster_watch_fn)(
    void *arg, const char *type, const char *id, const muster_reply *data);

/* The stream stands, and every change from now on comes (`error` is NULL); or a connection has
 * ended, with the reason. The watch connects again by itself, to the next address, unless
 * muster_watch_step says that it has stopped. */
typedef void (*muster_watch_state_fn)(void *arg, bool connected, const muster_error *error);

/* What to watch. Zero the whole before setting a part; NULL leaves a filter out. */
struct muster_watch_options {
	const char *since;    /* the id to go on after; NULL: from now on */
	const char *types;    /* types apart by commas, "agent.moved,agent.released" */
	const char *node_id;  /* those about this node */
	const char *agent_id; /* those about this agent */
	muster_watch_fn on_event;
	muster_watch_state_fn on_state; /* may be NULL */
	void *arg;                      /* given to both */
};

/* A watch that does not run yet. It works on a copy of `c`. NULL where an id is malformed or
 * on_event is missing. */
MUSTER_API muster_watch *muster_watch_new(
    const muster_client *c, const struct muster_watch_options *options);

/* Ends its thread, if it has one, and frees it. Not from a callback. */
MUSTER_API void muster_watch_free(muster_watch *w);

/*
 * Connects, reads what has come, waiting for it at most `wait_ms`, and calls back. Returns the
 * milliseconds after which a loop that does not wait in here steps again, 100 at most while a
 * connection stands; 0 where more may be there; -1 where the cluster refuses the watch itself
 * (see muster_watch_error), and it has stopped for good. A connection that is silent
 * for 40 s counts as lost. Not from a callback, and not where a thread was started.
 */
MUSTER_API int muster_watch_step(muster_watch *w, int wait_ms);

/* Starts a thread that steps; the callbacks come from it. False where there is no thread to be
 * had, or it has one. */
MUSTER_API bool muster_watch_start(muster_watch *w);

/* What the connection ended with last. Borrowed until the next step; not for use while a thread
 * runs, which tells on_state. Never NULL. */
MUSTER_API const muster_error *muster_watch_error(const muster_watch *w);

/* The id of the last event, to be given as `since` later; "" before the first. Borrowed until the
 * next step; in a callback, at any rate until it returns. */
MUSTER_API const char *muster_watch_last_id(const muster_watch *w);

typedef struct muster_cache muster_cache;

/* Where an agent is. Texts end with a NUL. */
struct muster_owner {
	char node_id[129];   /* "" while the agent waits for capacity */
	char ip_address[46]; /* of the node; "" while it waits */
	int port;
	int64_t epoch; /* the agent's fencing token */
	bool cached;   /* answered from memory */
};

/*
 * A cache of at most `most` agents (0: 100,000), and the thread of its watch. What it holds is
 * dropped when an event says that it has changed, when its node registers anew, on a resync, and
 * when the stream is lost; without a stream, each lookup asks the cluster. An answer from memory
 * is as old as events take at most, and no older than 40 s where a connection died in silence:
 * the epoch decides. Where there is no more room, what was put in first goes. NULL where there is
 * no thread to be had.
 */
MUSTER_API muster_cache *muster_cache_new(const muster_client *c, size_t most);

/* Ends its thread and frees it. No lookup may be under way. */
MUSTER_API void muster_cache_free(muster_cache *cache);

/*
 * Where the agent is: from memory, or else asked through `c`, a client of the calling thread. Any
 * thread, any time. True; or false and the reason in the error of `c`, which is
 * "assignment_not_found" where there is no such agent (that is not kept).
 */
MUSTER_API bool muster_cache_lookup(
    muster_cache *cache, muster_client *c, const char *agent_id, struct muster_owner *owner);

/* Any thread, any time: how many agents it holds, and whether its stream stands. */
MUSTER_API size_t muster_cache_size(muster_cache *cache);
MUSTER_API bool muster_cache_live(muster_cache *cache);

#ifdef __cplusplus
}
#endif

#endif
