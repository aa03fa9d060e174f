/*
 * libmuster: the API of a cluster for programs in C and C++. This header has the client, its errors
 * and replies, and a function for each operation. <muster/member.h> makes the program a node.
 * <muster/watch.h> follows changes, and has a cache of which node runs which agent.
 *
 * Threads: an object may be used by one thread at a time; different threads may use different
 * objects at once. A function that any thread may call at any time says so.
 *
 * Ownership: the caller owns what a _new function or an operation returns, and frees it with the
 * _free function of its type, which accepts NULL. A returned `const` pointer is borrowed; its
 * function says for how long. Arguments are copied. No pointer may be NULL unless its function says
 * so.
 *
 * Globals: the first client calls curl_global_init, once. A program that also calls libcurl itself,
 * from several threads, must call curl_global_init before them, as libcurl requires. The library
 * never calls curl_global_cleanup and has no other global state. It does not change signal
 * handlers: a program that uses https must ignore SIGPIPE.
 *
 * If memory runs out, the library prints a line on stderr and ends the process.
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

/* The address of a cluster if neither the program nor MUSTER_ADDR gives one. */
#define MUSTER_DEFAULT_ADDRESS "http://127.0.0.1:8151"

/* The version of the library, such as "0.1.0". Static. Any thread. */
MUSTER_API const char *muster_version(void);

typedef struct muster_error muster_error;

enum muster_error_kind {
	MUSTER_OK = 0,
	MUSTER_REFUSED,     /* a front-end refused the request: see the code */
	MUSTER_UNREACHABLE, /* no address answered */
	MUSTER_BAD_ANSWER,  /* the answer was not from a muster front-end */
	MUSTER_BAD_ARGUMENT /* an argument was wrong; nothing was sent */
};

MUSTER_API enum muster_error_kind muster_error_kind(const muster_error *e);

/* The error for programs: an error code of the API, such as "no_capacity", or else "unreachable",
 * "bad_answer" or "bad_argument". "" if there is no error. Borrowed from `e`. */
MUSTER_API const char *muster_error_code(const muster_error *e);

/* The error for people: a sentence or part of one, in UTF-8. "" if there is no error. Borrowed from
 * `e`. The text comes from the network: remove control characters before printing it on a
 * terminal. */
MUSTER_API const char *muster_error_detail(const muster_error *e);

/* The HTTP status of the answer; 0 if there was none. */
MUSTER_API int muster_error_status(const muster_error *e);

/* True if the same call may succeed later. */
MUSTER_API bool muster_error_retryable(const muster_error *e);

/* The number of reasons of the error. Only "no_capacity" has reasons: each counts the nodes that
 * were ruled out by it. */
MUSTER_API size_t muster_error_reasons(const muster_error *e);

/* The name of reason `i`, counted from 0, such as "full"; NULL if there are not that many. Sets
 * *nodes to its number of nodes, unless `nodes` is NULL. Borrowed from `e`. */
MUSTER_API const char *muster_error_reason(const muster_error *e, size_t i, int64_t *nodes);

/* The JSON answer to an operation. Its fields are described in the API's document
 * (/api/openapi.json). A reply never changes, so any number of threads may read it at once. */
typedef struct muster_reply muster_reply;

MUSTER_API void muster_reply_free(muster_reply *r);

/*
 * The value at `path`: names and indexes separated by dots, such as "id", "nodes.0.id" or
 * "agents.capacity". NULL, 0 or false if there is no such value, or it is null or of another type,
 * or `r` is NULL. An int is 0 for a number with a fraction. A text is borrowed from the reply.
 */
MUSTER_API const char *muster_reply_text(const muster_reply *r, const char *path);
MUSTER_API int64_t muster_reply_int(const muster_reply *r, const char *path);
MUSTER_API double muster_reply_number(const muster_reply *r, const char *path);
MUSTER_API bool muster_reply_bool(const muster_reply *r, const char *path);

/* True if there is a value at `path` that is not null. */
MUSTER_API bool muster_reply_has(const muster_reply *r, const char *path);

/* The number of elements of the array or object at `path`; "" is the whole reply. 0 if it is
 * neither. */
MUSTER_API size_t muster_reply_count(const muster_reply *r, const char *path);

/* The name of element `i`, counted from 0, of the object at `path`, in the order of the reply. NULL
 * if there are not that many. Borrowed from the reply. */
MUSTER_API const char *muster_reply_name(const muster_reply *r, const char *path, size_t i);

/* The value at `path` as JSON: ASCII, on one line. Free it with free(). NULL if there is none. */
MUSTER_API char *muster_reply_json(const muster_reply *r, const char *path);

/* A client of the front-ends of one cluster. A call goes to the front-end that answered last. */
typedef struct muster_client muster_client;

/*
 * Makes a client. `addresses` are the front-ends, such as "http://host:port", separated by commas;
 * at most 64. A missing scheme means http; a missing port means 8151, with https 443. A path is the
 * prefix under which a proxy shows the API, "http://proxy/muster"; a missing port then means 80. NULL means
 * the environment's MUSTER_ADDR; if that is unset or empty, MUSTER_DEFAULT_ADDRESS. The
 * environment's proxy settings are ignored. Does not connect yet. Returns NULL if `addresses` is
 * malformed or has more than 64.
 */
MUSTER_API muster_client *muster_client_new(const char *addresses);

/* Makes a client with the same addresses and limits, for another thread. The thread that owns `c`
 * may use it for calls at the same time. */
MUSTER_API muster_client *muster_client_copy(const muster_client *c);

MUSTER_API void muster_client_free(muster_client *c);

/* Sets the timeouts of each try, in milliseconds, 1 to 600,000: to connect (default 1,000) and for
 * the whole try (default 5,000). A value outside the limits is moved to the nearest limit. Call
 * this before the first call. */
MUSTER_API void muster_client_set_timeouts(muster_client *c, int connect_ms, int total_ms);

/*
 * Sets how many times a call tries all addresses before it fails: 1 to 10, default 2. A value
 * outside the limits is moved to the nearest limit. A call moves to the next address if the
 * connection fails or the answer is 502, 503 or 504. Before each further try it waits a random
 * time: up to 25 ms, and up to 200 ms more at the start of a round.
 *
 * All tries of a POST carry the same Idempotency-Key, so it is applied once; heartbeats need none.
 * A DELETE succeeds if an earlier try may have deleted the record and a later one does not find it.
 */
MUSTER_API void muster_client_set_rounds(muster_client *c, int rounds);

/* The error of this client's last call; its kind is MUSTER_OK if the call succeeded. Never NULL.
 * Borrowed until the next call. */
MUSTER_API const muster_error *muster_client_error(const muster_client *c);

/* The address that answered last; the first one if none has. It has no user and password, nor have those
 * in messages of errors. Borrowed until the client is freed. */
MUSTER_API const char *muster_client_address(const muster_client *c);

/* The X-Cluster-Index of the last answer: the id of the event that the change wrote. "" if the call
 * changed nothing. Borrowed until the next call. */
MUSTER_API const char *muster_client_index(const muster_client *c);

/*
 * The operations. Each sends a request and waits for the answer. It returns the reply, or NULL and
 * sets the error that muster_client_error returns. An id matches
 * ^[A-Za-z0-9][A-Za-z0-9._:@-]{0,127}$; for any other text, or NULL where a value is required, the
 * call fails with MUSTER_BAD_ARGUMENT. Every call may fail with MUSTER_UNREACHABLE or
 * MUSTER_BAD_ANSWER, or with the codes "store_unavailable", "outcome_unknown" and "overloaded".
 * Further codes are listed at each function.
 */

/* Selects the entries of a list. A filter that is NULL or 0 is not applied. Set the whole struct to
 * zero before setting a field. */
struct muster_nodes_filter {
	const char *status;  /* online, draining, offline */
	const char *role;    /* worker, standby, replica, leader */
	const char *service; /* a service id */
	const char *zone;    /* a zone id */
	const char *cursor;  /* the next_cursor of the previous page */
	int limit;           /* entries per page, 1 to 1,000; 0 means 100 */
};

struct muster_agents_filter {
	const char *node_id;
	const char *status; /* assigned, pending */
	const char *service;
	const char *cursor;
	int limit;
};

/* A page of the nodes: nodes, count, next_cursor. `filter` may be NULL. Code: "invalid_field". */
MUSTER_API muster_reply *muster_node_list(
    muster_client *c, const struct muster_nodes_filter *filter);

/* The node `id`. Code: "node_not_found". */
MUSTER_API muster_reply *muster_node_get(muster_client *c, const char *id);

/* Registers a node or updates its record. `json` is the request body, such as {"id": …}. Returns
 * the node, with its incarnation. Codes: "too_many_classes" and those of a malformed body
 * ("invalid_json", "invalid_field" and others). */
MUSTER_API muster_reply *muster_node_register(muster_client *c, const char *json);

/* Sends a node's heartbeat. `json` is the request body; NULL for none. It carries no
 * Idempotency-Key, because sending it twice has the same effect as once. Codes: "node_not_found"
 * (register again), "stale_incarnation" (another process has registered under the id),
 * "too_many_classes" (of a node that was offline), and those of a malformed body. */
MUSTER_API muster_reply *muster_node_heartbeat(muster_client *c, const char *id, const char *json);

/* Starts or stops draining a node: a draining node gets no new agents. Returns the answer to a
 * heartbeat, with the node as "node". Code: "node_not_found". */
MUSTER_API muster_reply *muster_node_drain(muster_client *c, const char *id);
MUSTER_API muster_reply *muster_node_undrain(muster_client *c, const char *id);

/* Removes a node from the cluster and places its agents on other nodes. Returns node_id, moved,
 * pending; the last two are null if an earlier try, whose answer was lost, removed the node. Code:
 * "node_not_found". */
MUSTER_API muster_reply *muster_node_leave(muster_client *c, const char *id);

/* Like muster_node_leave, but only as the process that registered as this incarnation: a later one
 * stays. 0: whichever it is. Codes: "node_not_found", "stale_incarnation", "invalid_field" (it was
 * never given out for this id). */
MUSTER_API muster_reply *muster_node_leave_as(
    muster_client *c, const char *id, int64_t incarnation);

/*
 * The terms of a request: what the node must have beside the services, and how the request is carried
 * out. A node must meet all that is added. Each function returns false, and changes nothing, if a value
 * is outside its limits.
 */
typedef struct muster_terms muster_terms;

/* Makes terms that ask for nothing. */
MUSTER_API muster_terms *muster_terms_new(void);

/* Makes terms with the requirements and the priority of an assignment, the reply of muster_agent_get or
 * muster_agent_assign. */
MUSTER_API muster_terms *muster_terms_of(const muster_reply *assignment);

MUSTER_API void muster_terms_free(muster_terms *t);

/* The node has this label: its name is an id, its value at most 256 bytes of UTF-8; at most 64 labels. */
MUSTER_API bool muster_terms_add_label(muster_terms *t, const char *name, const char *value);
/* The node is in this zone, or in another one that is added; at most 64 ids. */
MUSTER_API bool muster_terms_add_zone(muster_terms *t, const char *zone);
/* The node is this one, or another one that is added; at most 64 ids. */
MUSTER_API bool muster_terms_add_node(muster_terms *t, const char *node_id);
/* The node is not this one; at most 64 ids. */
MUSTER_API bool muster_terms_exclude_node(muster_terms *t, const char *node_id);
/* The agent takes so much of a resource of its node: 0 to 10^12; at most 16 names, which are ids. */
MUSTER_API bool muster_terms_add_resource(muster_terms *t, const char *name, int64_t amount);
/* Sets the group that the agent belongs to, an id. */
MUSTER_API bool muster_terms_set_group(muster_terms *t, const char *group);
/* Spreads the group over domains: `by` is "node", "zone" or "label:KEY". No domain has more than `max`
 * agents of the group, nor more than `max_skew` above the emptiest one: 1 to 1,000,000, or 0 for no such
 * limit, but not both 0. With `prefer`, the limits are kept only where that is possible. The group must be
 * set too. */
MUSTER_API bool muster_terms_set_spread(
    muster_terms *t, const char *by, int max, int max_skew, bool prefer);
/* Sets the priority among pending agents, 0 to 100; the highest is placed first. */
MUSTER_API bool muster_terms_set_priority(muster_terms *t, int priority);
/* Sets how long the agent may wait as "pending", in milliseconds up to a year (31,536,000,000); then it is
 * released. 0: as long as it takes. */
MUSTER_API bool muster_terms_set_queue_ttl(muster_terms *t, int64_t ms);
/* Whether nothing is to be changed: the reply is the assignment that would be made. */
MUSTER_API void muster_terms_set_dry_run(muster_terms *t, bool dry_run);
/* Whether the reply has an "explanation": strategy, eligible, filtered, top. */
MUSTER_API void muster_terms_set_explain(muster_terms *t, bool explain);

/* A request to place an agent. Set the whole struct to zero before setting a field. */
struct muster_agent_request {
	const char *agent_id;        /* an id; required */
	const char *const *services; /* ids of services; the node must have all of them */
	size_t n_services;           /* at most 64 */
	const char *strategy;        /* NULL: the cluster's strategy */
	const char *metadata;        /* a JSON object of strings, at most 4,096 bytes; NULL: {} */
	bool queue; /* if there is no capacity, wait as "pending" instead of failing */
	const muster_terms *terms; /* NULL: none */
};

/*
 * Assigns an agent to a node. Returns the assignment; if the agent already has one, that one.
 * Codes: "no_capacity" (with reasons), "assignment_conflict" (the agent is assigned with other
 * requirements), "batch_running" (a batch that has placed it may yet take it back: try again),
 * "unknown_strategy", and those of a malformed body.
 */
MUSTER_API muster_reply *muster_agent_assign(
    muster_client *c, const struct muster_agent_request *request);

/* Changes the metadata (a JSON object of strings, at most 4,096 bytes; NULL keeps it) and the priority (0
 * to 100; -1 keeps it) of an agent, at least one of them. If `epoch` is above 0, only if it is the agent's
 * current epoch. Returns the assignment. Codes: "assignment_not_found", "stale_epoch", "batch_running",
 * "missing_field", and those of a malformed body. */
MUSTER_API muster_reply *muster_agent_update(
    muster_client *c, const char *agent_id, const char *metadata, int priority, int64_t epoch);

/* Releases an agent. If `epoch` is above 0, only if it is the agent's current epoch. Returns true;
 * or false and sets the error. Codes: "assignment_not_found", "stale_epoch". */
MUSTER_API bool muster_agent_release(muster_client *c, const char *agent_id, int64_t epoch);

/*
 * The assignment of an agent, with its node. Codes: "assignment_not_found", "batch_running" (a batch that
 * has placed it may yet take it back: try again).
 */
MUSTER_API muster_reply *muster_agent_get(muster_client *c, const char *agent_id);

/* A page of the assignments: assignments, count, next_cursor. `filter` may be NULL. Code:
 * "invalid_field". */
MUSTER_API muster_reply *muster_agent_list(
    muster_client *c, const struct muster_agents_filter *filter);

/* Gets the current strategy and the list of all strategies: strategy, strategies. Sets the strategy
 * of the whole cluster: strategy, previous. Code of the latter: "unknown_strategy". */
MUSTER_API muster_reply *muster_balance_get(muster_client *c);
MUSTER_API muster_reply *muster_balance_set(muster_client *c, const char *strategy);

/* Gets the leader: code "no_leader". Hands the lead over to `node_id`; NULL means the coordinator
 * of the front-end that answers: codes "node_not_found", "not_a_candidate". */
MUSTER_API muster_reply *muster_leader_get(muster_client *c);
MUSTER_API muster_reply *muster_leader_promote(muster_client *c, const char *node_id);

/* The statistics of the cluster. */
MUSTER_API muster_reply *muster_stats_get(muster_client *c);

/* Gets the hold: whether agents of missing nodes stay where they are. Sets it: `action` is "enter",
 * "release" or "confirm_dead". Code of the latter: "invalid_field". */
MUSTER_API muster_reply *muster_hold_get(muster_client *c);
MUSTER_API muster_reply *muster_hold_set(muster_client *c, const char *action);

/* Checks a page of the stored state for inconsistencies: checked, violations, count, next_cursor.
 * `cursor` is NULL for the first page. `limit` is the number of records to check, 1 to 1000; 0 means
 * 100. Code: "invalid_field". */
MUSTER_API muster_reply *muster_state_check(muster_client *c, const char *cursor, int limit);

#ifdef __cplusplus
}
#endif

#endif
