/*
 * The scripts called one by one on a redis-server of the test's own, as the C code calls them.
 * Replies are compared as text.
 */
#ifndef SUPPORT_SCRIPTS_H
#define SUPPORT_SCRIPTS_H

#include "support/cluster.h"

#include "redis/script.h"

#include <hiredis/hiredis.h>

#define PREFIX "muster:{t}:" /* KEYS[1] of every call */
#define HOUR   "3600000"

/* The last arguments of a heartbeat: its life, the interval, and any number of them a second. */
#define BEATS HOUR, "1200000", "0"

/* The first arguments of a duty: who leads since `elect`, and the term that it gave. */
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
 * Calls a script with these texts as ARGV. The reply as text, borrowed as api.h says: elements
 * apart by '|', an array in it as <…>, an error as "!WORD detail".
 */
#define call(s, id, ...) scripts_call(s, SCRIPT_##id, (const char *[]){ __VA_ARGS__, NULL })
#define call_bare(s, id) scripts_call(s, SCRIPT_##id, (const char *[]){ NULL })
const char *scripts_call(struct scripts *s, enum script_id id, const char *const argv[]);

/* Fails the test unless the text matches the pattern: '*' is anything, '?' one character. */
#define like(text, pattern) scripts_check_like(__FILE__, __LINE__, text, pattern)
void scripts_check_like(const char *file, int line, const char *text, const char *pattern);

/* Calls a script that is to fail with this word, and checks that no key has changed. */
#define refused(s, word, id, ...) \
	scripts_check_refused(    \
	    __FILE__, __LINE__, s, word, SCRIPT_##id, (const char *[]){ __VA_ARGS__, NULL })
#define refused_bare(s, word, id) \
	scripts_check_refused(__FILE__, __LINE__, s, word, SCRIPT_##id, (const char *[]){ NULL })
void scripts_check_refused(const char *file, int line, struct scripts *s, const char *word,
    enum script_id id, const char *const argv[]);

/* The `i`th element of a reply's text, counted from 0; those of an inner array count singly. */
const char *part(const char *text, int i);

/* Any command, as redisCommand formats it; its reply as text in the same form. */
const char *scripts_redis(struct scripts *s, const char *format, ...);

/* The digest of all keys and values. */
const char *scripts_digest(struct scripts *s);

/*
 * Fails the test unless this program has called every script of its area: "nodes", "assignments",
 * "batches", "leader", "liveness", "housekeeping" or "cluster"; and unless each script there is belongs to
 * an area.
 */
void scripts_check_called(const char *area);

/* A node with 10 agents at most, services as a list; and an agent that wants some. */
const char *add_node(
    struct scripts *s, const char *id, const char *max_agents, const char *services);
const char *add_agent(struct scripts *s, const char *id, const char *services);

/* Elects "l" for an hour; its term goes to `term`. */
void elect(struct scripts *s, char term[32]);

/* Redis' clock in ms since 1970. */
long long redis_ms(struct scripts *s);

/* Has the node's heartbeat be one that has just expired. */
void lapse(struct scripts *s, const char *id);

/* Calls node_expire with an hour for window and longest hold, whatever Redis' clock says. */
const char *expire(struct scripts *s, const char *term, const char *grace_ms, const char *most);

#endif
