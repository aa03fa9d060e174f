/*
 * What the checks found. A finding has a kind, a subject and a description. A correct cluster has
 * none. All findings are counted; the first FINDINGS_KEPT are kept with their text.
 */
#ifndef CHAOS_FINDINGS_H
#define CHAOS_FINDINGS_H

#include <stddef.h>

enum { FINDINGS_KEPT = 200 };

/* FINDING(name, text): `text` describes the kind for people. */
#define FINDING_KINDS(FINDING)                                     \
	FINDING(NOT_LINEARIZABLE, "not linearizable")              \
	FINDING(SEARCH_TOO_LONG, "history too long to be decided") \
	FINDING(TWO_OWNERS, "two owners of one epoch")             \
	FINDING(EPOCH_BACK, "epoch went back")                     \
	FINDING(EPOCH_AGAIN, "epoch given again")                  \
	FINDING(TWO_LEADERS, "two leaders of one term")            \
	FINDING(TERM_BACK, "term went back")                       \
	FINDING(LOST_ASSIGNMENT, "acknowledged assignment lost")   \
	FINDING(LIST, "assignment list")                           \
	FINDING(OWNER, "owner without a record")                   \
	FINDING(REVERSE_INDEX, "agents of a node")                 \
	FINDING(ACTIVE_AGENTS, "active_agents")                    \
	FINDING(OVER_CAPACITY, "over capacity")                    \
	FINDING(RESOURCES, "allocated resources")                  \
	FINDING(SPREAD, "spread exceeded")                         \
	FINDING(REQUIREMENTS, "sets for requirements")             \
	FINDING(TOTALS, "totals")                                  \
	FINDING(CLASS_COUNTER, "class counter")                    \
	FINDING(PLACEMENT_MISSING, "placement index lacks a node") \
	FINDING(PLACEMENT_STALE, "placement index has a node")     \
	FINDING(PLACEMENT_SCORE, "placement index misplaces")      \
	FINDING(PENDING, "pending queue")                          \
	FINDING(LIVENESS, "liveness sets")                         \
	FINDING(REPLAY, "replayed events differ")                  \
	FINDING(EVENT_AGAIN, "events out of order")                \
	FINDING(OWN_CHECK, "the cluster's own check")              \
	FINDING(MOVED, "agents moved")                             \
	FINDING(LAPSED, "agent given to a silent node")            \
	FINDING(DIED, "node declared dead")                        \
	FINDING(NO_HOLD, "no hold")                                \
	FINDING(LATE_WRITE, "late write not refused")              \
	FINDING(LATE_DUTY, "duties after the lease")               \
	FINDING(LATE_ANSWER, "answer too late")                    \
	FINDING(NOT_RECOVERED, "service not back")

#define FINDING_ENUM(name, text) FINDING_##name,
enum finding_kind { FINDING_KINDS(FINDING_ENUM) FINDING_N };
#undef FINDING_ENUM

struct finding {
	enum finding_kind kind;
	char subject[96];
	char detail[512];
};

struct findings {
	struct finding kept[FINDINGS_KEPT];
	size_t count; /* of all findings, including those that were not kept */
};

/* The description of a kind. */
const char *finding_text(enum finding_kind kind);

void findings_add(struct findings *f, enum finding_kind kind, const char *subject,
    const char *format, ...) __attribute__((format(printf, 4, 5)));

/* The number of kept findings of this kind. */
size_t findings_of(const struct findings *f, enum finding_kind kind);

/* Prints the kept findings, from number `first` on, to stderr. */
void findings_print(const struct findings *f, size_t first);

#endif
