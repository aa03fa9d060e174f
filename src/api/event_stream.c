/*
 * Events for clients, as Server-Sent Events (HTML standard, section 9.2). Invariant: a follower
 * that does not read is sent a resync event and disconnected before more than BACKLOG_MAX bytes
 * wait for it.
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

/* The parameters of the query, which are read as if they were arguments. */
enum { QUERY_TYPES, QUERY_NODE_ID, QUERY_AGENT_ID, QUERY_SINCE };

struct follower {
	const struct feed *feed;
	struct http_stream *stream;
	struct subscription *subscription;
	struct event *comment;
	bool live;
};

static void
follower_free(struct follower *f)
{
	if (f->subscription != NULL) {
		metrics_add(METRIC_EVENT_FOLLOWERS, 0, 0, -1);
		feed_unsubscribe(f->subscription);
	}
	event_free(f->comment);
	free(f);
}

static void
on_closed(void *arg)
{
	follower_free(arg);
}

static void
send_event(struct follower *f, const char *id, const char *event, const char *data, size_t len)
{
	struct buf b = BUF_INIT;

	buf_addf(&b, "id: %s\nevent: %s\ndata: ", id, event);
	buf_add(&b, data, len);
	buf_add(&b, "\n\n", 2);
	http_stream_send(f->stream, b.data, b.len);
	buf_fini(&b);
}

static void
send_resync(struct follower *f, const char *position, const char *reason)
{
	char data[64];
	int len = snprintf(data, sizeof(data), "{\"reason\":\"%s\"}", reason);

	send_event(f, position, "resync", data, (size_t)len);
}

/*
 * Sends a comment with the position, so that a client without recent events can continue from
 * there.
 */
static void
send_position(struct follower *f, const char *position)
{
	struct buf b = BUF_INIT;

	buf_addf(&b, ": here\nid: %s\n\n", position);
	http_stream_send(f->stream, b.data, b.len);
	buf_fini(&b);
}

static void
on_feed_event(void *arg, const struct event_entry *e)
{
	struct follower *f = arg;

	if (http_stream_unsent(f->stream) + e->data_len > BACKLOG_MAX) {
		metrics_count(METRIC_EVENT_FOLLOWERS_CUT);
		send_resync(f, e->id, "slow");
		http_stream_end(f->stream);
		follower_free(f);
		return;
	}
	send_event(f, e->id, e->type, e->data, e->data_len);
}

static void
on_feed_live(void *arg, const char *position)
{
	struct follower *f = arg;

	f->live = true;
	send_position(f, position);
}

static void
on_feed_resync(void *arg, const char *position, const char *reason)
{
	send_resync(arg, position, reason);
}

/* Earlier events wait for a client that reads slowly. New events do not wait. */
static bool
on_feed_full(void *arg)
{
	return http_stream_unsent(((struct follower *)arg)->stream) > BACKLOG_MAX / 4;
}

static void
on_comment(evutil_socket_t fd, short what, void *arg)
{
	struct follower *f = arg;
	const char *position = feed_position(f->feed);

	(void)fd;
	(void)what;
	if (f->live && *position != '\0')
		send_position(f, position);
	else
		http_stream_send(f->stream, ": waiting\n\n", strlen(": waiting\n\n"));
}

/* Reads the filter from the query. The first failure is in `a`. */
static void
read_filter(struct event_filter *filter, struct args *a, const struct request *rq)
{
	const char *types = request_query(rq, "types");

	args_query_text(a, QUERY_TYPES, rq, "types", EVENT_TYPES_SIZE - 1);
	args_query(a, QUERY_NODE_ID, rq, "node_id", NULL);
	args_query(a, QUERY_AGENT_ID, rq, "agent_id", NULL);
	if (types != NULL && !event_filter_types_valid(types))
		args_fail(a, ERR_INVALID_FIELD,
		    "types: groups (node, agent, leader, strategy, hold) or types such as "
		    "agent.moved are expected, separated by commas");
	snprintf(filter->types, sizeof(filter->types), "%s", args_get(a, QUERY_TYPES));
	snprintf(filter->node_id, sizeof(filter->node_id), "%s", args_get(a, QUERY_NODE_ID));
	snprintf(filter->agent_id, sizeof(filter->agent_id), "%s", args_get(a, QUERY_AGENT_ID));
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
	struct follower *f;
	struct args a;

	args_begin(&a, SCRIPT_EVENT_LIST);
	read_filter(&filter, &a, rq);
	args_query_text(&a, QUERY_SINCE, rq, "since", STREAM_ID_SIZE - 1);
	if (*args_get(&a, QUERY_SINCE) != '\0' && strcmp(args_get(&a, QUERY_SINCE), "0") != 0 &&
	    !stream_id_valid(args_get(&a, QUERY_SINCE)))
		args_fail(&a, ERR_INVALID_FIELD,
		    "since: 0 or the X-Cluster-Index of an earlier reply is expected");
	/* A copy, as the reply frees the request. A longer id is cut, and then unknown. */
	snprintf(since, sizeof(since), "%s", *last != '\0' ? last : args_get(&a, QUERY_SINCE));
	if (a.failed != ERR_OK) {
		reply_problem(rq, a.failed, a.detail);
		script_args_fini(&a.script);
		return;
	}
	f = xcalloc(1, sizeof(*f));
	f->feed = app->feed;
	f->comment = event_new(app->base, -1, EV_PERSIST, on_comment, f);
	assert(f->comment != NULL);
	/* Tells proxies not to buffer: events are to be seen at once. */
	reply_header(rq, "X-Accel-Buffering", "no");
	f->stream = http_stream_start(rq, "text/event-stream", on_closed, f);
	if (f->stream == NULL) {
		follower_free(f);
	} else {
		event_add(f->comment, &every);
		metrics_count(METRIC_EVENT_FOLLOWERS);
		f->subscription = feed_subscribe(app->feed, &filter, since, &listener, f);
	}
	script_args_fini(&a.script);
}
