/*
 * Calls scripts one by one on a private redis-server, in the same way as the C code. Replies are
 * compared as text.
 */
#ifndef SUPPORT_SCRIPTS_H
#define SUPPORT_SCRIPTS_H

#include "support/cluster.h"

#include "redis/script.h"

#include <hiredis/hiredis.h>

#define PREFIX "muster:{t}:" /* KEYS[1] of every call */
#define HOUR   "3600000"

/* The last arguments of a heartbeat: its TTL, its interval, and no limit on the rate. */
#define BEATS HOUR, "1200000", "0"

/* The first arguments of a task of the leader: the leader since `elect`, and its term. */
#define LEADER "l", "nonce", term

struct scripts {
	struct cluster *cluster;
	redisContext *redis;
	const char *prefix;
};

/* Setup and teardown of a cmocka test: *state is a struct scripts, its Redis empty. */
int scripts_setup(void **state);
int scripts_teardown(void **state);

#define scripts_test(fn) cmocka_unit_test_setup_teardown(fn, scripts_setup, scripts_teardown)

/*
 * Calls a script with these texts as ARGV, of which the columns of an item are made one line. Returns the
 * reply as text, borrowed as in api.h: columns of rows and elements are separated by '|', a row is <…> but
 * for the first of those that begin with one of another kind, an error is "!WORD detail".
 */
#define call(s, id, ...) scripts_call(s, SCRIPT_##id, (const char *[]){ __VA_ARGS__, NULL })
#define call_bare(s, id) scripts_call(s, SCRIPT_##id, (const char *[]){ NULL })
const char *scripts_call(struct scripts *s, enum script_id id, const char *const argv[]);

/* Fails the test unless the text matches the pattern: '*' is any text, '?' any character. */
#define like(text, pattern) scripts_check_like(__FILE__, __LINE__, text, pattern)
void scripts_check_like(const char *file, int line, const char *text, const char *pattern);

/* Calls a script that must fail with this word, and checks that no key has changed. */
#define refused(s, word, id, ...) \
	scripts_check_refused(    \
	    __FILE__, __LINE__, s, word, SCRIPT_##id, (const char *[]){ __VA_ARGS__, NULL })
#define refused_bare(s, word, id) \
	scripts_check_refused(__FILE__, __LINE__, s, word, SCRIPT_##id, (const char *[]){ NULL })
void scripts_check_refused(const char *file, int line, struct scripts *s, const char *word,
    enum script_id id, const char *const argv[]);

/* Element `i` of a reply's text, counted from 0. The elements of an inner array count
 * separately. */
const char *part(const char *text, int i);

/* Runs a command, in the format of redisCommand. Returns its reply as text in the same form. */
const char *scripts_redis(struct scripts *s, const char *format, ...);

/* A digest of all keys and values. */
const char *scripts_digest(struct scripts *s);

/*
 * Fails the test unless this program has called every script of its area: "nodes", "assignments",
 * "leader", "liveness", "housekeeping" or "cluster". Also fails if a script belongs to no
 * area.
 */
void scripts_check_called(const char *area);

/* Registers a node for `max_agents` agents, with a comma-separated list of services; assigns an agent
 * that needs such services. */
const char *add_node(
    struct scripts *s, const char *id, const char *max_agents, const char *services);
const char *add_agent(struct scripts *s, const char *id, const char *services);

/* Elects "l" for an hour. Writes its term to `term`. */
void elect(struct scripts *s, char term[32]);

/* The time of Redis in ms since 1970. */
long long redis_ms(struct scripts *s);

/* Makes the node's heartbeat look as if it had just expired. */
void lapse(struct scripts *s, const char *id);

/* Calls node_expire, with an hour as the window and as the longest hold. */
const char *expire(struct scripts *s, const char *term, const char *grace_ms, const char *most);

#endif
