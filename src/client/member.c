/*
 * Registers a member, sends its heartbeats and lets it leave. Invariants: `registered` is true if
 * and only if the cluster's last answer showed that it knows this incarnation; the lock is never
 * held during a network call or a callback.
 */
#include "base/memory.h"
#include "client/member_settings.h"
#include "client/member_state.h"
#include "client/nodes.h"

#include "base/clock.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
	FIRST_INTERVAL_MS = 3000, /* until the cluster announces its interval */
	BACKOFF_MS = 100,
	BACKOFF_MAX_MS = 3000,
	TRY_MIN_MS = 100,
};

muster_member *
muster_member_new(const muster_client *c, const char *id)
{
	pthread_condattr_t attr;
	muster_member *m;
	size_t i;

	if (id == NULL || !id_valid(id, strlen(id)))
		return NULL;
	m = xcalloc(1, sizeof(*m));
	m->client = muster_client_copy(c);
	memcpy(m->id, id, strlen(id) + 1);
	m->record = json_pack("{s:s}", "id", id);
	for (i = 0; i < MEMBER_USAGE; i++)
		m->report.usage[i] = NAN;
	m->interval_ms = FIRST_INTERVAL_MS;
	m->backoff_ms = BACKOFF_MS;
	pthread_mutex_init(&m->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&m->wake, &attr);
	pthread_condattr_destroy(&attr);
	return m;
}

static void
stop_thread(muster_member *m)
{
	if (!m->threaded)
		return;
	pthread_mutex_lock(&m->lock);
	m->ending = true;
	pthread_cond_signal(&m->wake);
	pthread_mutex_unlock(&m->lock);
	transport_cancel(m->client->transport, true);
	pthread_join(m->thread, NULL);
	transport_cancel(m->client->transport, false);
	m->threaded = m->ending = false;
}

void
muster_member_free(muster_member *m)
{
	if (m == NULL)
		return;
	stop_thread(m);
	json_decref(m->record);
	error_reset(&m->leave_error);
	muster_client_free(m->client);
	pthread_cond_destroy(&m->wake);
	pthread_mutex_destroy(&m->lock);
	free(m);
}

int64_t
muster_member_incarnation(muster_member *m)
{
	int64_t incarnation;

	pthread_mutex_lock(&m->lock);
	incarnation = m->incarnation;
	pthread_mutex_unlock(&m->lock);
	return incarnation;
}

bool
muster_member_stopped(muster_member *m)
{
	bool stopped;

	pthread_mutex_lock(&m->lock);
	stopped = m->stopped;
	pthread_mutex_unlock(&m->lock);
	return stopped;
}

static void
call_back(muster_member *m, enum muster_member_event what, const muster_reply *reply)
{
	if (m->fn != NULL)
		m->fn(m->arg, what, reply, reply == NULL ? &m->client->error : NULL);
}

static void
due_in(muster_member *m, int64_t ms)
{
	pthread_mutex_lock(&m->lock);
	m->due_at = clock_mono_ms() + ms;
	pthread_mutex_unlock(&m->lock);
}

/* Schedules a retry after a random delay, which doubles with each failure. */
static void
retry_later(muster_member *m)
{
	due_in(m, m->backoff_ms / 2 + (int)client_random((unsigned)m->backoff_ms));
	m->backoff_ms = m->backoff_ms * 2 < BACKOFF_MAX_MS ? m->backoff_ms * 2 : BACKOFF_MAX_MS;
	call_back(m, MUSTER_MEMBER_MISSED, NULL);
}

static void
stop(muster_member *m, enum muster_member_event why)
{
	pthread_mutex_lock(&m->lock);
	m->stopped = true;
	m->replaced = why == MUSTER_MEMBER_REPLACED;
	pthread_mutex_unlock(&m->lock);
	call_back(m, why, NULL);
}

/* Limits the timeout of a try, so that there is time for further tries before the heartbeat
 * expires. */
static void
fit_timeouts(muster_member *m, int64_t ttl_ms)
{
	int64_t most = ttl_ms / 3 > TRY_MIN_MS ? ttl_ms / 3 : TRY_MIN_MS;

	if (m->client->total_ms > most)
		m->client->total_ms = (int)most;
}

static void
send_registration(muster_member *m)
{
	char *body = json_dumps(m->record, JSON_COMPACT);
	const struct muster_error *e = &m->client->error;
	muster_reply *r;

	/* All tries use the same key: a late one must not make a new incarnation. */
	if (m->key[0] == '\0')
		id_nonce(m->key);
	r = node_register_keyed(m->client, body, m->key);
	free(body);
	if (r == NULL && e->kind == MUSTER_REFUSED && !e->retryable && e->status < 500) {
		m->in_doubt = false;
		stop(m, MUSTER_MEMBER_REFUSED);
		return;
	}
	if (r == NULL) {
		m->in_doubt |= m->client->in_doubt;
		retry_later(m);
		return;
	}
	m->key[0] = '\0';
	m->in_doubt = false;
	m->registered = true;
	m->backoff_ms = BACKOFF_MS;
	fit_timeouts(m, muster_reply_int(r, "heartbeat_ttl_ms"));
	pthread_mutex_lock(&m->lock);
	m->incarnation = muster_reply_int(r, "incarnation");
	m->report.status_due |= m->report.draining;
	m->due_at = 0; /* the first heartbeat gets the interval and sends what was reported */
	pthread_mutex_unlock(&m->lock);
	call_back(m, MUSTER_MEMBER_REGISTERED, r);
	muster_reply_free(r);
}

/* Handles the answer to the heartbeat that reported `sent`. */
static void
heartbeat_done(
    muster_member *m, const struct member_report *sent, int64_t begun, const muster_reply *r)
{
	int64_t interval = muster_reply_int(r, "heartbeat_interval_ms");

	m->backoff_ms = BACKOFF_MS;
	if (interval > 0)
		m->interval_ms = (int)interval;
	muster_member_report_seen(m, muster_reply_int(r, "term"), 0);
	pthread_mutex_lock(&m->lock);
	if (m->report.draining == sent->draining)
		m->report.status_due = false;
	m->due_at = m->report.status_due ? 0 : begun + m->interval_ms;
	pthread_mutex_unlock(&m->lock);
	call_back(m, MUSTER_MEMBER_BEAT, r);
}

/* True if a Redis that has lost the registration, or the terms and epochs seen since, refuses the
 * numbers. */
static bool
is_refusal_of_numbers(const struct muster_error *e)
{
	const char *detail = muster_error_detail(e);

	return strcmp(muster_error_code(e), "invalid_field") == 0 &&
	    (strncmp(detail, "incarnation:", 12) == 0 || strncmp(detail, "term_seen:", 10) == 0 ||
	        strncmp(detail, "epoch_seen:", 11) == 0);
}

/* Lets the next step register again. Forgets the terms and epochs seen if they were refused. */
static void
register_again(muster_member *m)
{
	if (is_refusal_of_numbers(&m->client->error)) {
		pthread_mutex_lock(&m->lock);
		m->report.term_seen = m->report.epoch_seen = 0;
		pthread_mutex_unlock(&m->lock);
	}
	m->registered = false;
	due_in(m, 0);
	call_back(m, MUSTER_MEMBER_MISSED, NULL);
}

static void
send_heartbeat(muster_member *m)
{
	const struct muster_error *e = &m->client->error;
	int64_t begun = clock_mono_ms(), incarnation;
	struct member_report report;
	muster_reply *r;
	char *body;

	pthread_mutex_lock(&m->lock);
	report = m->report;
	incarnation = m->incarnation;
	pthread_mutex_unlock(&m->lock);
	body = member_heartbeat_body(&report, incarnation);
	r = muster_node_heartbeat(m->client, m->id, body);
	free(body);
	if (r != NULL) {
		heartbeat_done(m, &report, begun, r);
	} else if (strcmp(muster_error_code(e), "stale_incarnation") == 0) {
		stop(m, MUSTER_MEMBER_REPLACED);
	} else if (strcmp(muster_error_code(e), "node_not_found") == 0 ||
	    is_refusal_of_numbers(e)) {
		register_again(m);
	} else {
		retry_later(m);
	}
	muster_reply_free(r);
}

/* Milliseconds until a step is due: 0 if it is due now, -1 if the member has stopped. The caller
 * holds the lock. */
static int64_t
remaining(const muster_member *m)
{
	int64_t ms = m->due_at - clock_mono_ms();

	return m->stopped ? -1 : ms > 0 ? ms : 0;
}

int
muster_member_step(muster_member *m)
{
	int64_t ms;

	pthread_mutex_lock(&m->lock);
	ms = remaining(m);
	pthread_mutex_unlock(&m->lock);
	if (ms != 0)
		return (int)ms;
	if (m->registered)
		send_heartbeat(m);
	else
		send_registration(m);
	pthread_mutex_lock(&m->lock);
	ms = remaining(m);
	pthread_mutex_unlock(&m->lock);
	return (int)ms;
}

/* Waits until a step is due. Returns false if the thread should end. */
static bool
wait_due(muster_member *m)
{
	bool more;

	pthread_mutex_lock(&m->lock);
	while (!m->ending && remaining(m) > 0) {
		const struct timespec until = { m->due_at / 1000, (m->due_at % 1000) * 1000000L };

		pthread_cond_timedwait(&m->wake, &m->lock, &until);
	}
	more = !m->ending && !m->stopped;
	pthread_mutex_unlock(&m->lock);
	return more;
}

static void *
run(void *arg)
{
	muster_member *m = arg;

	while (wait_due(m))
		muster_member_step(m);
	return NULL;
}

bool
muster_member_start(muster_member *m)
{
	if (m->threaded)
		return false;
	m->threaded = pthread_create(&m->thread, NULL, run, m) == 0;
	return m->threaded;
}

/* Leaves as the incarnation that this member has: the node may belong to another process by now. */
static muster_reply *
leave(muster_member *m)
{
	int64_t incarnation = muster_member_incarnation(m);

	if (incarnation > 0)
		return muster_node_leave_as(m->client, m->id, incarnation);
	error_set(&m->client->error, MUSTER_UNREACHABLE, 0, false,
	    "it is unknown whether '%s' is registered: a heartbeat that it may have expires",
	    m->id);
	return NULL;
}

/* True if the node has left already, or belongs to another process. */
static bool
is_node_gone(const struct muster_error *e)
{
	return strcmp(muster_error_code(e), "node_not_found") == 0 ||
	    strcmp(muster_error_code(e), "stale_incarnation") == 0;
}

bool
muster_member_leave(muster_member *m, const muster_error **error)
{
	muster_reply *r;

	stop_thread(m);
	error_reset(&m->leave_error);
	if (m->replaced || (!m->registered && !m->in_doubt))
		return true;
	r = leave(m);
	if (r == NULL && !is_node_gone(&m->client->error)) {
		error_copy(&m->leave_error, &m->client->error);
		if (error != NULL)
			*error = &m->leave_error;
		return false;
	}
	muster_reply_free(r);
	m->registered = m->in_doubt = false;
	m->key[0] = '\0';
	pthread_mutex_lock(&m->lock);
	m->incarnation = 0;
	m->due_at = 0;
	pthread_mutex_unlock(&m->lock);
	return true;
}
