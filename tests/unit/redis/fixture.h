/*
 * A connection under test on a loop of the test's own, and a Redis that says what the test wants
 * it to say: a thread that serves one connection at a time on a unix socket.
 */
#ifndef UNIT_REDIS_FIXTURE_H
#define UNIT_REDIS_FIXTURE_H

#include "redis/connection.h"
#include "support/cluster.h"

#include <hiredis/hiredis.h>
#include <pthread.h>

/* The one answer to a command. */
struct answer {
	int times; /* how often it has come */
	int place; /* among all answers of the client, from 1 */
	enum err e;
	bool replied; /* with a reply, or an error of Redis: its text */
	char text[512];
	struct client *client;
};

struct client {
	struct event_base *base;
	struct event *tick;
	struct redis_url url;
	struct redis_options options;
	struct redis_connection *c;
	int ready; /* times that the connection has become ready */
	int answers;
};

/* Starts a connection to `url`, with patient timeouts; client_begin, with those set before. */
void client_start(struct client *k, const char *url);
void client_init(struct client *k, const char *url);
void client_begin(struct client *k);

/* Frees the connection and all else. */
void client_stop(struct client *k);

/* Runs the loop until `is_true(arg)`; fails the test after CLIENT_WAIT_MS. */
enum { CLIENT_WAIT_MS = 10000 };
void client_until(struct client *k, bool (*is_true)(void *arg), void *arg);

/* Runs the loop until the connection is ready, or until its last error contains `text`. */
void client_wait_ready(struct client *k);
void client_wait_error(struct client *k, const char *text);

/* Sends a command, words apart by spaces; the answer goes to `a`, which is made empty first. */
void client_ask(struct client *k, struct answer *a, const char *command);

/* Runs the loop until the answer has come. */
void client_wait(struct client *k, struct answer *a);

/* Both; fails the test unless the command went well. Its reply as text, borrowed as api.h says. */
const char *client_do(struct client *k, const char *command);

/* The callback that notes an answer; `arg` is a struct answer. */
void answer_note(void *arg, enum err e, const struct reply *reply);

/* What the fake Redis answers to commands of this first word; "*" is any. */
struct fake_line {
	const char *word;
	const char *reply; /* NULL: nothing */
	int times;         /* 0: always; else that often, and then the lines below count */
	bool close;        /* closes the connection afterwards */
};

enum { FAKE_LINES_MAX = 8, FAKE_ATTEMPTS_MAX = 64 };

struct fake {
	char url[160];
	bool by_bytes; /* a reply's next byte goes when the last one was read; set before use */

	int listener;
	int stop[2]; /* a pipe */
	pthread_t thread;
	pthread_mutex_t lock; /* for what follows */
	struct fake_line lines[FAKE_LINES_MAX];
	size_t n_lines;
	size_t connections;
	long attempts[FAKE_ATTEMPTS_MAX]; /* when each of the first connections came, in ms */
	size_t evals, evalshas;
	redisReply *last; /* the last command */
};

/*
 * Starts a Redis that answers `lines`, up to one without a word, before what a good Redis says to
 * the handshake, and "+OK" to all else. NULL for no lines.
 */
void fake_start(struct fake *f, const struct fake_line *lines);

/* Ends it; f->last, evals and evalshas then are for the test to read, until fake_fini. */
void fake_stop(struct fake *f);
void fake_fini(struct fake *f);

/* How many connections have come so far. */
size_t fake_connections(struct fake *f);

/* Runs the loop of `k` until `n` connections have come. */
void fake_wait_connections(struct fake *f, struct client *k, size_t n);

/* Runs the loop of `k` until `n` scripts have been called by their hash. */
void fake_wait_evalshas(struct fake *f, struct client *k, size_t n);

/* Sends stderr to a file; gives it back and returns what was written, borrowed as api.h says. */
void capture_begin(void);
const char *capture_end(void);

#endif
