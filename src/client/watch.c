/*
 * A watch reads one endless answer with libcurl's multi interface, and reconnects when it ends.
 * Invariants: `curl` is not NULL while connecting or connected, and NULL otherwise; on_state is
 * called at the start of each stream, before its first event, and at the end of each connection.
 */
#include "client/watch.h"

#include "base/memory.h"
#include "client/client.h"
#include "client/reply.h"
#include "client/sse.h"

#include "base/clock.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum {
	PROBLEM_MAX = 64 * 1024,
	SPREAD_MS =
	    200, /* random delay after a stream ends, so that not all of its clients reconnect at once */
	BACKOFF_MS = 100,
	BACKOFF_MAX_MS = 5000,
	THREAD_WAIT_MS = 10000,
	STEP_MS = 100, /* for a loop that does not wait inside the step */
};

struct muster_watch {
	muster_client *client; /* has the addresses, the timeouts and the error */
	muster_watch_fn on_event;
	muster_watch_state_fn on_state; /* may be NULL */
	void *arg;
	struct buf path;
	struct sse sse;
	CURLM *multi;
	CURL *curl;
	struct curl_slist *headers;
	char why[CURL_ERROR_SIZE];
	struct buf problem; /* the body of an answer that is not a stream */
	size_t address;
	int silence_ms;
	int failures;       /* consecutive connections without a stream */
	bool streaming;     /* the headers of the stream have arrived */
	bool resuming;      /* the cluster was told the last event's id */
	bool announced;     /* on_state was told about this stream */
	bool was_streaming; /* on_state was told about a stream before */
	bool stopped;       /* for good */
	bool received;      /* bytes have arrived in this step */
	int64_t heard_at;   /* when the last bytes arrived, or the connection was started */
	int64_t retry_at;
	pthread_t thread;
	bool threaded;
	atomic_bool ending;
};

/*
 * Calls on_state for the new stream, once the event that it starts after is known. From then on no
 * event can be missed, even if this connection ends at once.
 */
static void
announce(muster_watch *w)
{
	bool missed = w->was_streaming && !w->resuming;
	muster_reply *nothing;

	if (w->announced)
		return;
	w->announced = w->was_streaming = true;
	if (w->on_state != NULL)
		w->on_state(w->arg, true, NULL);
	if (!missed)
		return;
	nothing = reply_new(json_object());
	w->on_event(w->arg, "resync", "", nothing);
	muster_reply_free(nothing);
}

static void
on_sse(void *arg, const char *type, const char *id, const char *data)
{
	muster_watch *w = arg;
	muster_reply *r = reply_parse(data, strlen(data));

	announce(w);
	if (r == NULL)
		r = reply_new(json_object());
	w->on_event(w->arg, type, id, r);
	muster_reply_free(r);
}

/* True if the text is valid in a header: an event id has no spaces or control characters. */
static bool
is_event_id(const char *s)
{
	size_t i;

	for (i = 0; s[i] > ' ' && s[i] < 0x7f; i++)
		continue;
	return i > 0 && s[i] == '\0';
}

muster_watch *
muster_watch_new(const muster_client *c, const struct muster_watch_options *o)
{
	muster_watch *w;

	if (o->on_event == NULL ||
	    (o->node_id != NULL && !id_valid(o->node_id, strlen(o->node_id))) ||
	    (o->agent_id != NULL && !id_valid(o->agent_id, strlen(o->agent_id))) ||
	    (o->since != NULL && !is_event_id(o->since)))
		return NULL;
	w = xcalloc(1, sizeof(*w));
	w->client = muster_client_copy(c);
	w->on_event = o->on_event;
	w->on_state = o->on_state;
	w->arg = o->arg;
	w->address = atomic_load(&w->client->current);
	w->silence_ms = WATCH_SILENCE_MS;
	buf_add_str(&w->path, "/api/cluster/events");
	client_add_query(&w->path, "types", o->types);
	client_add_query(&w->path, "node_id", o->node_id);
	client_add_query(&w->path, "agent_id", o->agent_id);
	sse_init(&w->sse, on_sse, w);
	if (o->since != NULL)
		sse_set_last_id(&w->sse, o->since);
	w->multi = curl_multi_init();
	if (w->multi == NULL)
		abort();
	return w;
}

void
watch_set_silence(muster_watch *w, int ms)
{
	w->silence_ms = ms;
}

static void
disconnect(muster_watch *w)
{
	if (w->curl == NULL)
		return;
	curl_multi_remove_handle(w->multi, w->curl);
	curl_easy_cleanup(w->curl);
	curl_slist_free_all(w->headers);
	w->curl = NULL;
	w->headers = NULL;
}

void
muster_watch_free(muster_watch *w)
{
	if (w == NULL)
		return;
	if (w->threaded) {
		atomic_store(&w->ending, true);
		curl_multi_wakeup(w->multi);
		pthread_join(w->thread, NULL);
	}
	disconnect(w);
	curl_multi_cleanup(w->multi);
	sse_fini(&w->sse);
	buf_fini(&w->path);
	buf_fini(&w->problem);
	muster_client_free(w->client);
	free(w);
}

const muster_error *
muster_watch_error(const muster_watch *w)
{
	return muster_client_error(w->client);
}

const char *
muster_watch_last_id(const muster_watch *w)
{
	return buf_str(&w->sse.last_id);
}

/* Handles the end of the connection, whose reason is w->client->error. Chooses the time and the
 * address for the next one. */
static void
connection_ended(muster_watch *w)
{
	const muster_error *e = &w->client->error;
	int64_t now = clock_mono_ms();
	int top, i;

	disconnect(w);
	if (w->streaming) {
		w->failures = 0;
		w->retry_at = now + client_random(SPREAD_MS);
	} else {
		top = BACKOFF_MS;
		for (i = (int)w->client->addresses.n; i < w->failures && top < BACKOFF_MAX_MS; i++)
			top *= 2;
		w->failures++;
		w->retry_at =
		    now + client_random((unsigned)(top < BACKOFF_MAX_MS ? top : BACKOFF_MAX_MS));
	}
	w->streaming = w->announced = false;
	w->stopped = e->status == 400;
	w->address = (w->address + 1) % w->client->addresses.n;
	if (w->on_state != NULL)
		w->on_state(w->arg, false, e);
}

static void
connection_lost(muster_watch *w, const char *why)
{
	error_set(&w->client->error, MUSTER_UNREACHABLE, 0, true, "%s: %s",
	    w->client->addresses.shown[w->address], why);
	connection_ended(w);
}

/* Called when the headers of the stream are complete. */
static void
begin_stream(muster_watch *w)
{
	w->streaming = true;
	w->failures = 0;
	error_reset(&w->client->error);
	if (w->resuming)
		announce(w);
}

static bool
is_stream(muster_watch *w)
{
	static const char type[] = "text/event-stream";
	char *got = NULL;
	long status = 0;

	curl_easy_getinfo(w->curl, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(w->curl, CURLINFO_CONTENT_TYPE, &got);
	return status == 200 && got != NULL && strncmp(got, type, sizeof(type) - 1) == 0;
}

static size_t
on_header(const char *data, size_t size, size_t n, void *arg)
{
	muster_watch *w = arg;
	bool last = size * n <= 2 && (*data == '\r' || *data == '\n');

	w->heard_at = clock_mono_ms();
	w->received = true;
	if (last && !w->streaming && is_stream(w))
		begin_stream(w);
	return size * n;
}

static size_t
on_body(char *data, size_t size, size_t n, void *arg)
{
	muster_watch *w = arg;
	size_t len = size * n;

	w->heard_at = clock_mono_ms();
	w->received = true;
	if (w->streaming) {
		if (!sse_feed(&w->sse, data, len))
			return 0;
		if (w->sse.last_id.len > 0)
			announce(w);
		return len;
	}
	if (w->problem.len + len > PROBLEM_MAX)
		return 0;
	buf_add(&w->problem, data, len);
	return len;
}

static void
connect_now(muster_watch *w)
{
	struct buf text = BUF_INIT;

	sse_restart(&w->sse);
	w->resuming = w->sse.last_id.len > 0;
	buf_reset(&w->problem);
	w->why[0] = '\0';
	w->heard_at = clock_mono_ms();
	w->curl = curl_easy_init();
	if (w->curl == NULL)
		abort();
	w->headers = curl_slist_append(NULL, "Accept: text/event-stream");
	if (w->sse.last_id.len > 0) {
		buf_addf(&text, "Last-Event-ID: %s", buf_str(&w->sse.last_id));
		w->headers = curl_slist_append(w->headers, buf_str(&text));
		buf_reset(&text);
	}
	buf_addf(&text, "%s%s", w->client->addresses.urls[w->address], buf_str(&w->path));
	curl_easy_setopt(w->curl, CURLOPT_URL, buf_str(&text));
	curl_easy_setopt(w->curl, CURLOPT_HTTPHEADER, w->headers);
	curl_easy_setopt(w->curl, CURLOPT_USERAGENT, "libmuster/" MUSTER_VERSION);
	curl_easy_setopt(w->curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(w->curl, CURLOPT_PROXY, "");
	curl_easy_setopt(w->curl, CURLOPT_CONNECTTIMEOUT_MS, (long)w->client->connect_ms);
	curl_easy_setopt(w->curl, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(w->curl, CURLOPT_HEADERDATA, w);
	curl_easy_setopt(w->curl, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(w->curl, CURLOPT_WRITEDATA, w);
	curl_easy_setopt(w->curl, CURLOPT_ERRORBUFFER, w->why);
	curl_multi_add_handle(w->multi, w->curl);
	buf_fini(&text);
}

/* Handles the end of the transfer, if it has ended. */
static void
check_end(muster_watch *w)
{
	CURLMsg *msg;
	long status = 0;
	int left;

	while (w->curl != NULL && (msg = curl_multi_info_read(w->multi, &left)) != NULL) {
		CURLcode rc = msg->data.result;

		if (msg->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(w->curl, CURLINFO_RESPONSE_CODE, &status);
		if (w->streaming || rc != CURLE_OK) {
			connection_lost(w,
			    rc == CURLE_OK        ? "the stream has ended"
			        : *w->why != '\0' ? w->why
			                          : curl_easy_strerror(rc));
		} else {
			error_from_answer(
			    &w->client->error, (int)status, buf_str(&w->problem), w->problem.len);
			connection_ended(w);
		}
	}
}

/* For how many more milliseconds the connection may be silent. */
static int64_t
silence_left_ms(const muster_watch *w)
{
	return w->heard_at + (w->streaming ? w->silence_ms : w->client->total_ms) - clock_mono_ms();
}

int
muster_watch_step(muster_watch *w, int wait_ms)
{
	int64_t due;
	int running;

	if (w->stopped)
		return -1;
	if (w->curl == NULL && w->retry_at <= clock_mono_ms())
		connect_now(w);
	w->received = false;
	curl_multi_perform(w->multi, &running);
	check_end(w);
	if (!w->received && wait_ms > 0 && !w->stopped) {
		due = w->curl != NULL ? silence_left_ms(w) : w->retry_at - clock_mono_ms();
		if (due > 0)
			curl_multi_poll(
			    w->multi, NULL, 0, due < wait_ms ? (int)due : wait_ms, NULL);
		curl_multi_perform(w->multi, &running);
		check_end(w);
	}
	if (w->curl != NULL && silence_left_ms(w) <= 0)
		connection_lost(w, w->streaming ? "the stream is silent" : "no answer came");
	if (w->stopped)
		return -1;
	due = w->curl != NULL ? STEP_MS : w->retry_at - clock_mono_ms();
	return w->received || due < 0 ? 0 : (int)due;
}

static void *
run(void *arg)
{
	muster_watch *w = arg;

	while (!atomic_load(&w->ending) && muster_watch_step(w, THREAD_WAIT_MS) >= 0)
		continue;
	return NULL;
}

bool
muster_watch_start(muster_watch *w)
{
	if (!w->threaded)
		w->threaded = pthread_create(&w->thread, NULL, run, w) == 0;
	else
		return false;
	return w->threaded;
}
