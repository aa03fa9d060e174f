/*
 * One conversation at a time: connect, ask, and where the sentinel knew, stay and listen.
 * Invariant: `asking` is true exactly while an answer is owed.
 */
#include "redis/sentinel.h"

#include "base/buf.h"
#include "base/memory.h"
#include "redis/resp.h"

#include <assert.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { ASK_MS = 300 };

struct sentinels {
	struct event_base *base;
	struct evdns_base *dns;
	const struct redis_url *url;
	sentinel_master_fn master;
	sentinel_switched_fn switched;
	void *arg;
	size_t at;    /* the one that is talked to */
	size_t tried; /* of this round */
	bool asking;
	char told[320];          /* " address port" of the last answer */
	struct bufferevent *bev; /* NULL: to nobody */
	struct resp_reader reader;
	struct event *timeout;
};

static void ask_next(struct sentinels *s);

static void
hang_up(struct sentinels *s)
{
	if (s->bev != NULL)
		bufferevent_free(s->bev);
	s->bev = NULL;
	evtimer_del(s->timeout);
}

static void
say(struct sentinels *s, int argc, const char **argv)
{
	struct buf text = BUF_INIT;
	int i;

	resp_add_start(&text, (size_t)argc);
	for (i = 0; i < argc; i++)
		resp_add_word(&text, argv[i], strlen(argv[i]));
	bufferevent_write(s->bev, text.data, text.len);
	buf_fini(&text);
}

/* The sentinel at hand did not help: on to the next, or that was all. */
static void
give_up(struct sentinels *s)
{
	hang_up(s);
	if (!s->asking)
		return;
	s->at = (s->at + 1) % s->url->n_sentinels;
	if (++s->tried < s->url->n_sentinels) {
		ask_next(s);
	} else {
		s->asking = false;
		s->master(s->arg, NULL, 0);
	}
}

static bool
is_text(const redisReply *r, const char *text)
{
	return r->type == REDIS_REPLY_STRING && strcmp(r->str, text) == 0;
}

/*
 * True for "<master> <old address> <old port> <new address> <new port>" about our master, unless it
 * says what the answer said.
 */
static bool
is_news(const struct sentinels *s, const char *message)
{
	size_t name = strlen(s->url->master), told = strlen(s->told), len = strlen(message);

	return strncmp(message, s->url->master, name) == 0 && message[name] == ' ' &&
	    (len < told || strcmp(message + len - told, s->told) != 0);
}

/* The answer to the question, or a message about a change. False: hung up. */
static bool
take_reply(struct sentinels *s, const redisReply *r)
{
	if (s->asking) {
		if (r->type != REDIS_REPLY_ARRAY || r->elements != 2 ||
		    r->element[1]->str == NULL || atoi(r->element[1]->str) < 1) {
			give_up(s);
			return false;
		}
		s->asking = false;
		snprintf(
		    s->told, sizeof(s->told), " %s %s", r->element[0]->str, r->element[1]->str);
		evtimer_del(s->timeout);
		say(s, 2, (const char *[]){ "SUBSCRIBE", "+switch-master" });
		s->master(s->arg, r->element[0]->str, atoi(r->element[1]->str));
		return true;
	}
	if (r->type == REDIS_REPLY_ARRAY && r->elements == 3 && is_text(r->element[0], "message") &&
	    r->element[2]->str != NULL && is_news(s, r->element[2]->str))
		s->switched(s->arg);
	return true;
}

static void
on_read(struct bufferevent *bev, void *arg)
{
	struct sentinels *s = arg;
	struct evbuffer *in = bufferevent_get_input(bev);
	size_t len = evbuffer_get_length(in);
	bool going = true;

	resp_feed(&s->reader, evbuffer_pullup(in, -1), len);
	evbuffer_drain(in, len);
	/* What is told may have us ask anew, and so hang up. */
	while (going && s->bev == bev) {
		const redisReply *reply;

		if (!resp_next(&s->reader, &reply)) {
			give_up(s);
			return;
		}
		if (reply == NULL)
			return;
		going = take_reply(s, reply);
	}
}

static void
on_event(struct bufferevent *bev, short what, void *arg)
{
	struct sentinels *s = arg;

	(void)bev;
	if (what & BEV_EVENT_CONNECTED)
		say(s, 3,
		    (const char *[]){ "SENTINEL", "get-master-addr-by-name", s->url->master });
	else
		give_up(s);
}

static void
on_timeout(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	give_up(arg);
}

static void
ask_next(struct sentinels *s)
{
	static const struct timeval timeout = { 0, ASK_MS * 1000 };
	const struct redis_address *a = &s->url->sentinels[s->at];

	resp_reset(&s->reader);
	s->bev = bufferevent_socket_new(s->base, -1, BEV_OPT_CLOSE_ON_FREE);
	assert(s->bev != NULL);
	bufferevent_setcb(s->bev, on_read, NULL, on_event, s);
	bufferevent_enable(s->bev, EV_READ | EV_WRITE);
	evtimer_add(s->timeout, &timeout);
	/* A failure is reported by the callback, or by the timeout. */
	(void)bufferevent_socket_connect_hostname(s->bev, s->dns, AF_UNSPEC, a->host, a->port);
}

struct sentinels *
sentinels_new(struct event_base *base, struct evdns_base *dns, const struct redis_url *url,
    sentinel_master_fn master, sentinel_switched_fn switched, void *arg)
{
	struct sentinels *s = xcalloc(1, sizeof(*s));

	s->base = base;
	s->dns = dns;
	s->url = url;
	s->master = master;
	s->switched = switched;
	s->arg = arg;
	s->timeout = evtimer_new(base, on_timeout, s);
	assert(s->timeout != NULL);
	return s;
}

void
sentinels_ask(struct sentinels *s)
{
	hang_up(s);
	s->tried = 0;
	s->asking = true;
	ask_next(s);
}

void
sentinels_stop_asking(struct sentinels *s)
{
	if (s->asking)
		hang_up(s);
	s->asking = false;
}

void
sentinels_free(struct sentinels *s)
{
	if (s == NULL)
		return;
	hang_up(s);
	resp_reset(&s->reader);
	event_free(s->timeout);
	free(s);
}
