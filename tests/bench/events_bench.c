/*
 * The event stream at scale: how soon each of a thousand followers hears of a change, and whether a follower
 * that reconnects a hundred times can rebuild the state from a hundred thousand changes.
 */
#include "support/cluster.h"
#include "support/follower.h"
#include "support/http_client.h"
#include "support/sse.h"

#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>

#define NODES       "/api/cluster/nodes"
#define ASSIGNMENTS "/api/cluster/assignments"
#define EVENTS      "/api/cluster/events"

enum { FOLLOWERS = 1000, CHANGES_HEARD = 50, CHANGES = 100000, RECONNECTS = 100, SOON_MS = 10000 };

static double
now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e6 + (double)ts.tv_nsec / 1e3;
}

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Waits until each follower has received something. Stores the times since `since`, in us. */
static void
hear(struct sse followers[FOLLOWERS], double since, double heard[FOLLOWERS])
{
	static struct pollfd polled[FOLLOWERS];
	char bytes[4096];
	int i, left = FOLLOWERS;

	for (i = 0; i < FOLLOWERS; i++)
		polled[i] = (struct pollfd){ .fd = followers[i].fd, .events = POLLIN };
	while (left > 0) {
		assert_true(poll(polled, FOLLOWERS, SOON_MS) > 0);
		for (i = 0; i < FOLLOWERS; i++) {
			if (polled[i].fd < 0 || polled[i].revents == 0)
				continue;
			heard[i] = now_us() - since;
			assert_true(recv(polled[i].fd, bytes, sizeof(bytes), 0) > 0);
			polled[i].fd = -1;
			left--;
		}
	}
}

static void
a_thousand_followers_hear_of_a_change(void **state)
{
	static struct sse followers[FOLLOWERS];
	static double heard[CHANGES_HEARD][FOLLOWERS];
	struct rlimit files = { 4096, 4096 };
	struct musterd *m;
	double *all = heard[0];
	long before;
	int i;

	setrlimit(RLIMIT_NOFILE, &files);
	m = musterd_start(*state, "-role", "replica", "-heartbeat-ttl", "1h");
	api(m->port, 201, "POST", NODES, "{\"id\":\"n\"}");
	before = process_memory_kib(m->pid);
	for (i = 0; i < FOLLOWERS; i++) {
		assert_true(sse_open(&followers[i], m->port, EVENTS, NULL));
		assert_true(sse_live(&followers[i], SOON_MS));
	}
	for (i = 0; i < CHANGES_HEARD; i++) {
		double since = now_us();

		api(m->port, 200, "POST", NODES "/n",
		    i % 2 == 0 ? "{\"status\":\"draining\"}" : "{\"status\":\"online\"}");
		hear(followers, since, heard[i]);
	}
	qsort(all, CHANGES_HEARD * FOLLOWERS, sizeof(*all), compare);
	printf("%d followers, %d changes, from the request to the follower: median %.1f ms, "
	       "p99 %.1f ms, maximum %.1f ms; %ld KiB of memory each\n",
	    FOLLOWERS, CHANGES_HEARD, all[CHANGES_HEARD * FOLLOWERS / 2] / 1e3,
	    all[CHANGES_HEARD * FOLLOWERS / 100 * 99] / 1e3,
	    all[CHANGES_HEARD * FOLLOWERS - 1] / 1e3,
	    (process_memory_kib(m->pid) - before) / FOLLOWERS);
	for (i = 0; i < FOLLOWERS; i++)
		sse_close(&followers[i]);
}

struct changer {
	pthread_t thread;
	int port, number;
	int made;
};

/* Assigns, releases and moves agents, over one connection. */
static void *
change(void *arg)
{
	struct changer *c = arg;
	struct http_client http;
	struct http_response r;
	char path[96], body[96];
	int i;

	if (!http_client_open(&http, "127.0.0.1", c->port))
		return NULL;
	for (i = 0; c->made < CHANGES / 4; i++) {
		bool release = i % 5 == 4, leave = i % 2000 == 1999;

		snprintf(path, sizeof(path), release ? ASSIGNMENTS "/a%d-%d" : ASSIGNMENTS,
		    c->number, i - 2);
		snprintf(
		    body, sizeof(body), "{\"agent_id\":\"a%d-%d\",\"queue\":true}", c->number, i);
		if (leave) {
			snprintf(path, sizeof(path), NODES "/n%d", c->number);
			snprintf(body, sizeof(body), "{\"status\":\"%s\"}",
			    i % 4000 == 1999 ? "draining" : "online");
		}
		if (!http_client_call(
		        &http, release ? "DELETE" : "POST", path, release ? NULL : body, &r))
			break;
		c->made += r.status < 300;
		http_response_fini(&r);
	}
	http_client_close(&http);
	return NULL;
}

static void
a_follower_that_reconnects_folds_them_all(void **state)
{
	struct musterd *m =
	    musterd_start(*state, "-role", "replica", "-heartbeat-ttl", "1h", "-workers", "2");
	struct changer changers[4];
	json_t *copy = json_object(), *list;
	struct sse s;
	struct sse_event e;
	char id[64];
	int i, folded = 0, reconnects = 0;

	for (i = 0; i < 4; i++)
		api(m->port, 201, "POST", NODES, fmt("{\"id\":\"n%d\",\"max_agents\":1000000}", i));
	assert_true(sse_open(&s, m->port, EVENTS "?types=agent", NULL));
	assert_true(sse_live(&s, SOON_MS));
	for (i = 0; i < 4; i++) {
		changers[i] = (struct changer){ .port = m->port, .number = i };
		assert_int_equal(
		    pthread_create(&changers[i].thread, NULL, change, &changers[i]), 0);
	}
	while (sse_next(&s, &e, SOON_MS / 5)) {
		assert_string_not_equal(e.type, "resync");
		follower_fold(copy, &e);
		if (++folded % (CHANGES / RECONNECTS) != 0 || reconnects == RECONNECTS)
			continue;
		snprintf(id, sizeof(id), "%s", s.id);
		sse_close(&s);
		assert_true(sse_open(&s, m->port, EVENTS "?types=agent", id));
		reconnects++;
	}
	for (i = 0; i < 4; i++)
		pthread_join(changers[i].thread, NULL);
	list = follower_listing(m->port);
	printf("%d events folded over %d connections: the copy %s the API's list of %zu agents\n",
	    folded, reconnects + 1, json_equal(copy, list) ? "equals" : "DIFFERS FROM",
	    json_object_size(list));
	assert_true(json_equal(copy, list));
	assert_true(folded >= CHANGES - 200 && reconnects >= RECONNECTS - 1);
	json_decref(copy);
	json_decref(list);
	sse_close(&s);
}

int
main(void)
{
	const struct CMUnitTest events[] = {
		cluster_test(a_thousand_followers_hear_of_a_change),
		cluster_test(a_follower_that_reconnects_folds_them_all),
	};

	return test_program(events);
}
