/*
 * The history records every operation of every client: the times of the call and the return, and
 * the result. Each phase is kept in memory; the whole history is written to a file, one line per
 * operation. history_call and history_return are thread-safe.
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
	OP_START, /* the state of an agent when a phase begins; `asked`: its highest epoch so far */
	OP_ASSIGN,  /* POST assignments */
	OP_RELEASE, /* DELETE assignments; `asked`: the epoch given, 0 for none */
	OP_GET,     /* GET assignments */
	OP_LEADER   /* the leader: `node`, with the term `epoch`; `agent` is "" */
};

enum outcome {
	OUT_UNKNOWN,  /* no answer, or one after which the call may still take effect */
	OUT_NONE,     /* answered, and certainly without effect */
	OUT_CREATED,  /* this call assigned the agent to `node` */
	OUT_QUEUED,   /* this call made the agent pending */
	OUT_ASSIGNED, /* the agent is assigned to `node` with `epoch` */
	OUT_PENDING,  /* the agent is pending with `epoch` */
	OUT_RELEASED,
	OUT_ABSENT, /* no such assignment; for OP_ASSIGN: refused (no_capacity) */
	OUT_STALE   /* the requested epoch is not the current one */
};

struct op {
	enum op_kind kind;
	enum outcome outcome;
	int client; /* HISTORY_STORE: read directly from Redis */
	char agent[HISTORY_ID_MAX];
	char node[HISTORY_ID_MAX];
	int64_t epoch;
	int64_t asked;
	bool local;       /* a change that was answered before a replica was known to have it */
	int64_t called;   /* µs on the monotonic clock */
	int64_t returned; /* INT64_MAX while it may still take effect */
};

struct history {
	pthread_mutex_t lock;
	struct op *ops; /* the operations of this phase, in the order of their calls */
	size_t n, size;
	size_t first;       /* the number of ops[0] */
	atomic_ulong total; /* client operations in all phases */
	FILE *file;
};

/* The monotonic clock in µs. */
int64_t history_now(void);

/* Makes an empty history. It is written to the file `path`; NULL for none. Returns false if the
 * file cannot be written. */
bool history_init(struct history *h, const char *path);
void history_fini(struct history *h);

/* Records a call that is about to be made. Returns its number, for history_return. */
size_t history_call(
    struct history *h, int client, enum op_kind kind, const char *agent, int64_t asked);

/*
 * Records the result of a call; node is "" and epoch 0 if there is none. A call from an earlier
 * phase is ignored: no call that changes something may be in progress when a phase ends.
 */
void history_return(
    struct history *h, size_t number, enum outcome outcome, const char *node, int64_t epoch);

/* Records, before the return of a call, that no replica is known to have its change. */
void history_local(struct history *h, size_t number);

/* Records that no operation with an unknown outcome can take effect any more. */
void history_settle(struct history *h);

/*
 * Starts a new phase while the clients are paused. The start of each agent is its state when the
 * store was last read, together with the highest epoch that anybody has seen. For the leader, it is
 * the highest term.
 */
void history_next_phase(struct history *h);

/* Makes a copy of the phase, which can be read while the original changes. Free it with
 * history_fini. */
void history_copy(struct history *h, struct history *copy);

/* Writes a description of the operation to `out`. Returns `out`. */
const char *op_text(const struct op *op, char *out, size_t size);

#endif
