/*
 * A cluster for one test: a private redis-server on a unix socket and any number of musterd
 * processes, in a folder of the test program. Nothing of it remains after the program, however it
 * ends. If a test fails, the logs of the processes are printed.
 */
#ifndef SUPPORT_CLUSTER_H
#define SUPPORT_CLUSTER_H

#include "support/api.h"
#include "support/process.h"
#include "support/program.h"

enum { MUSTERD_MAX = 8 };

struct musterd {
	pid_t pid; /* 0: it is not running */
	int port;
	char log[160];
};

struct cluster {
	char dir[96];
	char socket[128];
	char url[160];   /* the value for -redis */
	pid_t redis;     /* 0: it is not running */
	bool appendonly; /* applies to the next start */
	struct musterd musterd[MUSTERD_MAX];
	int n;
};

/* The path of the musterd under test. */
const char *musterd_path(void);

/*
 * Setup and teardown of a cmocka test: *state is a cluster with a running, empty Redis. The teardown
 * ends each musterd that still runs with SIGTERM. It fails the test if one of them does not end with
 * status 0, or if a sanitizer has reported anything of a process that the test started.
 */
int cluster_setup(void **state);
int cluster_teardown(void **state);

/* A test with its own cluster. */
#define cluster_test(fn) cmocka_unit_test_setup_teardown(fn, cluster_setup, cluster_teardown)

/*
 * Starts a musterd on a free port with these options ("-name", "value", …). Waits until it is
 * ready; fails the test if it does not become ready.
 */
#define musterd_start(c, ...)  musterd_start_with(c, true, (const char *[]){ __VA_ARGS__, NULL })
#define musterd_start_plain(c) musterd_start_with(c, true, (const char *[]){ NULL })
/* Like musterd_start, but does not wait until it is ready. */
#define musterd_start_blind(c, ...) \
	musterd_start_with(c, false, (const char *[]){ __VA_ARGS__, NULL })
struct musterd *musterd_start_with(struct cluster *c, bool ready, const char *const options[]);

/* Sends SIGKILL and waits for the end. Fails the test if the process had ended before. */
void musterd_kill(struct musterd *m);

/* Sends SIGTERM and waits for the end. Returns the exit status as process_wait does. */
int musterd_end(struct musterd *m);

/* Waits at most `ms` until the process has written this text to its log. Returns whether it has. */
bool musterd_says(const struct musterd *m, const char *text, long ms);

/* Runs musterd with exactly these options until it ends. Sets *text to its output, to be freed.
 * Returns the exit status. */
int musterd_run(const char *const options[], char **text);

/* Starts Redis. If it ran with appendonly before, it has its data of that time. */
void redis_start(struct cluster *c);

/*
 * Kills Redis and restarts it with its data, which it loads slowly. Returns when `m` reports in
 * /readyz that Redis is loading. With a hundred keys or more, Redis then loads for some more
 * seconds.
 */
void redis_start_slowly(struct cluster *c, const struct musterd *m);

/* Ends Redis with a clean shutdown, or with SIGKILL. Its data is lost unless it runs with
 * appendonly. */
void redis_end(struct cluster *c);
void redis_kill(struct cluster *c);

/* A TCP port of 127.0.0.1 that nobody listens on now. */
int unused_port(void);

/* Makes the running Redis also listen on TCP. Returns the port. */
int redis_on_tcp(struct cluster *c);

/* Runs one command, given as words separated by spaces. Returns its reply as text, borrowed as in
 * api.h. */
const char *redis_do(struct cluster *c, const char *command);

#endif
