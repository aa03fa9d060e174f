/*
 * A cluster for one test: a private redis-server on a unix socket and any number of musterd
 * processes, all in a folder of the test program's own. Nothing of it survives the program,
 * however that ends; what the processes wrote is printed when a test has failed.
 */
#ifndef SUPPORT_CLUSTER_H
#define SUPPORT_CLUSTER_H

#include "support/api.h"
#include "support/process.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MUSTERD_MAX = 8 };

struct musterd {
	pid_t pid; /* 0: it does not run */
	int port;
	char log[160];
};

struct cluster {
	char dir[96];
	char socket[128];
	char url[160];   /* for -redis */
	pid_t redis;     /* 0: it does not run */
	bool appendonly; /* of the next start */
	struct musterd musterd[MUSTERD_MAX];
	int n;
};

/* The folder of the test program, which goes with it. */
const char *test_dir(void);

/* The musterd under test. */
const char *musterd_path(void);

/* Setup and teardown of a cmocka test: *state is a cluster with a running, empty Redis. */
int cluster_setup(void **state);
int cluster_teardown(void **state);

/* A test with a cluster of its own. */
#define cluster_test(fn) cmocka_unit_test_setup_teardown(fn, cluster_setup, cluster_teardown)

/* Runs the tests of a program; prints the processes' logs when one fails. For main to return. */
#define test_program(tests) test_program_named(#tests, tests, sizeof(tests) / sizeof((tests)[0]))
int test_program_named(const char *name, const struct CMUnitTest *tests, size_t n);

/*
 * Starts a musterd on a free port with these options ("-name", "value", …) and waits until it
 * is ready, or else fails the test.
 */
#define musterd_start(c, ...)  musterd_start_with(c, true, (const char *[]){ __VA_ARGS__, NULL })
#define musterd_start_plain(c) musterd_start_with(c, true, (const char *[]){ NULL })
/* The same without waiting for its Redis. */
#define musterd_start_blind(c, ...) \
	musterd_start_with(c, false, (const char *[]){ __VA_ARGS__, NULL })
struct musterd *musterd_start_with(struct cluster *c, bool ready, const char *const options[]);

/* kill -9, and waits for the end. */
void musterd_kill(struct musterd *m);

/* SIGTERM; returns the exit status as process_wait does. */
int musterd_end(struct musterd *m);

/* True once the process has written this text to its log; false when it has not after `ms`. */
bool musterd_says(const struct musterd *m, const char *text, long ms);

/* Runs musterd to its end with exactly these options; its output in *text, to be freed. */
int musterd_run(const char *const options[], char **text);

/* Starts Redis, with the data of the last time where it ran with appendonly. */
void redis_start(struct cluster *c);

/*
 * Kills Redis and starts it with its data, which it reads so slowly that it is loading for a while:
 * until `m` has said so in /readyz, and some seconds more where there are a hundred keys or more.
 */
void redis_start_slowly(struct cluster *c, const struct musterd *m);

/* Ends Redis: in good order, or by kill -9. Its data go unless it runs with appendonly. */
void redis_end(struct cluster *c);
void redis_kill(struct cluster *c);

/* A TCP port of 127.0.0.1 that nobody listens on at this moment. */
int unused_port(void);

/* Makes the running Redis listen on TCP as well; returns the port. */
int redis_on_tcp(struct cluster *c);

/* Runs one command, words apart by spaces; its reply as text, borrowed as api.h says. */
const char *redis_do(struct cluster *c, const char *command);

#endif
