/*
 * Talks to one sentinel at a time: connects, asks, and stays subscribed to one that knew the
 * answer. Invariant: `asking` is true exactly while sentinels_ask has not been answered.
 */
#include "redis/sentinel.h"

#include "base/buf.h"
#include "base/memory.h"
#include "redis/command.h"
#include "redis/reply_reader.h"
#include "redis/resolver.h"

#include <assert.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ASK_MS = 300 };

struct sentinels {
	struct event_base *base;
	struct evdns_base *dns;
	const struct redis_url *url;
	sentinel_master_fn master;
	sentinel_switched_fn switched;
	void *arg;
	struct resolver_turn turns[REDIS_SENTINELS_MAX]; /* among each one's addresses */
	size_t at;    /* the sentinel that is asked or listened to */
	size_t tried; /* how many were asked since sentinels_ask */
	bool asking;
	bool authenticating;     /* the reply to AUTH comes first */
	char error[256];         /* why the last question was not answered; "" for no reason yet */
	bool refused;            /* a sentinel has said so */
	char last_answer[320];   /* " address port" */
	struct bufferevent *bev; /* NULL: not connected */
	struct reply_reader reader;
	struct event *timeout;
};

static void ask_next(struct sentinels *s);

static void
disconnect(struct sentinels *s)
{
	resolver_cancel(&s->turns[s->at]);
	if (s->bev != NULL)
		bufferevent_free(s->bev);
	s->bev = NULL;
	evtimer_del(s->timeout);
}

static void
send_command(struct sentinels *s, size_t n, const char **words)
{
	struct buf text = BUF_INIT;

	command_add(&text, n, words, NULL);
	bufferevent_write(s->bev, text.data, text.len);
	buf_fini(&text);
}

/*
 * Notes why this sentinel is of no help. The first reason counts, but what a sentinel has said counts more
 * than one that cannot be reached.
 */
static void
note_error(struct sentinels *s, bool said, const char *why)
{
	const struct redis_address *a = &s->url->sentinels[s->at];

	if (!s->asking || (s->error[0] != '\0' && (s->refused || !said)))
		return;
	s->refused = said;
	snprintf(s->error, sizeof(s->error), "%s:%d: %s", a->host, a->port, why);
}

/* This sentinel did not help. Asks the next one, or says that none of them knows. */
static void
give_up(struct sentinels *s)
{
	disconnect(s);
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

/*
 * True for a message "<master> <old address> <old port> <new address> <new port>" about our master
 * that differs from the last answer.
 */
static bool
is_news(const struct sentinels *s, const char *message)
{
	size_t name_len = strlen(s->url->master), answer_len = strlen(s->last_answer);
	size_t len = strlen(message);

	return strncmp(message, s->url->master, name_len) == 0 && message[name_len] == ' ' &&
	    (len < answer_len || strcmp(message + len - answer_len, s->last_answer) != 0);
}

/* The reply to AUTH. A sentinel that wants no password refuses one, and answers all the same. */
static void
take_authentication(struct sentinels *s, const struct reply *r)
{
	s->authenticating = false;
	if (r->kind == REPLY_ERROR)
		note_error(s, true, r->text);
}

/* The answer to the question: {address, port}. Returns false if that was of no use. */
static bool
take_answer(struct sentinels *s, const struct reply *r)
{
	const char *address = r->n_members == 2 ? r->members[0].text : NULL;
	const char *port = r->n_members == 2 ? r->members[1].text : NULL;

	if (address == NULL || port == NULL || atoi(port) < 1) {
		note_error(
		    s, true, r->kind == REPLY_ERROR ? r->text : "it does not know the master");
		give_up(s);
		return false;
	}
	s->asking = false;
	s->turns[s->at].good = true;
	s->error[0] = '\0';
	snprintf(s->last_answer, sizeof(s->last_answer), " %s %s", address, port);
	evtimer_del(s->timeout);
	send_command(s, 2, (const char *[]){ "SUBSCRIBE", "+switch-master" });
	s->master(s->arg, address, atoi(port));
	return true;
}

/* A message to a subscriber: {"message", channel, text}. */
static void
take_message(struct sentinels *s, const struct reply *r)
{
	if (r->n_members == 3 && r->members[0].text != NULL &&
	    strcmp(r->members[0].text, "message") == 0 && r->members[2].text != NULL &&
	    is_news(s, r->members[2].text))
		s->switched(s->arg);
}

static void
on_read(struct bufferevent *bev, void *arg)
{
	struct sentinels *s = arg;
	struct evbuffer *in = bufferevent_get_input(bev);
	size_t len = evbuffer_get_length(in);
	bool useful = true;

	reply_reader_feed(&s->reader, evbuffer_pullup(in, -1), len);
	evbuffer_drain(in, len);
	/* A callback may ask again, which closes this connection. */
	while (useful && s->bev == bev) {
		const struct reply *reply;

		if (!reply_reader_next(&s->reader, &reply)) {
			note_error(s, false, "bytes that are no reply");
			give_up(s);
			return;
		}
		if (reply == NULL)
			return;
		if (s->authenticating)
			take_authentication(s, reply);
		else if (s->asking)
			useful = take_answer(s, reply);
		else
			take_message(s, reply);
	}
}

static void
send_question(struct sentinels *s)
{
	const char *user = s->url->sentinel_user, *password = s->url->sentinel_password;

	s->authenticating = password != NULL;
	if (password != NULL && user != NULL)
		send_command(s, 3, (const char *[]){ "AUTH", user, password });
	else if (password != NULL)
		send_command(s, 2, (const char *[]){ "AUTH", password });
	send_command(
	    s, 3, (const char *[]){ "SENTINEL", "get-master-addr-by-name", s->url->master });
}

static void
on_failure(void *arg, const char *why)
{
	note_error(arg, false, why);
	give_up(arg);
}

static void
on_event(struct bufferevent *bev, short what, void *arg)
{
	(void)bev;
	if (what & BEV_EVENT_CONNECTED)
		send_question(arg);
	else if (what & BEV_EVENT_EOF)
		on_failure(arg, "closed by the sentinel");
	else
		on_failure(arg, evutil_socket_error_to_string(EVUTIL_SOCKET_ERROR()));
}

static void
on_timeout(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	on_failure(arg, "no reply in time");
}

static void
ask_next(struct sentinels *s)
{
	static const struct timeval timeout = { 0, ASK_MS * 1000 };
	const struct redis_address *a = &s->url->sentinels[s->at];

	reply_reader_reset(&s->reader);
	s->authenticating = false;
	s->bev = bufferevent_socket_new(s->base, -1, BEV_OPT_CLOSE_ON_FREE);
	assert(s->bev != NULL);
	bufferevent_setcb(s->bev, on_read, NULL, on_event, s);
	bufferevent_enable(s->bev, EV_READ | EV_WRITE);
	evtimer_add(s->timeout, &timeout);
	resolver_connect(s->dns, &s->turns[s->at], s->bev, a->host, a->port, on_failure, s);
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
	disconnect(s);
	s->tried = 0;
	s->asking = true;
	s->error[0] = '\0';
	ask_next(s);
}

const char *
sentinels_error(const struct sentinels *s)
{
	return s->error;
}

void
sentinels_stop_asking(struct sentinels *s)
{
	if (s->asking)
		disconnect(s);
	s->asking = false;
}

void
sentinels_free(struct sentinels *s)
{
	if (s == NULL)
		return;
	disconnect(s);
	reply_reader_reset(&s->reader);
	event_free(s->timeout);
	free(s);
}
