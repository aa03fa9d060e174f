/* Processes of a cluster before a fake Redis. */
#include "unit/cluster/fixture.h"

#include <stdio.h>

const char *
scene_reply(struct scene *s, const char *outcome, const char *row)
{
	char *to = s->replies[s->n_replies++];
	int len;

	assert_true(s->n_replies <= SCENE_REPLIES_MAX);
	if (*row == '\0')
		len = snprintf(to, sizeof(s->replies[0]), "*2\r\n$%zu\r\n%s\r\n$0\r\n\r\n",
		    strlen(outcome), outcome);
	else
		len = snprintf(to, sizeof(s->replies[0]),
		    "*3\r\n$%zu\r\n%s\r\n$0\r\n\r\n$%zu\r\n%s\r\n", strlen(outcome), outcome,
		    strlen(row), row);
	assert_in_range(len, 1, sizeof(s->replies[0]) - 1);
	return to;
}

void
scene_start(struct scene *s, const struct fake_line *lines)
{
	char *argv[] = { "prog", NULL };
	char why[256];

	assert_int_equal(config_init(&s->config, 1, argv, why, sizeof(why)), ERR_OK);
	s->config.heartbeat_ttl = 60000;
	s->id = (struct identity){ .prefix = "muster:{unit}:",
		.candidate = "c1",
		.hostname = "host",
		.address = "127.0.0.1",
		.ip = "127.0.0.1",
		.url = "http://127.0.0.1:1",
		.services = "",
		.labels = "",
		.resources = "",
		.port = 1,
		.nonce = "nonce" };
	fake_start(&s->fake, lines);
	client_start(&s->client, s->fake.url);
	client_wait_ready(&s->client);
	s->idle = event_base_get_num_events(s->client.base, EVENT_BASE_COUNT_ADDED);
}

void
scene_stop(struct scene *s)
{
	redis_connection_free(s->client.c);
	s->client.c = NULL;
	fake_stop(&s->fake);
}

void
scene_fini(struct scene *s)
{
	client_stop(&s->client);
	fake_fini(&s->fake);
	config_fini(&s->config);
	memset(s, 0, sizeof(*s));
}

void
scene_wait_calls(struct scene *s, const char *script, size_t n)
{
	fake_wait_calls(&s->fake, &s->client, script, n);
}

struct wanted {
	struct scene *scene;
	size_t n;
};

static bool
is_answered(void *arg)
{
	const struct wanted *w = arg;

	return redis_connection_in_flight(w->scene->client.c) == w->n;
}

void
scene_wait_answers(struct scene *s, size_t n)
{
	client_until(&s->client, is_answered, &(struct wanted){ s, n });
}

static bool
is_idle(void *arg)
{
	const struct scene *s = arg;

	return event_base_get_num_events(s->client.base, EVENT_BASE_COUNT_ADDED) == s->idle;
}

void
scene_wait_idle(struct scene *s)
{
	client_until(&s->client, is_idle, s);
}

void
scene_fill(struct scene *s)
{
	static struct answer a[REDIS_IN_FLIGHT_MAX + 1];
	size_t i = 0;

	while (redis_connection_in_flight(s->client.c) < REDIS_IN_FLIGHT_MAX)
		client_ask(&s->client, &a[i++], "HOLD");
	client_ask(&s->client, &a[i], "HOLD");
	assert_int_equal(a[i].e, ERR_OVERLOADED);
}
