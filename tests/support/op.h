/* Requests of a history: their parts, added one after another. */
#ifndef SUPPORT_OP_H
#define SUPPORT_OP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { STEP_OPS_MAX = 60 };

enum step_kind {
	STEP_ASSIGN,
	STEP_RELEASE,
	STEP_LOOKUP,
	STEP_HEARTBEAT,
	STEP_OTHER,
	STEP_SWEEP, /* no requests: heartbeats lapse, and the leader looks for them */
};

/* One request. */
struct op {
	char id[16]; /* the agent or node that it is about; "" for none */
	char method[8];
	char path[64];
	char body[320]; /* "" for none */
	bool by_epoch;  /* a release: only under the agent's epoch plus `epoch_off` */
	int epoch_off;
	bool named;    /* an assign that names a strategy */
	bool left_out; /* by whoever looks for a shorter history */
};

/* Requests of one kind that follow one another at the same moment. */
struct step {
	enum step_kind kind;
	bool apart; /* the order of its requests decides: they are not to be sent all at once */
	bool left_out;
	bool unsettled;     /* what could be placed after it is left where it waits */
	int64_t advance_ms; /* the time that passes before it */
	int grace_ms;       /* a sweep: after which a node is offline; -1: nobody looks yet */
	uint64_t cut;       /* decides where it is cut into batches */
	int n;
	struct op op[STEP_OPS_MAX];
};

/* Adds a request without a body. The step has room for it. */
struct op *op_add(struct step *st, const char *id, const char *method, const char *path);

/* Adds text as it stands to the body, which has room for it. */
void body_add(struct op *op, const char *text);

/* Adds a member to the body, an object: of JSON, a number or text without what JSON escapes. */
void body_member(struct op *op, const char *name, const char *json);
void body_int(struct op *op, const char *name, int value);
void body_text(struct op *op, const char *name, const char *value);

/* Ends the object. */
void body_end(struct op *op);

/* Writes what is left of a step to `text`, a line for each request. */
void step_print(const struct step *st, char *text, size_t size);

#endif
