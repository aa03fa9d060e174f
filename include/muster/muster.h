/*
 * libmuster: a cluster's API for programs in C and C++. This header has the client, its errors
 * and its replies, and a function for each operation; <muster/member.h> makes the program a node,
 * <muster/watch.h> follows changes and keeps a cache of who runs what.
 *
 * Threads: an object belongs to one thread at a time; different objects may be used by different
 * threads at once. Where a function may be called by any thread at any time, it says so.
 *
 * Ownership: what a _new or an operation returns is the caller's, to be freed with the _free of
 * its type, which takes NULL as well. A `const` pointer that is returned is borrowed, for as long
 * as its function says. Arguments are copied; none is kept.
 *
 * Globals: the first client calls curl_global_init, once. A program that calls libcurl by itself
 * before that, from several threads, calls curl_global_init first, as libcurl asks of it. Nothing
 * calls curl_global_cleanup. There is no other global state. Signals are left alone: a program
 * that speaks https ignores SIGPIPE.
 *
 * Running out of memory ends the process with a line on stderr.
 */
#ifndef MUSTER_MUSTER_H
#define MUSTER_MUSTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MUSTER_API __attribute__((visibility("default")))

/* Where a cluster is looked for when nobody says. */
#define MUSTER_DEFAULT_ADDRESS "http://127.0.0.1:8151"

/* The library's version, "0.1.0". Static. */
MUSTER_API const char *muster_version(void);

typedef struct muster_error muster_error;

enum muster_error_kind {
	MUSTER_OK = 0,
	MUSTER_REFUSED,     /* a front-end answered with a problem: see the code */
	MUSTER_UNREACHABLE, /* no address gave an answer */
	MUSTER_BAD_ANSWER,  /* what answered is no muster front-end */
	MUSTER_BAD_ARGUMENT /* the call itself was wrong; nothing was sent */
};

MUSTER_API enum muster_error_kind muster_error_kind(const muster_error *e);

/* What went wrong, for programs: a code of the API, such as "no_capacity"; otherwise
 * "unreachable", "bad_answer" or "bad_argument"; "" where nothing did. */
MUSTER_API const char *muster_error_code(const muster_error *e);

/* What went wrong, for people: a sentence or a part of one, UTF-8. It comes from the network:
 * whoever prints it on a terminal takes the control characters out. "" where nothing did. */
MUSTER_API const char *muster_error_detail(const muster_error *e);

/* The HTTP status of the answer; 0 where none came. */
MUSTER_API int muster_error_status(const muster_error *e);

/* True where the same call may succeed later. */
MUSTER_API bool muster_error_retryable(const muster_error *e);

/* How many reasons the problem has: with "no_capacity" they count nodes by what is in the way. */
MUSTER_API size_t muster_error_reasons(const muster_error *e);

/* The name of the `i`th reason, counted from 0, such as "full"; NULL where there are not so many.
 * *nodes, unless that is NULL, is the number of nodes. */
MUSTER_API const char *muster_error_reason(const muster_error *e, size_t i, int64_t *nodes);

/* The JSON that an operation was answered with, by the names of the API's document
 * (/api/openapi.json). A reply never changes: any number of threads may read it. */
typedef struct muster_reply muster_reply;

MUSTER_API void muster_reply_free(muster_reply *r);

/*
 * The value at `path`, names and indexes apart by dots: "id", "nodes.0.id", "agents.capacity".
 * NULL, 0 or false where there is none, it is null or of another type. The text is borrowed from
 * the reply.
 */
MUSTER_API const char *muster_reply_text(const muster_reply *r, const char *path);
MUSTER_API int64_t muster_reply_int(const muster_reply *r, const char *path);
MUSTER_API double muster_reply_number(const muster_reply *r, const char *path);
MUSTER_API bool muster_reply_bool(const muster_reply *r, const char *path);

/* True where there is a value other than null. */
MUSTER_API bool muster_reply_has(const muster_reply *r, const char *path);

/* How many members the array or object at `path` has; "" is the whole reply. */
MUSTER_API size_t muster_reply_count(const muster_reply *r, const char *path);

/* The name of the `i`th member of the object at `path`, in the order of the reply; NULL where
 * there are not so many. Borrowed from the reply. */
MUSTER_API const char *muster_reply_name(const muster_reply *r, const char *path, size_t i);

/* The value at `path` as JSON in ASCII on one line, to be freed with free(); NULL where there is
 * none. */
MUSTER_API char *muster_reply_json(const muster_reply *r, const char *path);

/* Front-ends of one cluster. Each call goes to the one that answered last. */
typedef struct muster_client muster_client;

/*
 * A client of the front-ends at `addresses`, "http://host:port", several apart by commas; a
 * missing scheme is http, a missing port 8151. NULL takes the environment's MUSTER_ADDR, or else
 * MUSTER_DEFAULT_ADDRESS. Proxies of the environment are not used. Connects to nothing yet.
 * Returns NULL where `addresses` is malformed or names more than 64.
 */
MUSTER_API muster_client *muster_client_new(const char *addresses);

/* A client with the same addresses and limits, for another thread. `c` may be in use by its own
 * thread meanwhile. */
MUSTER_API muster_client *muster_client_copy(const muster_client *c);

MUSTER_API void muster_client_free(muster_client *c);

/* Limits for each try, in milliseconds, 1 to 600,000: to connect (1,000 unless set) and in all
 * (5,000). Set before the first call. */
MUSTER_API void muster_client_set_timeouts(muster_client *c, int connect_ms, int total_ms);

/*
 * How often a call goes through all addresses before it gives up: 1 to 10, 2 unless set. A
 * connection that fails and the answers 503 and 504 send it to the next address, after a pause at
 * random: up to 25 ms within a round, up to 200 ms more before each further one. A call that
 * changes something carries one Idempotency-Key on all of its tries and is applied once.
 */
MUSTER_API void muster_client_set_rounds(muster_client *c, int rounds);

/* What the last call of this client failed with; MUSTER_OK where it did not. Never NULL; borrowed
 * until the next call. */
MUSTER_API const muster_error *muster_client_error(const muster_client *c);

/* The address that answered last, or the first where none has. Borrowed until the next call. */
MUSTER_API const char *muster_client_address(const muster_client *c);

/* The X-Cluster-Index of the last answer, the id of the event that the change has made; "" where
 * it changed nothing. Borrowed until the next call. */
MUSTER_API const char *muster_client_index(const muster_client *c);

/*
 * The operations. Each asks the cluster and waits for the answer: a reply, or NULL and the reason in
 * muster_client_error. An id matches ^[A-Za-z0-9][A-Za-z0-9._:@-]{0,127}$; another one, and a
 * NULL where one is needed, fail as MUSTER_BAD_ARGUMENT. Any call may fail as MUSTER_UNREACHABLE
 * and MUSTER_BAD_ANSWER, and with the codes "store_unavailable", "outcome_unknown" and
 * "overloaded"; further ones are named where they can come.
 */

/* What a list is to hold; NULL and 0 leave a filter out. Zero the whole before setting a part. */
struct muster_nodes_filter {
	const char *status;  /* online, draining, offline */
	const char *role;    /* worker, standby, replica, leader */
	const char *service; /* an id */
	const char *zone;    /* an id */
	const char *cursor;  /* the next_cursor of the page before */
	int limit;           /* entries on a page, 1 to 1,000; 100 where 0 */
};

struct muster_agents_filter {
	const char *node_id;
	const char *status; /* assigned, pending */
	const char *service;
	const char *cursor;
	int limit;
};

/* A page of the nodes: nodes, count, next_cursor. `filter` may be NULL. */
MUSTER_API muster_reply *muster_node_list(
    muster_client *c, const struct muster_nodes_filter *filter);

/* One node. Code: "node_not_found". */
MUSTER_API muster_reply *muster_node_get(muster_client *c, const char *id);

/* Registers a node or updates its record; `json` is the body as the API has it, {"id": …}. The
 * node, with its incarnation. Codes: those of a malformed body, and "too_many_classes". */
MUSTER_API muster_reply *muster_node_register(muster_client *c, const char *json);

/* A node's heartbeat; `json` is the body, or NULL for none. Carries no key: sent twice, it does
 * what it does once. Codes: "node_not_found" (register again), "stale_incarnation" (another
 * process has the id now), those of a malformed body. */
MUSTER_API muster_reply *muster_node_heartbeat(muster_client *c, const char *id, const char *json);

/* Has the node take no new agents, and take them again. The node. Code: "node_not_found". */
MUSTER_API muster_reply *muster_node_drain(muster_client *c, const char *id);
MUSTER_API muster_reply *muster_node_undrain(muster_client *c, const char *id);

/* The node leaves and its agents are placed elsewhere: node_id, moved, pending; the last two are
 * null where it turned out to have left by a try whose answer was lost. Code: "node_not_found". */
MUSTER_API muster_reply *muster_node_leave(muster_client *c, const char *id);

/* What an agent wants. Zero the whole before setting a part. */
struct muster_agent_request {
	const char *agent_id;        /* an id; needed */
	const char *const *services; /* ids, each of which its node must have */
	size_t n_services;           /* 64 at most */
	const char *strategy;        /* NULL: the cluster's */
	const char *metadata;        /* a JSON object of strings, 4,096 bytes at most; NULL: {} */
	bool queue;                  /* wait as "pending" rather than fail for want of capacity */
};

/*
 * The node for an agent: an assignment, the standing one where there is one. Codes:
 * "no_capacity" (with reasons), "assignment_conflict" (it stands with other services),
 * "unknown_strategy", those of a malformed body.
 */
MUSTER_API muster_reply *muster_agent_assign(
    muster_client *c, const struct muster_agent_request *request);

/* Releases an agent, where `epoch` is above 0 only while that is its epoch. True, or false and
 * the error: codes "assignment_not_found", "stale_epoch". */
MUSTER_API bool muster_agent_release(muster_client *c, const char *agent_id, int64_t epoch);

/* Where an agent runs. Code: "assignment_not_found". */
MUSTER_API muster_reply *muster_agent_get(muster_client *c, const char *agent_id);

/* A page of the assignments: assignments, count, next_cursor. `filter` may be NULL. */
MUSTER_API muster_reply *muster_agent_list(
    muster_client *c, const struct muster_agents_filter *filter);

/* The strategy and all that there are; and another one for the whole cluster: strategy, previous.
 * Code: "unknown_strategy". */
MUSTER_API muster_reply *muster_balance_get(muster_client *c);
MUSTER_API muster_reply *muster_balance_set(muster_client *c, const char *strategy);

/* Who leads: code "no_leader". Hands the lead over; `node_id` NULL takes the coordinator that the
 * answering front-end runs for: codes "node_not_found", "not_a_candidate". */
MUSTER_API muster_reply *muster_leader_get(muster_client *c);
MUSTER_API muster_reply *muster_leader_promote(muster_client *c, const char *node_id);

/* The cluster in figures. */
MUSTER_API muster_reply *muster_stats_get(muster_client *c);

/* Whether nothing is moved off nodes that are missed; and an operator's word about it: "enter",
 * "release" or "confirm_dead". */
MUSTER_API muster_reply *muster_hold_get(muster_client *c);
MUSTER_API muster_reply *muster_hold_set(muster_client *c, const char *action);

/* A page of the check of the whole state: checked, violations, count, next_cursor. `cursor` NULL
 * for the first, `limit` 1 to 200 records, 100 where 0. */
MUSTER_API muster_reply *muster_state_check(muster_client *c, const char *cursor, int limit);

#ifdef __cplusplus
}
#endif

#endif
