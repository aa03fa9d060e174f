/*
 * What a blocking query shows, and whether an event changes that. Not responsible for waiting
 * (wait.c).
 */
#ifndef API_SHOWN_H
#define API_SHOWN_H

#include "api/event_entry.h"
#include "base/buf.h"
#include "base/id.h"
#include "redis/script_reply.h"

#include <stdbool.h>

enum watch_kind {
	WATCH_EVENTS,     /* nothing is known but which events concern it */
	WATCH_NODES,      /* a page of nodes */
	WATCH_AGENTS,     /* a page of assignments, each with the address and health of its node */
	WATCH_ASSIGNMENT, /* one of those */
	WATCH_HOLD,
};

/* The query. */
struct watch {
	enum watch_kind kind;
	bool filtered;  /* a page shows some of all nodes or agents only, by filters or a cursor */
	bool by_status; /* one of the filters is the status */
	bool by_role;   /* one of the filters is the role */
	char agent_id[ID_MAX + 1]; /* of a WATCH_ASSIGNMENT */
};

struct shown {
	struct buf agents; /* ids, a newline around each */
	struct buf nodes;  /* ids and "1" for healthy or "0", a newline around each */
	bool more;         /* there are further pages; of a hold: it is on */
};

enum verdict {
	SHOWN_SAME,    /* the event changes nothing that is shown */
	SHOWN_CHANGED, /* it changes, or may have changed, what is shown */
	SHOWN_LOOK,    /* only a look at the present answer can tell */
};

/* Takes what the reply to the query shows; NULL for an assignment that there is none of. Frees what was
 * there before. */
void shown_take(struct shown *s, const struct watch *w, const struct script_reply *r);

/* True if both show the same nodes or agents. */
bool shown_equal(const struct shown *a, const struct shown *b);

/*
 * What an event after the query's index means. `past`: the event may be earlier than what was
 * taken, which then says nothing about what was shown at that index.
 */
enum verdict shown_judge(
    const struct shown *s, const struct watch *w, const struct event_entry *e, bool past);

void shown_fini(struct shown *s);

#endif
