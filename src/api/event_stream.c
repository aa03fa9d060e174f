/*
 * The event stream for clients: Server-Sent Events (HTML standard, section 9.2). Invariant: a
 * viewer whose client does not read is cut before it costs more than BACKLOG_MAX, and told so.
 */
#include "api/event_stream.h"

#include "api/app.h"
#include "api/args.h"
#include "api/feed.h"
#include "api/stream_id.h"
#include "base/memory.h"
#include "base/metrics.h"
#include "http/reply.h"
#include "http/stream.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COMMENT_S = 15, BACKLOG_MAX = 1024 * 1024 };

struct viewer {
	const struct feed *feed;
	struct http_stream *stream;
	struct subscription *subscription;
	struct event *comment;
	bool live;
};

static void
viewer_free(struct viewer *v)
{
	if (v->subscription != NULL) {
		metrics_add(METRIC_EVENT_FOLLOWERS, 0, 0, -1);
		feed_unsubscribe(v->subscription);
	}
	event_free(v->comment);
	free(v);
}

static void
on_closed(void *arg)
{
	viewer_free(arg);
}

static void
say(struct viewer *v, const char *id, const char *event, const char *data, size_t len)
{
	struct buf b = BUF_INIT;

	buf_addf(&b, "id: %s\nevent: %s\ndata: ", id, event);
	buf_add(&b, data, len);
	buf_add(&b, "\n\n", 2);
	http_stream_send(v->stream, b.data, b.len);
	buf_fini(&b);
}

static void
say_resync(struct viewer *v, const char *position, const char *reason)
{
	char data[64];
	int len = snprintf(data, sizeof(data), "{\"reason\":\"%s\"}", reason);

	say(v, position, "resync", data, (size_t)len);
}

/* A comment that also says how far the client is, should nothing have concerned it. */
static void
say_position(struct viewer *v, const char *position)
{
	struct buf b = BUF_INIT;

	buf_addf(&b, ": here\nid: %s\n\n", position);
	http_stream_send(v->stream, b.data, b.len);
	buf_fini(&b);
}

static void
on_feed_event(void *arg, const struct event_entry *e)
{
	struct viewer *v = arg;

	if (http_stream_unsent(v->stream) + e->data_len > BACKLOG_MAX) {
		metrics_count(METRIC_EVENT_FOLLOWERS_CUT);
		say_resync(v, e->id, "slow");
		http_stream_end(v->stream);
		viewer_free(v);
		return;
	}
	say(v, e->id, e->type, e->data, e->data_len);
}

static void
on_feed_live(void *arg, const char *position)
{
	struct viewer *v = arg;

	v->live = true;
	say_position(v, position);
}

static void
on_feed_resync(void *arg, const char *position, const char *reason)
{
	say_resync(arg, position, reason);
}

/* What it missed waits for a client that reads, however slowly; only what is new does not. */
static bool
on_feed_full(void *arg)
{
	return http_stream_unsent(((struct viewer *)arg)->stream) > BACKLOG_MAX / 4;
}

static void
on_comment(evutil_socket_t fd, short what, void *arg)
{
	struct viewer *v = arg;
	const char *position = feed_position(v->feed);

	(void)fd;
	(void)what;
	if (v->live && *position != '\0')
		say_position(v, position);
	else
		http_stream_send(v->stream, ": waiting\n\n", strlen(": waiting\n\n"));
}

/* Fills the filter from the query; the first failure is in `a`. */
static void
read_filter(struct event_filter *filter, struct args *a, const struct request *rq)
{
	const char *types = request_query(rq, "types");

	args_query_text(a, rq, "types", EVENT_TYPES_SIZE - 1);
	args_query(a, rq, "node_id", NULL);
	args_query(a, rq, "agent_id", NULL);
	if (types != NULL && !event_filter_types_valid(types))
		args_fail(a, ERR_INVALID_FIELD,
		    "types: groups (node, agent, leader, strategy, hold) or types such as "
		    "agent.moved are expected, separated by commas");
	snprintf(filter->types, sizeof(filter->types), "%s", args_get(a, 0));
	snprintf(filter->node_id, sizeof(filter->node_id), "%s", args_get(a, 1));
	snprintf(filter->agent_id, sizeof(filter->agent_id), "%s", args_get(a, 2));
}

void
event_list(struct request *rq)
{
	static const struct feed_listener listener = { on_feed_event, on_feed_live, on_feed_resync,
		on_feed_full };
	static const struct timeval every = { COMMENT_S, 0 };
	const struct app *app = request_app(rq);
	const char *last = request_last_event_id(rq);
	char since[STREAM_ID_SIZE];
	struct event_filter filter = { .types = "" };
	struct viewer *v;
	struct args a;

	args_begin(&a, SCRIPT_EVENT_LIST);
	read_filter(&filter, &a, rq);
	args_query_text(&a, rq, "since", STREAM_ID_SIZE - 1);
	if (*args_get(&a, 3) != '\0' && !stream_id_valid(args_get(&a, 3)))
		args_fail(&a, ERR_INVALID_FIELD, "since: the id of an event is expected");
	/* A copy, for the request goes with its reply. What is too long is no id, and not known. */
	snprintf(since, sizeof(since), "%s", *last != '\0' ? last : args_get(&a, 3));
	if (a.failed != ERR_OK) {
		reply_problem(rq, a.failed, a.detail);
		script_args_fini(&a.script);
		return;
	}
	v = xcalloc(1, sizeof(*v));
	v->feed = app->feed;
	v->comment = event_new(app->base, -1, EV_PERSIST, on_comment, v);
	assert(v->comment != NULL);
	/* Proxies that buffer would hold back what is to be seen at once. */
	reply_header(rq, "X-Accel-Buffering", "no");
	v->stream = http_stream_start(rq, "text/event-stream", on_closed, v);
	if (v->stream == NULL) {
		viewer_free(v);
	} else {
		event_add(v->comment, &every);
		metrics_count(METRIC_EVENT_FOLLOWERS);
		v->subscription = feed_subscribe(app->feed, &filter, since, &listener, v);
	}
	script_args_fini(&a.script);
}
