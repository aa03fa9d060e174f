/*
 * Calls with failover. Invariant: after a call, the error's kind is MUSTER_OK if and only if there
 * is a reply, and `current` is the address that gave the last answer.
 */
#include "client/client.h"

#include "base/memory.h"
#include "client/reply.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

enum {
	CONNECT_MS = 1000,
	TOTAL_MS = 5000,
	TIMEOUT_MAX_MS = 600000,
	ROUNDS = 2,
	ROUNDS_MAX = 10,
	TRY_PAUSE_MS = 25,
	ROUND_PAUSE_MS = 200,
};

const char *
muster_version(void)
{
	return MUSTER_VERSION;
}

unsigned
client_random(unsigned below)
{
	unsigned bits;

	if (getrandom(&bits, sizeof(bits), 0) != (ssize_t)sizeof(bits))
		abort();
	return bits % below;
}

static muster_client *
new_client(void)
{
	muster_client *c = xcalloc(1, sizeof(*c));

	c->connect_ms = CONNECT_MS;
	c->total_ms = TOTAL_MS;
	c->rounds = ROUNDS;
	c->transport = transport_new();
	return c;
}

muster_client *
muster_client_new(const char *addresses)
{
	struct addresses read;
	muster_client *c;

	transport_setup();
	if (addresses == NULL)
		addresses = getenv("MUSTER_ADDR");
	if (addresses == NULL || *addresses == '\0')
		addresses = MUSTER_DEFAULT_ADDRESS;
	if (!addresses_init(&read, addresses))
		return NULL;
	c = new_client();
	c->addresses = read;
	return c;
}

muster_client *
muster_client_copy(const muster_client *c)
{
	muster_client *copy = new_client();

	addresses_copy(&copy->addresses, &c->addresses);
	atomic_store(&copy->current, atomic_load(&c->current));
	copy->connect_ms = c->connect_ms;
	copy->total_ms = c->total_ms;
	copy->rounds = c->rounds;
	return copy;
}

void
muster_client_free(muster_client *c)
{
	if (c == NULL)
		return;
	transport_free(c->transport);
	addresses_fini(&c->addresses);
	error_reset(&c->error);
	free(c);
}

static int
clamp(int value, int least, int most)
{
	return value < least ? least : value > most ? most : value;
}

void
muster_client_set_timeouts(muster_client *c, int connect_ms, int total_ms)
{
	c->connect_ms = clamp(connect_ms, 1, TIMEOUT_MAX_MS);
	c->total_ms = clamp(total_ms, 1, TIMEOUT_MAX_MS);
}

void
muster_client_set_rounds(muster_client *c, int rounds)
{
	c->rounds = clamp(rounds, 1, ROUNDS_MAX);
}

const muster_error *
muster_client_error(const muster_client *c)
{
	return &c->error;
}

const char *
muster_client_address(const muster_client *c)
{
	return c->addresses.shown[atomic_load(&c->current)];
}

const char *
muster_client_index(const muster_client *c)
{
	return c->index;
}

muster_reply *
client_bad_argument(muster_client *c, const char *what)
{
	c->index[0] = '\0';
	error_set(&c->error, MUSTER_BAD_ARGUMENT, 0, false, "%s", what);
	return NULL;
}

bool
client_check_id(muster_client *c, const char *what, const char *id)
{
	if (id != NULL && id_valid(id, strlen(id))) {
		error_reset(&c->error);
		return true;
	}
	c->index[0] = '\0';
	error_set(&c->error, MUSTER_BAD_ARGUMENT, 0, false, "%s: an id matches " ID_PATTERN, what);
	return false;
}

void
client_add_query(struct buf *path, const char *name, const char *value)
{
	char *escaped =
	    value != NULL && *value != '\0' ? curl_easy_escape(NULL, value, 0) : NULL;

	if (escaped != NULL)
		buf_addf(
		    path, "%c%s=%s", strchr(buf_str(path), '?') != NULL ? '&' : '?', name, escaped);
	curl_free(escaped);
}

static void
pause_ms(unsigned ms)
{
	const struct timespec ts = { ms / 1000, (long)(ms % 1000) * 1000000L };

	nanosleep(&ts, NULL);
}

/* True if another front-end may give a better answer. 502 comes from a proxy. */
static bool
is_retryable_status(long status)
{
	return status >= 502 && status <= 504;
}

/* The reply in an answer. Returns NULL and sets c->error if there is none. */
static muster_reply *
read_answer(muster_client *c, const struct exchange *x)
{
	muster_reply *r;

	if (x->status < 200 || x->status > 299) {
		error_from_answer(&c->error, (int)x->status, buf_str(&x->answer), x->answer.len);
		return NULL;
	}
	if (x->status == 204)
		return reply_new(json_object());
	r = reply_parse(buf_str(&x->answer), x->answer.len);
	if (r == NULL)
		error_set(&c->error, MUSTER_BAD_ANSWER, (int)x->status, false,
		    "the answer with status %ld is not a JSON object", x->status);
	return r;
}

/* Tries the call at one address. Returns true if the call is over, with *r the reply, or NULL and
 * c->error set. */
static bool
try_at(muster_client *c, struct exchange *x, const char *path, size_t at, bool *maybe_done,
    muster_reply **r)
{
	struct buf url = BUF_INIT;
	bool answered;

	buf_addf(&url, "%s%s", c->addresses.urls[at], path);
	x->url = buf_str(&url);
	answered = transport_exchange(c->transport, x);
	buf_fini(&url);
	if (!answered) {
		*maybe_done |= x->sent;
		/* The refusal of one address says more than the silence of another. */
		if (c->error.kind != MUSTER_REFUSED)
			error_set(&c->error, MUSTER_UNREACHABLE, 0, true, "%s: %s",
			    c->addresses.shown[at], x->why);
		return false;
	}
	atomic_store(&c->current, at);
	error_reset(&c->error);
	memcpy(c->index, x->index, sizeof(c->index));
	*r = read_answer(c, x);
	*maybe_done |= x->status == 502 || x->status == 504;
	return !is_retryable_status(x->status);
}

/* Makes the call. Sets *maybe_done to whether a try before the last one may have been carried
 * out. */
static muster_reply *
call_in_turn(muster_client *c, const struct call *call, bool *maybe_done)
{
	struct exchange x = {
		.method = call->method,
		.body = call->body,
		.key = call->key,
		.connect_ms = c->connect_ms,
		.total_ms = c->total_ms,
	};
	size_t first = atomic_load(&c->current), n = c->addresses.n, i;
	muster_reply *r = NULL;
	bool maybe_now = false;

	error_reset(&c->error);
	c->index[0] = '\0';
	*maybe_done = false;
	for (i = 0; i < n * (size_t)c->rounds; i++) {
		if (i > 0)
			pause_ms(client_random(TRY_PAUSE_MS) +
			    (i % n == 0 ? client_random(ROUND_PAUSE_MS) : 0));
		*maybe_done = maybe_now;
		if (try_at(c, &x, call->path, (first + i) % n, &maybe_now, &r))
			break;
	}
	c->in_doubt = r == NULL && maybe_now;
	buf_fini(&x.answer);
	return r;
}

muster_reply *
client_call(muster_client *c, const struct call *call)
{
	bool maybe_done;

	return call_in_turn(c, call, &maybe_done);
}

muster_reply *
client_get(muster_client *c, const char *path)
{
	return client_call(c, &(struct call){ "GET", path, NULL, NULL });
}

muster_reply *
client_post(muster_client *c, const char *path, const char *body)
{
	char key[NONCE_SIZE];

	return client_call(c, &(struct call){ "POST", path, body, id_nonce(key) });
}

muster_reply *
client_delete(muster_client *c, const char *path)
{
	bool maybe_done;
	muster_reply *r =
	    call_in_turn(c, &(struct call){ "DELETE", path, NULL, NULL }, &maybe_done);

	if (r == NULL && maybe_done && c->error.kind == MUSTER_REFUSED && c->error.status == 404) {
		error_reset(&c->error);
		return reply_new(json_object());
	}
	return r;
}
