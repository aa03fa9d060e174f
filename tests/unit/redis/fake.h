/*
 * A fake Redis, or a fake sentinel, that gives the answers that a test prescribes. It is a thread
 * that serves one connection at a time.
 */
#ifndef UNIT_REDIS_FAKE_H
#define UNIT_REDIS_FAKE_H

#include <hiredis/hiredis.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * What the fake answers to commands that fit `word`: those with this first word, or calls of the
 * script with this name. "*" is any command.
 */
struct fake_line {
	const char *word;
	const char *reply; /* NULL: none before the test sends it with fake_say */
	int times;         /* how often this line answers; 0: always */
	bool close;        /* closes the connection afterwards */
};

enum { FAKE_LINES_MAX = 12, FAKE_ATTEMPTS_MAX = 64 };

struct fake {
	char url[160];
	int port;      /* of a fake on TCP */
	bool by_bytes; /* sends one byte at a time, once the last was read; set after fake_start */

	int listener;
	int stop[2]; /* a pipe that tells the thread to stop */
	pthread_t thread;
	pthread_mutex_t lock; /* for the fields below */
	struct fake_line lines[FAKE_LINES_MAX];
	size_t n_lines;
	size_t connections;
	long attempts[FAKE_ATTEMPTS_MAX]; /* when each of the first connections came, in ms */
	int client;                       /* the socket of the connection; -1: none */
	redisReply **commands, *last;     /* all commands, and the last one */
	size_t n_commands;
	const char **kept; /* replies after one that the test has not sent yet, which is NULL */
	size_t n_kept;
};

/*
 * Starts the fake on a unix socket, or on a free TCP port of 127.0.0.1. It answers a command by the
 * first of `lines` that fits; `lines` ends with one that has no word, or is NULL. Commands without a
 * line get the answers of a good Redis: to those of the handshake what it wants, to all others "+OK".
 */
void fake_start(struct fake *f, const struct fake_line *lines);
void fake_start_tcp(struct fake *f, const struct fake_line *lines);

/* Stops the thread. The test may then still read what has come, until fake_fini. */
void fake_stop(struct fake *f);
void fake_fini(struct fake *f);

/*
 * Sends `text` to the client, which must be connected: the reply to the oldest command without one,
 * and after it the replies to later commands, as Redis keeps the order; or a message.
 */
void fake_say(struct fake *f, const char *text);

/* How many connections the fake has accepted so far. */
size_t fake_connections(struct fake *f);

/* How many commands it has got so far that fit `word`, as in struct fake_line. */
size_t fake_calls(struct fake *f, const char *word);

/*
 * Argument `i` of the last call of a script, such as LEADER_CAMPAIGN_ARG_ID. There must have been a
 * call. Borrowed as in api.h.
 */
const char *fake_argument(struct fake *f, const char *script, size_t i);

#endif
