/*
 * Follows changes as they happen. A watch calls back for each event of the cluster. A cache answers
 * from memory which node runs an agent, and uses a watch of its own to stay current.
 */
#ifndef MUSTER_WATCH_H
#define MUSTER_WATCH_H

#include <muster/muster.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct muster_watch muster_watch;

/*
 * Called for each event; all arguments are borrowed until it returns. `type` is a dotted name
 * ("agent.moved"). `id` is the X-Cluster-Index of the change, or "" if the event has none. `data`
 * has those of these fields that apply: agent_id, node_id (the new owner, or null),
 * previous_node_id, epoch, reason, at.
 *
 * The type "resync" means that events may have been missed: a program that keeps a copy must fetch
 * everything again. The cluster sends it; the watch also makes it, with empty `data`, after it had
 * to reconnect without knowing the id of the last event.
 */
typedef void (*muster_watch_fn)(
    void *arg, const char *type, const char *id, const muster_reply *data);

/* Called when the stream is established and every later change will be reported (`error` is NULL),
 * and when a connection has ended (`error` is the reason, borrowed until it returns). The watch
 * reconnects by itself, to the next address, until muster_watch_step returns -1. */
typedef void (*muster_watch_state_fn)(void *arg, bool connected, const muster_error *error);

/* What to watch. Set the whole struct to zero before setting a field. A filter that is NULL is not
 * applied. All texts are copied. */
struct muster_watch_options {
	const char *since;    /* start after the event with this id; NULL: from now on */
	const char *types;    /* comma-separated, such as "agent.moved,agent.released" */
	const char *node_id;  /* only events about this node */
	const char *agent_id; /* only events about this agent */
	muster_watch_fn on_event;
	muster_watch_state_fn on_state; /* may be NULL */
	void *arg;                      /* passed to both callbacks */
};

/* Makes a watch. It connects when it is stepped or started, and uses a copy of `c`. Returns NULL if
 * an id in the options is malformed or on_event is NULL. */
MUSTER_API muster_watch *muster_watch_new(
    const muster_client *c, const struct muster_watch_options *options);

/* Stops the watch's thread, if it has one, and frees the watch. Not from a callback. */
MUSTER_API void muster_watch_free(muster_watch *w);

/*
 * Connects if needed, reads what has arrived, and calls back. Waits at most `wait_ms` milliseconds
 * for something to arrive. Returns in how many milliseconds a loop that does not wait here should
 * step again: at most 100 while connected, 0 if more may have arrived. Returns -1 if the cluster
 * rejected the watch (see muster_watch_error); it has then stopped for good. A connection that is
 * silent for 40 s counts as lost. Not from a callback, and not after muster_watch_start.
 */
MUSTER_API int muster_watch_step(muster_watch *w, int wait_ms);

/* Starts a thread that steps the watch and makes the callbacks. Returns false if the thread cannot
 * be created or there already is one. */
MUSTER_API bool muster_watch_start(muster_watch *w);

/* The reason why the last connection ended. Never NULL. Borrowed until the next step. Not while a
 * thread runs: it reports the reason to on_state. */
MUSTER_API const muster_error *muster_watch_error(const muster_watch *w);

/* The id of the last event, for `since` later; "" before the first. Borrowed until the next step.
 * While a thread runs, only call this from a callback. */
MUSTER_API const char *muster_watch_last_id(const muster_watch *w);

typedef struct muster_cache muster_cache;

/* The node that runs an agent. */
struct muster_owner {
	char node_id[129];   /* "" while the agent waits for capacity */
	char ip_address[46]; /* of the node; "" while the agent waits */
	int port;
	int64_t epoch; /* the agent's fencing token */
	bool cached;   /* whether the answer came from memory */
};

/*
 * Makes a cache of at most `most` agents (0 means 100,000) and starts the thread of its watch. It
 * uses a copy of `c`. An entry is dropped when an event reports a change of the agent, when its
 * node registers again, on a resync, and when the stream is lost. Without a stream, every lookup
 * asks the cluster. An answer from memory can be outdated by the time that an event takes to
 * arrive, or by up to 40 s if a connection died silently; the epoch tells which answer is newer.
 * When the cache is full, the oldest entry is dropped. Returns NULL if the thread cannot be
 * created.
 */
MUSTER_API muster_cache *muster_cache_new(const muster_client *c, size_t most);

/* Stops the cache's thread and frees the cache. No lookup may be running. */
MUSTER_API void muster_cache_free(muster_cache *cache);

/*
 * Sets *owner to the node that runs an agent: from memory, or by asking the cluster through `c`, a
 * client of the calling thread. Any thread may call this at any time. Returns true; or false and
 * sets the error of `c`, whose code is "assignment_not_found" if there is no such agent. A missing
 * agent is not cached.
 */
MUSTER_API bool muster_cache_lookup(
    muster_cache *cache, muster_client *c, const char *agent_id, struct muster_owner *owner);

/* Any thread may call these at any time. The number of agents in the cache, and whether its stream
 * is established. */
MUSTER_API size_t muster_cache_size(muster_cache *cache);
MUSTER_API bool muster_cache_live(muster_cache *cache);

#ifdef __cplusplus
}
#endif

#endif
