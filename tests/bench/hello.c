/*
 * The bare server that instructions.sh compares musterd with. It is made of libevent and llhttp alone: a
 * bufferevent for each connection, requests parsed completely, headers and body included, and the same small
 * document as the answer to all of them. It has no limits, deadlines or routes.
 * usage: hello [PORT]; prints "port N"
 */
#include <assert.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/listener.h>
#include <llhttp.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { URL_MAX = 4096, HEADER_MAX = 1024, BODY_MAX = 4096 };

/* Part of a request. What does not fit is cut off. */
struct text {
	size_t len, size;
	char *at;
};

struct client {
	struct bufferevent *bev;
	llhttp_t parser;
	struct text url, field, value, body;
	char url_bytes[URL_MAX], field_bytes[HEADER_MAX], value_bytes[HEADER_MAX];
	char body_bytes[BODY_MAX];
};

static int
add(struct text *t, const char *at, size_t len)
{
	size_t room = t->size - t->len;

	len = len < room ? len : room;
	memcpy(t->at + t->len, at, len);
	t->len += len;
	return 0;
}

static int
on_begin(llhttp_t *p)
{
	struct client *c = p->data;

	c->url.len = c->field.len = c->value.len = c->body.len = 0;
	return 0;
}

static int
on_url(llhttp_t *p, const char *at, size_t len)
{
	return add(&((struct client *)p->data)->url, at, len);
}

static int
on_field(llhttp_t *p, const char *at, size_t len)
{
	return add(&((struct client *)p->data)->field, at, len);
}

static int
on_value(llhttp_t *p, const char *at, size_t len)
{
	return add(&((struct client *)p->data)->value, at, len);
}

static int
on_header(llhttp_t *p)
{
	struct client *c = p->data;

	c->field.len = c->value.len = 0;
	return 0;
}

static int
on_body(llhttp_t *p, const char *at, size_t len)
{
	return add(&((struct client *)p->data)->body, at, len);
}

static int
on_complete(llhttp_t *p)
{
	static const char reply[] = "HTTP/1.1 200 OK\r\n"
	                            "Content-Type: application/json\r\n"
	                            "Content-Length: 17\r\n"
	                            "\r\n"
	                            "{\"hello\":\"world\"}";
	struct client *c = p->data;

	return bufferevent_write(c->bev, reply, sizeof(reply) - 1);
}

static const llhttp_settings_t settings = {
	.on_message_begin = on_begin,
	.on_url = on_url,
	.on_header_field = on_field,
	.on_header_value = on_value,
	.on_header_value_complete = on_header,
	.on_body = on_body,
	.on_message_complete = on_complete,
};

static void
client_free(struct client *c)
{
	bufferevent_free(c->bev);
	free(c);
}

static void
on_read(struct bufferevent *bev, void *arg)
{
	struct client *c = arg;
	struct evbuffer *in = bufferevent_get_input(bev);
	size_t len;

	while ((len = evbuffer_get_contiguous_space(in)) > 0) {
		const char *data = (const char *)evbuffer_pullup(in, (ev_ssize_t)len);

		if (llhttp_execute(&c->parser, data, len) != HPE_OK) {
			client_free(c);
			return;
		}
		evbuffer_drain(in, len);
	}
}

static void
on_event(struct bufferevent *bev, short what, void *arg)
{
	(void)bev;
	if (what & (BEV_EVENT_EOF | BEV_EVENT_ERROR))
		client_free(arg);
}

static void
on_accept(struct evconnlistener *l, evutil_socket_t fd, struct sockaddr *sa, int len, void *arg)
{
	struct client *c = calloc(1, sizeof(*c));
	int on = 1;

	(void)sa;
	(void)len;
	(void)arg;
	assert(c != NULL);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	c->url = (struct text){ .size = URL_MAX, .at = c->url_bytes };
	c->field = (struct text){ .size = HEADER_MAX, .at = c->field_bytes };
	c->value = (struct text){ .size = HEADER_MAX, .at = c->value_bytes };
	c->body = (struct text){ .size = BODY_MAX, .at = c->body_bytes };
	c->bev = bufferevent_socket_new(evconnlistener_get_base(l), fd, BEV_OPT_CLOSE_ON_FREE);
	assert(c->bev != NULL);
	llhttp_init(&c->parser, HTTP_REQUEST, &settings);
	c->parser.data = c;
	bufferevent_setcb(c->bev, on_read, NULL, on_event, c);
	bufferevent_enable(c->bev, EV_READ | EV_WRITE);
}

int
main(int argc, char **argv)
{
	struct sockaddr_in a = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)(argc > 1 ? atoi(argv[1]) : 0)),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t len = sizeof(a);
	struct event_base *base = event_base_new();
	struct evconnlistener *l = evconnlistener_new_bind(base, on_accept, NULL,
	    LEV_OPT_CLOSE_ON_FREE | LEV_OPT_REUSEABLE, 1024, (struct sockaddr *)&a, sizeof(a));

	if (l == NULL || getsockname(evconnlistener_get_fd(l), (struct sockaddr *)&a, &len) != 0) {
		perror("hello");
		return 1;
	}
	printf("port %d\n", ntohs(a.sin_port));
	fflush(stdout);
	event_base_dispatch(base);
	evconnlistener_free(l);
	event_base_free(base);
	return 0;
}
