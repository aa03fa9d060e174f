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
	bool left_out; /* not part of the shortened history */
};

/* Requests of one kind that follow one another at the same moment. */
struct step {
	enum step_kind kind;
	bool apart; /* the order of its requests matters: they must not be sent all at once */
	bool left_out;
	bool unsettled;     /* after it, pending agents that could be placed stay pending */
	int64_t advance_ms; /* the time that passes before it */
	int grace_ms;       /* a sweep: after which a node is offline; -1: nobody looks yet */
	uint64_t cut;       /* decides where it is cut into batches */
	int n;
	struct op op[STEP_OPS_MAX];
};

/* Adds a request without a body. The step must have room for it. */
struct op *op_add(struct step *st, const char *id, const char *method, const char *path);

/* Adds text to the body, unchanged. The body must have room for it. */
void body_add(struct op *op, const char *text);

/* Add a member to the body, an object: JSON, a number, or a text that needs no escapes in JSON. */
void body_member(struct op *op, const char *name, const char *json);
void body_int(struct op *op, const char *name, int value);
void body_text(struct op *op, const char *name, const char *value);

/* Ends the object. */
void body_end(struct op *op);

/* Writes the requests of a step that are not left out to `text`, one line each. */
void step_print(const struct step *st, char *text, size_t size);

#endif
