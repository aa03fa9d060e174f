/*
 * A connection under test, with an event loop of its own, and a fake Redis that gives the answers
 * that a test prescribes. The fake is a thread that serves one connection at a time on a unix
 * socket.
 */
#ifndef UNIT_REDIS_FIXTURE_H
#define UNIT_REDIS_FIXTURE_H

#include "redis/script.h"
#include "support/cluster.h"

#include <hiredis/hiredis.h>
#include <pthread.h>

/* The answer to a command. */
struct answer {
	int times; /* how many times the callback was called */
	int place; /* among all answers of the client, from 1 */
	enum err e;
	bool replied; /* with a reply or an error of Redis, whose text is in `text` */
	char text[512];
	struct client *client;
};

struct client {
	struct event_base *base;
	struct event *tick;
	struct redis_url url;
	struct redis_options options;
	struct redis_connection *c;
	int ready; /* how many times the connection has become ready */
	int answers;
};

/*
 * client_start connects to `url` with long timeouts. To change options first, call client_init,
 * change them, and call client_begin.
 */
void client_start(struct client *k, const char *url);
void client_init(struct client *k, const char *url);
void client_begin(struct client *k);

/* Frees the connection and the loop. */
void client_stop(struct client *k);

/* Runs the loop until `is_true(arg)`; fails the test after CLIENT_WAIT_MS. */
enum { CLIENT_WAIT_MS = 10000 };
void client_until(struct client *k, bool (*is_true)(void *arg), void *arg);

/* Runs the loop until the connection is ready, or until its last error contains `text`. */
void client_wait_ready(struct client *k);
void client_wait_error(struct client *k, const char *text);

/* Sends a command, with spaces between its words. Empties `a`, which gets the answer. */
void client_ask(struct client *k, struct answer *a, const char *command);

/* Runs the loop until the answer has come. */
void client_wait(struct client *k, struct answer *a);

/* Both. Fails the test unless the command succeeds. Returns its reply as text, for this test. */
const char *client_do(struct client *k, const char *command);

/* The callback that notes an answer; `arg` is a struct answer. */
void answer_note(void *arg, enum err e, const struct reply *reply);

/* The same for the answer to a script. */
void answer_note_script(void *arg, enum err e, const struct script_reply *reply);

/* What the fake Redis answers to commands of this first word; "*" is any. */
struct fake_line {
	const char *word;
	const char *reply; /* NULL: nothing */
	int times;         /* 0: always; else only so many times */
	bool close;        /* closes the connection afterwards */
};

enum { FAKE_LINES_MAX = 8, FAKE_ATTEMPTS_MAX = 64 };

struct fake {
	char url[160];
	bool by_bytes; /* sends one byte at a time, once the last was read; set after fake_start */

	int listener;
	int stop[2]; /* a pipe that tells the thread to stop */
	pthread_t thread;
	pthread_mutex_t lock; /* for the fields below */
	struct fake_line lines[FAKE_LINES_MAX];
	size_t n_lines;
	size_t connections;
	long attempts[FAKE_ATTEMPTS_MAX]; /* when each of the first connections came, in ms */
	size_t evals, evalshas;
	redisReply *last; /* the last command */
};

/*
 * Starts the fake. It answers a command by the first of `lines` that fits; `lines` ends with one
 * that has no word, or is NULL. Commands without a line get the answers of a good Redis: to those
 * of the handshake what it wants, to all others "+OK".
 */
void fake_start(struct fake *f, const struct fake_line *lines);

/* Stops the thread. The test may then read `last`, `evals` and `evalshas`, until fake_fini. */
void fake_stop(struct fake *f);
void fake_fini(struct fake *f);

/* How many connections the fake has accepted so far. */
size_t fake_connections(struct fake *f);

/* Runs the loop of `k` until the fake has accepted `n` connections. */
void fake_wait_connections(struct fake *f, struct client *k, size_t n);

/* Runs the loop of `k` until `n` scripts have been called by their hash. */
void fake_wait_evalshas(struct fake *f, struct client *k, size_t n);

/*
 * capture_begin redirects stderr to a file; capture_end undoes that and returns what was written.
 */
void capture_begin(void);
const char *capture_end(void);

#endif
