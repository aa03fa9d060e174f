/*
 * The reader of the stream. Invariant: no entry after `position` has been handed out, unless
 * `position` is "". Each new connection first asks whether the stream still has the entries after
 * it.
 */
#include "redis/stream_reader.h"

#include "base/log.h"
#include "base/memory.h"
#include "redis/script.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_MS = 1000, RETRY_MS = 200 };

/* XREAD replies {{key, entries}}, as only one stream is read, or nil if there are no new entries. */
enum { STREAM_KEY, STREAM_ENTRIES, STREAM_MEMBERS };

#define BLOCK_TEXT "1000" /* BLOCK_MS */
#define COUNT_TEXT "1000" /* entries per XREAD */

struct stream_reader {
	struct event_base *base;
	struct redis_options options;
	const char *prefix;
	stream_entry_fn entry;
	stream_live_fn live;
	void *arg;
	struct redis_connection *redis; /* NULL while stopped */
	struct event *retry;            /* after an error on a connection that stays open */
	char key[512];
	char position[STREAM_ID_SIZE];
	struct arena arena; /* for one entry at a time */
};

static void read_more(struct stream_reader *r);

/*
 * After an error. A lost connection calls on_ready once it is back; on one that is still open, as
 * while Redis loads its data, the question is repeated.
 */
static void
try_again(struct stream_reader *r)
{
	static const struct timeval soon = { 0, RETRY_MS * 1000 };

	if (redis_connection_ready(r->redis))
		evtimer_add(r->retry, &soon);
}

static void
take_entry(struct stream_reader *r, const struct reply *from)
{
	struct stream_entry entry;

	arena_reset(&r->arena);
	if (!stream_entry_read(&entry, from, &r->arena))
		return;
	snprintf(r->position, sizeof(r->position), "%s", entry.id);
	r->entry(r->arg, &entry);
}

static void
read_more_done(void *arg, enum err e, const struct reply *reply)
{
	struct stream_reader *r = arg;
	const struct reply *stream = reply != NULL ? reply->members : NULL, *entries = NULL;
	size_t i;

	if (r->redis == NULL)
		return;
	if (e != ERR_OK) {
		try_again(r);
		return;
	}
	if (stream != NULL && stream->n_members == STREAM_MEMBERS)
		entries = &stream->members[STREAM_ENTRIES];
	for (i = 0; entries != NULL && i < entries->n_members && r->redis != NULL; i++)
		take_entry(r, &entries->members[i]);
	if (r->redis != NULL)
		read_more(r);
}

static void
read_more(struct stream_reader *r)
{
	const char *words[] = { "XREAD", "BLOCK", BLOCK_TEXT, "COUNT", COUNT_TEXT, "STREAMS",
		r->key, r->position };

	redis_connection_command(r->redis, ARRAY_LEN(words), words, NULL, read_more_done, r);
}

static void
event_list_done(void *arg, enum err e, const struct script_reply *reply)
{
	struct stream_reader *r = arg;
	bool lost = r->position[0] == '\0';

	if (r->redis == NULL)
		return;
	if (e != ERR_OK) {
		/* The connection itself logs that Redis is away. */
		if (e != ERR_STORE_UNAVAILABLE && e != ERR_OUTCOME_UNKNOWN)
			log_warn("stream", "the stream cannot be followed: %s", err_info(e)->code);
		try_again(r);
		return;
	}
	if (strcmp(script_row_text(&reply->head, STREAM_ROW_STANDING), "lost") == 0)
		lost = true;
	if (lost)
		snprintf(r->position, sizeof(r->position), "%s",
		    script_row_text(&reply->head, STREAM_ROW_LAST_ID));
	snprintf(r->key, sizeof(r->key), "%s", script_row_text(&reply->head, STREAM_ROW_KEY));
	r->live(r->arg, r->position, lost);
	if (r->redis != NULL)
		read_more(r);
}

static void
on_ready(void *arg)
{
	struct stream_reader *r = arg;
	struct script_args a;

	script_args_init(&a, SCRIPT_EVENT_LIST);
	script_args_add_str(&a, EVENT_LIST_ARG_SINCE, r->position);
	script_args_add_str(&a, EVENT_LIST_ARG_MOST, "1");
	script_call(r->redis, r->prefix, &a, event_list_done, r);
}

static void
on_retry(evutil_socket_t fd, short what, void *arg)
{
	struct stream_reader *r = arg;

	(void)fd;
	(void)what;
	if (r->redis != NULL && redis_connection_ready(r->redis))
		on_ready(r);
}

struct stream_reader *
stream_reader_new(struct event_base *base, const struct redis_options *options, const char *prefix,
    stream_entry_fn entry, stream_live_fn live, void *arg)
{
	struct stream_reader *r = xcalloc(1, sizeof(*r));

	r->base = base;
	r->options = *options;
	r->options.command_timeout_ms += BLOCK_MS;
	r->prefix = prefix;
	r->entry = entry;
	r->live = live;
	r->arg = arg;
	r->retry = evtimer_new(base, on_retry, r);
	assert(r->retry != NULL);
	return r;
}

void
stream_reader_start(struct stream_reader *r)
{
	if (r->redis == NULL)
		r->redis = redis_connection_new(r->base, &r->options, on_ready, r);
}

void
stream_reader_stop(struct stream_reader *r)
{
	struct redis_connection *redis = r->redis;

	/* redis_connection_free calls our callbacks; by `redis` they see that we have stopped. */
	r->redis = NULL;
	r->position[0] = '\0';
	evtimer_del(r->retry);
	redis_connection_free(redis);
}

const char *
stream_reader_position(const struct stream_reader *r)
{
	return r->position;
}

void
stream_reader_free(struct stream_reader *r)
{
	if (r == NULL)
		return;
	stream_reader_stop(r);
	event_free(r->retry);
	arena_fini(&r->arena);
	free(r);
}
