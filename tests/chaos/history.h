/*
 * The history: every operation of every client with the times of its call and its return, and
 * what came of it. It is kept in memory phase by phase and written to a file whole, one line an
 * operation. Thread-safe as far as history_call and history_return go.
 */
#ifndef CHAOS_HISTORY_H
#define CHAOS_HISTORY_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum { HISTORY_ID_MAX = 40, HISTORY_STORE = -1 };

enum op_kind {
	OP_START, /* where an agent stands when a phase begins; `asked`: its highest epoch so far */
	OP_ASSIGN,  /* POST assignments */
	OP_RELEASE, /* DELETE assignments; `asked`: the epoch given, 0 for none */
	OP_GET,     /* GET assignments */
	OP_LEADER   /* who leads: `node` in the term `epoch`; `agent` is "" */
};

enum outcome {
	OUT_UNKNOWN,  /* no answer, or one that leaves it open: may yet take effect */
	OUT_NONE,     /* answered, and certainly without effect */
	OUT_CREATED,  /* assigned to `node` by this very call */
	OUT_QUEUED,   /* pending by this very call */
	OUT_ASSIGNED, /* stands on `node` under `epoch` */
	OUT_PENDING,  /* waits for capacity under `epoch` */
	OUT_RELEASED,
	OUT_ABSENT, /* no such assignment; of OP_ASSIGN: none came about (no_capacity) */
	OUT_STALE   /* the epoch asked for is not the current one */
};

struct op {
	enum op_kind kind;
	enum outcome outcome;
	int client; /* HISTORY_STORE: read from Redis directly */
	char agent[HISTORY_ID_MAX];
	char node[HISTORY_ID_MAX];
	int64_t epoch;
	int64_t asked;
	bool local;       /* a change that no replica was known to have when it was answered */
	int64_t called;   /* µs on the monotonic clock */
	int64_t returned; /* INT64_MAX while it may yet take effect */
};

struct history {
	pthread_mutex_t lock;
	struct op *ops; /* of this phase, in the order of their calls */
	size_t n, size;
	size_t first;       /* the number of ops[0] */
	atomic_ulong total; /* client operations of all phases */
	FILE *file;
};

/* µs on the monotonic clock. */
int64_t history_now(void);

/* Begins an empty history. path: of the file; NULL for none. False where it cannot be written. */
bool history_init(struct history *h, const char *path);
void history_fini(struct history *h);

/* Notes a call about to be made. Returns its number, for history_return. */
size_t history_call(
    struct history *h, int client, enum op_kind kind, const char *agent, int64_t asked);

/*
 * Notes what came of it; node "" and epoch 0 where there is none. What was called in an earlier
 * phase is forgotten: of those that change something none may be under way when a phase ends.
 */
void history_return(
    struct history *h, size_t number, enum outcome outcome, const char *node, int64_t epoch);

/* Notes, before its return, that no replica is known to have the change. */
void history_local(struct history *h, size_t number);

/* Declares that nothing whose outcome is unknown can take effect any more. */
void history_settle(struct history *h);

/*
 * Begins a new phase, upon a quiet moment: what the store said last of each agent becomes its
 * start, beside the highest epoch that anybody has seen of it. The leader's is the highest term.
 */
void history_next_phase(struct history *h);

/* Copies the phase, so that it can be looked at while it goes on. To be ended by history_fini. */
void history_copy(struct history *h, struct history *copy);

/* Writes an operation in words. Returns `out`. */
const char *op_text(const struct op *op, char *out, size_t size);

#endif
