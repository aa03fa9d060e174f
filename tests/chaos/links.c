/*
 * The connections of a fault proxy. Invariant: the bytes that were read from one end are, in order,
 * in its `late` chunks and then in the input of its bufferevent, until they are forwarded or
 * dropped.
 */
#include "chaos/links.h"

#include "support/process.h"

#include <arpa/inet.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

enum { QUEUED_MAX = 1 << 20, CLIENT = 0, SERVER = 1 };

struct chunk {
	STAILQ_ENTRY(chunk) next;
	struct evbuffer *data;
	long due;
};

struct pair;

/* One end of a connection, and the bytes that were read from it. */
struct side {
	struct pair *pair;
	struct bufferevent *bev;
	struct event *timer; /* fires when the first of `late` is due */
	STAILQ_HEAD(, chunk) late;
	bool ended; /* it has closed, and the other end was not told */
	bool dead;  /* nothing more can be sent to it */
};

struct pair {
	LIST_ENTRY(pair) next;
	struct links *links;
	struct side side[2];
	long passed;  /* number of bytes forwarded in this mode */
	bool holed;   /* bytes from it were dropped */
	bool closing; /* close after the pending output is sent */
};

static void
chunk_free(struct side *s)
{
	struct chunk *c = STAILQ_FIRST(&s->late);

	STAILQ_REMOVE_HEAD(&s->late, next);
	evbuffer_free(c->data);
	free(c);
}

static void
pair_free(struct pair *pair)
{
	int i;

	for (i = 0; i < 2; i++) {
		while (!STAILQ_EMPTY(&pair->side[i].late))
			chunk_free(&pair->side[i]);
		if (pair->side[i].timer != NULL)
			event_free(pair->side[i].timer);
		bufferevent_free(pair->side[i].bev);
	}
	LIST_REMOVE(pair, next);
	pair->links->count--;
	free(pair);
}

static void
pair_reset(struct pair *pair)
{
	const struct linger now = { .l_onoff = 1, .l_linger = 0 };
	int i;

	for (i = 0; i < 2; i++)
		setsockopt(
		    bufferevent_getfd(pair->side[i].bev), SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	pair_free(pair);
}

static size_t
queued(const struct side *s)
{
	return s->dead ? 0 : evbuffer_get_length(bufferevent_get_output(s->bev));
}

/* Closes the pair after the pending output is sent; at once if there is none. */
static void
pair_close(struct pair *pair)
{
	int i;

	pair->closing = true;
	for (i = 0; i < 2; i++)
		bufferevent_disable(pair->side[i].bev, EV_READ);
	if (queued(&pair->side[CLIENT]) == 0 && queued(&pair->side[SERVER]) == 0)
		pair_free(pair);
}

static struct side *
opposite(struct side *s)
{
	return &s->pair->side[s == &s->pair->side[CLIENT] ? SERVER : CLIENT];
}

/* Forwards up to `most` bytes. If the other end does not read, stops reading past a limit. */
static void
pass(struct side *s, struct evbuffer *from, size_t most)
{
	struct side *to = opposite(s);

	s->pair->passed += (long)most;
	evbuffer_remove_buffer(from, bufferevent_get_output(to->bev), most);
	if (queued(to) > QUEUED_MAX)
		bufferevent_disable(s->bev, EV_READ);
}

static void
arm_late(struct side *s)
{
	long left = STAILQ_FIRST(&s->late)->due - now_ms();
	struct timeval tv = { .tv_sec = left > 0 ? left / 1000 : 0 };

	tv.tv_usec = left > 0 ? left % 1000 * 1000 : 0;
	evtimer_add(s->timer, &tv);
}

/* Holds the input for n ms. An empty chunk stands for the end of the connection. */
static void
hold(struct side *s, struct evbuffer *in)
{
	struct chunk *c = calloc(1, sizeof(*c));

	if (c == NULL || (c->data = evbuffer_new()) == NULL)
		abort();
	evbuffer_add_buffer(c->data, in);
	c->due = now_ms() + s->pair->links->n;
	STAILQ_INSERT_TAIL(&s->late, c, next);
	if (STAILQ_FIRST(&s->late) == c)
		arm_late(s);
}

/* Whether the mode delays what comes from `s`. */
static bool
is_held(const struct side *s)
{
	enum proxy_mode mode = s->pair->links->mode;

	return mode == PROXY_DELAY || (mode == PROXY_LATE && s == &s->pair->side[SERVER]);
}

/* Handles the input from `s` as the mode requires. Returns false if this closed the pair. */
static bool
forward(struct side *s)
{
	struct evbuffer *in = bufferevent_get_input(s->bev);
	struct pair *pair = s->pair;
	size_t len = evbuffer_get_length(in);
	long left;

	if (len == 0)
		return true;
	switch (pair->links->mode) {
	case PROXY_HALF_OPEN:
		bufferevent_disable(s->bev, EV_READ);
		break;
	case PROXY_DELAY:
	case PROXY_LATE:
		if (is_held(s))
			hold(s, in);
		else
			pass(s, in, len);
		break;
	case PROXY_CUT:
		left = pair->links->n - pair->passed;
		pass(s, in, len < (size_t)left ? len : (size_t)left);
		if ((long)len >= left) {
			pair_close(pair);
			return false;
		}
		break;
	case PROXY_MUTE:
	case PROXY_DROP:
		if (pair->links->mode == PROXY_DROP || s == &pair->side[SERVER]) {
			evbuffer_drain(in, len);
			pair->holed = true;
			break;
		}
		pass(s, in, len);
		break;
	case PROXY_PASS:
	case PROXY_RESET:
		pass(s, in, len);
		break;
	}
	return true;
}

static void
on_late(evutil_socket_t fd, short what, void *arg)
{
	struct side *s = arg;
	struct evbuffer *data = STAILQ_FIRST(&s->late)->data;

	(void)fd;
	(void)what;
	if (evbuffer_get_length(data) == 0) {
		pair_close(s->pair);
		return;
	}
	pass(s, data, evbuffer_get_length(data));
	chunk_free(s);
	if (!STAILQ_EMPTY(&s->late))
		arm_late(s);
}

static void
on_read(struct bufferevent *bev, void *arg)
{
	struct side *s = arg;

	(void)bev;
	if (!s->pair->closing)
		(void)forward(s);
}

/* Called when all output for `s` is sent. */
static void
on_written(struct bufferevent *bev, void *arg)
{
	struct side *s = arg;

	(void)bev;
	if (!s->pair->closing)
		bufferevent_enable(opposite(s)->bev, EV_READ);
	else if (queued(opposite(s)) == 0)
		pair_free(s->pair);
}

/* Handles the end of the connection of `s` as the mode requires. May free the pair. */
static void
end(struct side *s)
{
	enum proxy_mode mode = s->pair->links->mode;

	if (mode == PROXY_HALF_OPEN)
		return;
	if (is_held(s))
		hold(s, bufferevent_get_input(s->bev));
	else
		pair_close(s->pair);
}

static void
on_event(struct bufferevent *bev, short what, void *arg)
{
	struct side *s = arg;

	if (what & BEV_EVENT_CONNECTED)
		return;
	bufferevent_disable(bev, EV_READ);
	if (s->pair->closing) {
		pair_free(s->pair);
		return;
	}
	s->dead = (what & BEV_EVENT_ERROR) != 0;
	s->ended = true;
	end(s);
}

static int
connect_upstream(const char *upstream, struct bufferevent *bev)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	struct sockaddr_in in = { .sin_family = AF_INET };

	if (upstream[0] == '/') {
		memcpy(un.sun_path, upstream, sizeof(un.sun_path) - 1);
		return bufferevent_socket_connect(bev, (struct sockaddr *)&un, sizeof(un));
	}
	in.sin_port = htons((uint16_t)strtol(upstream, NULL, 10));
	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return bufferevent_socket_connect(bev, (struct sockaddr *)&in, sizeof(in));
}

static void
side_init(struct side *s, struct pair *pair, evutil_socket_t fd)
{
	struct event_base *base = pair->links->base;

	s->pair = pair;
	STAILQ_INIT(&s->late);
	s->timer = evtimer_new(base, on_late, s);
	s->bev = bufferevent_socket_new(base, fd, BEV_OPT_CLOSE_ON_FREE);
	if (s->timer == NULL || s->bev == NULL)
		abort();
	bufferevent_setcb(s->bev, on_read, on_written, on_event, s);
	bufferevent_enable(s->bev, EV_READ | EV_WRITE);
}

void
links_add(struct links *l, evutil_socket_t fd, const char *upstream)
{
	struct pair *pair = calloc(1, sizeof(*pair));

	if (pair == NULL)
		abort();
	pair->links = l;
	LIST_INSERT_HEAD(&l->pairs, pair, next);
	l->count++;
	side_init(&pair->side[CLIENT], pair, fd);
	side_init(&pair->side[SERVER], pair, -1);
	/* The callback may already have handled a failure and freed the pair. */
	if (l->mode == PROXY_RESET || connect_upstream(upstream, pair->side[SERVER].bev) < 0)
		if (LIST_FIRST(&l->pairs) == pair)
			pair_reset(pair);
}

/* Handles, in the new mode, what was held in the old one. May free the pair. */
static void
resume(struct pair *pair)
{
	int i;

	for (i = 0; i < 2; i++) {
		struct side *s = &pair->side[i];
		struct evbuffer *held = evbuffer_new(), *in = bufferevent_get_input(s->bev);

		evtimer_del(s->timer);
		for (; !STAILQ_EMPTY(&s->late); chunk_free(s))
			evbuffer_add_buffer(held, STAILQ_FIRST(&s->late)->data);
		evbuffer_prepend_buffer(in, held);
		evbuffer_free(held);
		if (!s->ended)
			bufferevent_enable(s->bev, EV_READ);
	}
	pair->passed = 0;
	for (i = 0; i < 2; i++)
		if (!forward(&pair->side[i]))
			return;
	if (pair->side[CLIENT].ended)
		end(&pair->side[CLIENT]);
	else if (pair->side[SERVER].ended)
		end(&pair->side[SERVER]);
}

void
links_change(struct links *l, enum proxy_mode mode, long n)
{
	struct pair *pair, *next;

	l->mode = mode;
	l->n = n;
	for (pair = LIST_FIRST(&l->pairs); pair != NULL; pair = next) {
		next = LIST_NEXT(pair, next);
		if (pair->closing)
			continue;
		if (mode == PROXY_RESET || pair->holed)
			pair_reset(pair);
		else
			resume(pair);
	}
}

void
links_close(struct links *l)
{
	while (!LIST_EMPTY(&l->pairs))
		pair_free(LIST_FIRST(&l->pairs));
}
