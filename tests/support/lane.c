/*
 * Lanes. Invariant: between two steps nothing is under way, and only the lane changes its
 * cluster: the front-end is a replica, which never leads, and the elected leader is not a
 * process.
 */
#include "support/lane.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
	CLOCK_START_S = 1800000000,
	DUTY_MOST = 20, /* agents placed by a call of a duty, and by whatever makes room */
	DUTY_CALLS_MAX = 200,
};

const char *const lane_names[LANES] = { "single", "batch", "coalesced", "keyed" };

static int64_t *clock_us; /* [1]: when the clock of every Redis stands still; [0] is 0 */

static void
clock_start(char path[160])
{
	int fd;

	snprintf(path, 160, "%s/clock", test_dir());
	if (clock_us != NULL)
		return;
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, 2 * sizeof(*clock_us)), 0);
	clock_us = mmap(NULL, 2 * sizeof(*clock_us), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	assert_ptr_not_equal(clock_us, MAP_FAILED);
	close(fd);
	clock_us[1] = CLOCK_START_S * INT64_C(1000000);
}

void
lanes_advance(int64_t ms)
{
	clock_us[1] += ms * 1000;
}

void
lane_start(struct lane *l, enum lane_kind kind)
{
	const char *build = getenv("BUILD");
	char path[160];
	void *scripts;
	int i;

	memset(l, 0, sizeof(*l));
	l->kind = kind;
	clock_start(path);
	setenv("CHAOS_CLOCK", path, 1);
	setenv(
	    "LD_PRELOAD", fmt("%s/tests/chaos/clock_shim.so", build != NULL ? build : "build"), 1);
	assert_int_equal(scripts_setup(&scripts), 0);
	unsetenv("LD_PRELOAD");
	unsetenv("CHAOS_CLOCK");
	l->scripts = scripts;
	/* Everything that follows depends on a clock that stands still. */
	assert_int_equal(redis_ms(l->scripts), clock_us[1] / 1000);
	l->musterd = musterd_start(l->scripts->cluster, "-role", "replica", "-namespace", "t",
	    "-heartbeat-ttl", fmt("%dms", TTL_OF_SCENARIO_MS));
	for (i = 0; i < LANE_CONNECTIONS; i++) {
		struct http_response r;

		assert_true(http_client_open(&l->http[i], "127.0.0.1", l->musterd->port));
		assert_true(http_client_call(&l->http[i], "GET", "/livez", NULL, &r));
		http_response_fini(&r);
	}
}

void
lane_forget(struct lane *l)
{
	int i;

	for (i = 0; i < STEP_OPS_MAX; i++) {
		json_decref(l->answer[i].body);
		l->answer[i] = (struct answer){ 0 };
	}
	buf_reset(&l->duties);
}

void
lane_end(struct lane *l)
{
	void *scripts = l->scripts;
	int i;

	lane_forget(l);
	buf_fini(&l->duties);
	buf_fini(&l->odd);
	for (i = 0; i < LANE_CONNECTIONS; i++)
		http_client_close(&l->http[i]);
	scripts_teardown(&scripts);
}

void
lane_reset(struct lane *l)
{
	scripts_redis(l->scripts, "FLUSHALL");
	elect(l->scripts, l->term);
	l->n_told = 0;
	l->owed = false;
	buf_reset(&l->duties);
	buf_reset(&l->odd);
}

/* Calls a duty until it says that there is no more to do. */
static void
duty(struct lane *l, enum script_id id, const char *const argv[])
{
	int calls = 0;

	for (;;) {
		const char *text = scripts_call(l->scripts, id, argv);

		buf_addf(&l->duties, "%s\n", text);
		if (strncmp(text, "more|", 5) != 0)
			return;
		assert_true(++calls < DUTY_CALLS_MAX);
	}
}

void
lane_settle(struct lane *l, const struct step *st, bool lapsed)
{
	const char *text;

	if (st->unsettled) {
		l->owed = true;
		return;
	}
	duty(l, SCRIPT_NODE_EVACUATE,
	    (const char *[]){ "l", "nonce", l->term, fmt("%d", DUTY_MOST), NULL });
	do {
		text = call(
		    l->scripts, PENDING_PLACE, "l", "nonce", l->term, fmt("%d", DUTY_MOST));
		buf_addf(&l->duties, "%s\n", text);
		if (strncmp(text, "ok||0|", 6) != 0 && !lapsed && !l->owed &&
		    l->waiting <= DUTY_MOST)
			buf_addf(&l->odd, "%s: some were not placed when room was made: %s\n",
			    lane_names[l->kind], text);
	} while (strncmp(text, "ok||0|", 6) != 0);
	l->owed = false;
}

void
lane_sweep(struct lane *l, const struct step *st)
{
	const char *text;
	int i;

	for (i = 0; i < 2 && st->grace_ms >= 0; i++) {
		text = expire(l->scripts, l->term, fmt("%d", st->grace_ms), "100");
		buf_addf(&l->duties, "%s\n", text);
	}
}

long
lane_metric(struct lane *l, const char *name)
{
	struct http_response r;
	const char *at;
	long n;

	assert_true(http_call(l->musterd->port, "GET", "/metrics", NULL, &r));
	at = strstr(r.body, fmt("\n%s ", name));
	assert_non_null(at);
	n = strtol(at + strlen(name) + 2, NULL, 10);
	http_response_fini(&r);
	return n;
}
