/*
 * Answers from memory which node runs an agent. Invariant: the cluster returned each entry while
 * the stream was up, and no event since then has changed it. If the agent's event arrives, or the
 * stream starts or ends, while a lookup waits for the cluster, its answer is not cached.
 */
#include "base/memory.h"
#include "client/client.h"
#include "muster/watch.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

enum { DEFAULT_MOST = 100000, BUCKETS = 16384 };

#define TYPES \
	"agent.assigned,agent.moved,agent.pending,agent.released,agent.expired,node.registered"

struct entry {
	char *agent_id;
	struct muster_owner owner;
	TAILQ_ENTRY(entry) by_age;
	TAILQ_ENTRY(entry) in_bucket;
};

TAILQ_HEAD(entries, entry);

/* A lookup that waits for the cluster's answer. It is on the stack of its thread. */
struct lookup {
	const char *agent_id;
	bool keep; /* no event has arrived that could make the answer outdated */
	TAILQ_ENTRY(lookup) others;
};

struct muster_cache {
	muster_watch *watch;
	pthread_mutex_t lock; /* guards all members below */
	bool live;
	size_t n, most;
	unsigned seed;
	struct entries by_age;
	struct entries buckets[BUCKETS];
	TAILQ_HEAD(lookups, lookup) lookups;
};

static size_t
bucket_of(const muster_cache *c, const char *agent_id)
{
	uint32_t h = 2166136261u ^ c->seed;

	for (; *agent_id != '\0'; agent_id++)
		h = (h ^ (unsigned char)*agent_id) * 16777619u;
	return (h ^ (h >> 16)) % BUCKETS;
}

static struct entry *
find(muster_cache *c, const char *agent_id)
{
	struct entry *e;

	TAILQ_FOREACH(e, &c->buckets[bucket_of(c, agent_id)], in_bucket)
	{
		if (strcmp(e->agent_id, agent_id) == 0)
			return e;
	}
	return NULL;
}

static void
drop(muster_cache *c, struct entry *e)
{
	TAILQ_REMOVE(&c->by_age, e, by_age);
	TAILQ_REMOVE(&c->buckets[bucket_of(c, e->agent_id)], e, in_bucket);
	c->n--;
	free(e->agent_id);
	free(e);
}

/* Drops all entries, or those of one node if `node_id` is not NULL. Lookups that are waiting will
 * not be cached. */
static void
drop_many(muster_cache *c, const char *node_id)
{
	struct entry *e, *next;
	struct lookup *l;

	for (e = TAILQ_FIRST(&c->by_age); e != NULL; e = next) {
		next = TAILQ_NEXT(e, by_age);
		if (node_id == NULL || strcmp(e->owner.node_id, node_id) == 0)
			drop(c, e);
	}
	TAILQ_FOREACH(l, &c->lookups, others)
	{
		l->keep = false;
	}
}

/* Handles an event of the agent, after which its epoch is `epoch`. `gone` is true if it has no
 * assignment any more. */
static void
on_agent_event(muster_cache *c, const char *agent_id, int64_t epoch, bool gone)
{
	struct entry *e = find(c, agent_id);
	struct lookup *l;

	if (e != NULL &&
	    (e->owner.epoch < epoch || (gone && e->owner.epoch == epoch) || epoch == 0))
		drop(c, e);
	TAILQ_FOREACH(l, &c->lookups, others)
	{
		if (strcmp(l->agent_id, agent_id) == 0)
			l->keep = false;
	}
}

static void
on_event(void *arg, const char *type, const char *id, const muster_reply *data)
{
	const char *agent_id = muster_reply_text(data, "agent_id");
	const char *node_id = muster_reply_text(data, "node_id");
	muster_cache *c = arg;

	(void)id;
	pthread_mutex_lock(&c->lock);
	if (strcmp(type, "resync") == 0)
		drop_many(c, NULL);
	else if (strcmp(type, "node.registered") == 0 && node_id != NULL)
		drop_many(c, node_id);
	else if (agent_id != NULL)
		on_agent_event(c, agent_id, muster_reply_int(data, "epoch"),
		    strcmp(type, "agent.released") == 0 || strcmp(type, "agent.expired") == 0);
	pthread_mutex_unlock(&c->lock);
}

static void
on_state(void *arg, bool connected, const muster_error *error)
{
	muster_cache *c = arg;

	(void)error;
	pthread_mutex_lock(&c->lock);
	c->live = connected;
	drop_many(c, NULL);
	pthread_mutex_unlock(&c->lock);
}

muster_cache *
muster_cache_new(const muster_client *client, size_t most)
{
	muster_cache *c = xcalloc(1, sizeof(*c));
	const struct muster_watch_options options = {
		.types = TYPES, .on_event = on_event, .on_state = on_state, .arg = c
	};
	size_t i;

	c->most = most > 0 ? most : DEFAULT_MOST;
	c->seed = client_random(UINT32_MAX);
	TAILQ_INIT(&c->by_age);
	TAILQ_INIT(&c->lookups);
	for (i = 0; i < BUCKETS; i++)
		TAILQ_INIT(&c->buckets[i]);
	pthread_mutex_init(&c->lock, NULL);
	c->watch = muster_watch_new(client, &options);
	if (c->watch == NULL || !muster_watch_start(c->watch)) {
		muster_cache_free(c);
		return NULL;
	}
	return c;
}

void
muster_cache_free(muster_cache *c)
{
	if (c == NULL)
		return;
	muster_watch_free(c->watch);
	drop_many(c, NULL);
	pthread_mutex_destroy(&c->lock);
	free(c);
}

static void
read_owner(struct muster_owner *owner, const muster_reply *r)
{
	const char *node_id = muster_reply_text(r, "node_id");
	const char *ip_address = muster_reply_text(r, "node.ip_address");

	*owner = (struct muster_owner){ .port = (int)muster_reply_int(r, "node.port"),
		.epoch = muster_reply_int(r, "epoch") };
	snprintf(owner->node_id, sizeof(owner->node_id), "%s", node_id != NULL ? node_id : "");
	snprintf(owner->ip_address, sizeof(owner->ip_address), "%s",
	    ip_address != NULL ? ip_address : "");
}

/* Caches the answer. The caller holds the lock. */
static void
keep(muster_cache *c, const char *agent_id, const struct muster_owner *owner)
{
	struct entry *e = find(c, agent_id);

	if (e != NULL && e->owner.epoch >= owner->epoch)
		return;
	if (e != NULL)
		drop(c, e);
	else if (c->n >= c->most)
		drop(c, TAILQ_FIRST(&c->by_age));
	e = xcalloc(1, sizeof(*e));
	e->agent_id = xstrdup(agent_id);
	e->owner = *owner;
	TAILQ_INSERT_TAIL(&c->by_age, e, by_age);
	TAILQ_INSERT_HEAD(&c->buckets[bucket_of(c, agent_id)], e, in_bucket);
	c->n++;
}

bool
muster_cache_lookup(
    muster_cache *cache, muster_client *c, const char *agent_id, struct muster_owner *owner)
{
	struct lookup l = { .agent_id = agent_id };
	const struct entry *e;
	muster_reply *r;

	if (!client_check_id(c, "agent_id", agent_id))
		return false;
	pthread_mutex_lock(&cache->lock);
	e = cache->live ? find(cache, agent_id) : NULL;
	if (e != NULL) {
		*owner = e->owner;
		owner->cached = true;
		pthread_mutex_unlock(&cache->lock);
		return true;
	}
	l.keep = cache->live;
	TAILQ_INSERT_HEAD(&cache->lookups, &l, others);
	pthread_mutex_unlock(&cache->lock);

	r = muster_agent_get(c, agent_id);
	pthread_mutex_lock(&cache->lock);
	TAILQ_REMOVE(&cache->lookups, &l, others);
	if (r != NULL) {
		read_owner(owner, r);
		if (l.keep)
			keep(cache, agent_id, owner);
	}
	pthread_mutex_unlock(&cache->lock);
	muster_reply_free(r);
	return r != NULL;
}

size_t
muster_cache_size(muster_cache *c)
{
	size_t n;

	pthread_mutex_lock(&c->lock);
	n = c->n;
	pthread_mutex_unlock(&c->lock);
	return n;
}

bool
muster_cache_live(muster_cache *c)
{
	bool live;

	pthread_mutex_lock(&c->lock);
	live = c->live;
	pthread_mutex_unlock(&c->lock);
	return live;
}
