/* A connection under test, with an event loop of its own. */
#ifndef UNIT_REDIS_FIXTURE_H
#define UNIT_REDIS_FIXTURE_H

#include "redis/script.h"
#include "support/cluster.h"
#include "unit/redis/fake.h"

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

/* The timeouts of the client's connection, and how long the tests wait: under a sanitizer, 100,000 calls take half
 * a minute. */
enum { CLIENT_WAIT_MS = 10000, CLIENT_UNTIL_MS = 120000 };

/* Runs the loop until `is_true(arg)`; fails the test after CLIENT_UNTIL_MS. */
void client_until(struct client *k, bool (*is_true)(void *arg), void *arg);

/* Runs the loop until the connection is ready, or until its last error contains `text`. */
void client_wait_ready(struct client *k);
void client_wait_error(struct client *k, const char *text);

/* Sends a command, with spaces between its words. Empties `a`, which gets the answer. */
void client_ask(struct client *k, struct answer *a, const char *command);

/* Runs the loop until the answer has come. */
void client_wait(struct client *k, struct answer *a);

/*
 * Sends a command and waits for its answer. Fails the test unless the command succeeds. Returns its
 * reply as text, borrowed for the duration of the test.
 */
const char *client_do(struct client *k, const char *command);

/* The callback that notes the answer to a command; `arg` is a struct answer. */
void answer_note(void *arg, enum err e, const struct reply *reply);

/* The callback that notes the answer to a script; `arg` is a struct answer. */
void answer_note_script(void *arg, enum err e, const struct script_reply *reply);

/* Runs the loop of `k` until the fake has accepted `n` connections. */
void fake_wait_connections(struct fake *f, struct client *k, size_t n);

/* Runs the loop of `k` until the fake has got `n` commands that fit `word`, as in fake_calls. */
void fake_wait_calls(struct fake *f, struct client *k, const char *word, size_t n);

/*
 * capture_begin redirects stderr to a file; capture_end undoes that and returns what was written.
 */
void capture_begin(void);
const char *capture_end(void);

#endif
