/*
 * Compares the table of keys in lua/README.md with Redis: every key, type and field is in the
 * table, and everything in the table is written by something.
 */
#include "support/scripts.h"

#include <stdio.h>

#define NODES       "/api/cluster/nodes"
#define ASSIGNMENTS "/api/cluster/assignments"

enum { ROWS_MAX = 256, FIELDS_MAX = 160, INDEX_STEP = 100, GROUPS_STEP = 200, WAITING_STEP = 600 };

struct name {
	char text[64]; /* up to the '<', if there is one */
	bool open;     /* the name continues after `text` */
	bool seen;
};

static struct row {
	struct name name;
	char type[16];
} rows[ROWS_MAX];

static struct field {
	struct name name;
	int row;
} fields[FIELDS_MAX];

static int n_rows, n_fields;

/* Reads the name between the first two backticks of a line. */
static void
take_name(struct name *n, const char *line)
{
	const char *at = strchr(line, '`') + 1;
	size_t len = strcspn(at, "`<");

	*n = (struct name){ .open = at[len] == '<' };
	snprintf(n->text, sizeof(n->text), "%.*s", (int)len, at);
}

static bool
is_named(const struct name *n, const char *text)
{
	size_t len = strlen(n->text);

	return strncmp(n->text, text, len) == 0 && (n->open || text[len] == '\0');
}

static int
find_row(const char *key)
{
	int i;

	for (i = 0; i < n_rows; i++)
		if (is_named(&rows[i].name, key))
			return i;
	return -1;
}

/* "| `name` | type | …" is a key. "### Fields of `name`" starts the fields of a key, "| `name` |
 * …". */
static void
take_line(const char *line, int *of)
{
	static const char *const types[] = { "string", "hash", "set", "sorted set", "stream" };
	struct name n;
	size_t i;

	if (strncmp(line, "### Fields of `", 15) == 0) {
		take_name(&n, line);
		*of = find_row(n.text);
		assert_true(*of >= 0);
	}
	if (strncmp(line, "| `", 3) != 0)
		return;
	take_name(&n, line);
	if (*of >= 0) {
		assert_true(n_fields < FIELDS_MAX);
		fields[n_fields++] = (struct field){ n, *of };
		return;
	}
	assert_true(n_rows < ROWS_MAX);
	rows[n_rows].name = n;
	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strstr(line, fmt("` | %s | ", types[i])) != NULL)
			snprintf(rows[n_rows].type, sizeof(rows[n_rows].type), "%s", types[i]);
	assert_true(rows[n_rows].type[0] != '\0');
	n_rows++;
}

static void
read_table(void)
{
	char *text = file_read("lua/README.md"), *rest = text, *line;
	int of = -1;

	n_rows = n_fields = 0;
	while ((line = strsep(&rest, "\n")) != NULL)
		take_line(line, &of);
	free(text);
	assert_true(n_rows > 0 && n_fields > 0);
}

static void
see_field(int row, const char *field)
{
	int i;

	for (i = 0; i < n_fields; i++) {
		if (fields[i].row != row || !is_named(&fields[i].name, field))
			continue;
		fields[i].name.seen = true;
		return;
	}
	print_error("the table has no field %s of %s\n", field, rows[row].name.text);
	fail();
}

/* Marks every second element of a flat list of names and values. */
static void
see_fields(int row, const redisReply *pairs)
{
	size_t i;

	for (i = 0; i < pairs->elements; i += 2)
		see_field(row, pairs->element[i]->str);
}

/* True for a hash whose fields are ids or other names that users give. */
static bool
is_open(const char *key)
{
	static const char *const keys[] = { "roster:", "resources",
		"group_ways:", "node_groups:", "pending_reasons", "waiting" };
	size_t i;

	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (strncmp(key, keys[i], strlen(keys[i])) == 0)
			return true;
	return false;
}

static void
see_key(struct scripts *s, const char *key)
{
	const char *type = scripts_redis(s, "TYPE %s", key);
	redisReply *r;
	size_t i;
	int row;

	assert_int_equal(strncmp(key, s->prefix, strlen(s->prefix)), 0);
	row = find_row(key + strlen(s->prefix));
	if (row < 0)
		print_error("the table has no key %s\n", key);
	assert_true(row >= 0);
	rows[row].name.seen = true;
	assert_string_equal(rows[row].type, strcmp(type, "zset") == 0 ? "sorted set" : type);
	r = redisCommand(
	    s->redis, strcmp(type, "stream") == 0 ? "XRANGE %s - +" : "HGETALL %s", key);
	assert_non_null(r);
	if (strcmp(type, "hash") == 0 && !is_open(rows[row].name.text))
		see_fields(row, r);
	for (i = 0; strcmp(type, "stream") == 0 && i < r->elements; i++)
		see_fields(row, r->element[i]->element[1]);
	freeReplyObject(r);
}

/* Compares everything in Redis with the table. */
static void
see_all(struct scripts *s)
{
	redisReply *r = redisCommand(s->redis, "KEYS *");
	size_t i;

	assert_true(r != NULL && r->elements > 0);
	for (i = 0; i < r->elements; i++)
		see_key(s, r->element[i]->str);
	freeReplyObject(r);
}

static void
ask(struct musterd *m, int status, const char *id, const char *more)
{
	api(m->port, status, "POST", ASSIGNMENTS, fmt("{\"agent_id\":\"%s\"%s}", id, more));
}

/* Makes every kind of request. */
static void
drive_by_api(struct scripts *s)
{
	struct musterd *m = musterd_start(s->cluster, "-cluster", "n1", "-max-agents", "2",
	    "-strategy", "least_agents", "-load-weights", "0.5,0.3,0.2", "-heartbeat-ttl", "1h",
	    "-wait-replicas", "1", "-wait-timeout", "1ms");

	wait_json(m->port, NODES "/n1", "role", "\"leader\"", API_WAIT_MS);
	see_all(s);
	api(m->port, 201, "POST", NODES,
	    "{\"id\":\"n2\",\"max_agents\":2,\"services\":[\"b\",\"a\"],\"labels\":{\"k\":\"v\"}}");
	api(m->port, 200, "POST", NODES "/n2",
	    "{\"cpu_usage\":5,\"memory_usage\":5,\"disk_usage\":5,\"load_average\":1.5}");
	ask(m, 201, "a1", ",\"metadata\":{\"k\":\"v\"}");
	ask(m, 201, "a2", ",\"services\":[\"a\"],\"strategy\":\"weighted\"");
	ask(m, 202, "a3", ",\"services\":[\"gpu\"],\"queue\":true");
	api(m->port, 200, "POST", "/api/cluster/balance", "{\"strategy\":\"round_robin\"}");
	api(m->port, 200, "POST", NODES "/n2", "{\"status\":\"draining\"}");
	api(m->port, 200, "POST", NODES "/n2", "{\"healthy\":false}");
	see_all(s);
	api(m->port, 200, "POST", NODES "/n2", "{\"status\":\"online\",\"healthy\":true}");
	api(m->port, 200, "POST", "/api/cluster/leader", "{\"node_id\":\"n1\"}");
	api(m->port, 200, "DELETE", NODES "/n2", NULL);
	api(m->port, 204, "DELETE", ASSIGNMENTS "/a1", NULL);
	see_all(s);
	assert_int_equal(musterd_end(m), 0);
	see_all(s);
}

/* Creates the keys that only exist for a moment: between the steps of an operation, or for a
 * leader. */
static void
drive_by_scripts(struct scripts *s)
{
	char term[32];
	int i;

	elect(s, term);
	for (i = 0; i < INDEX_STEP; i++)
		add_node(s, fmt("m%03d", i), "0", "");
	assert_string_equal(call(s, BALANCE_SET, "random"), "more");
	see_all(s);
	add_node(s, "n3", "5", "z");
	add_node(s, "n4", "5", "z");
	for (i = 1; i <= 4; i++)
		add_agent(s, fmt("b%d", i), "z");
	lapse(s, "n3");
	like(expire(s, term, HOUR, "9"), "ok||1|0|off|*");
	see_all(s);
	like(call(s, HOLD_SET, "enter", "key-1", "POST this", HOUR), "ok|*-*|on|*");
	like(call(s, HOLD_SET, "confirm_dead"), "ok|*-*|off|*");
	like(expire(s, term, HOUR, "9"), "ok||0|1|off|*");
	see_all(s);
	like(call(s, NODE_EVACUATE, "l", "nonce", term, "9"), "ok||n3|2|0");
	assert_string_equal(call(s, NODE_LEAVE, "n4", "1", "", "d"), "more");
	see_all(s);
	like(call(s, NODE_LEAVE, "n4", "9", "", "d"), "ok|*|0|4");
	add_node(s, "n5", "5", "z");
	add_node(s, "n6", "5", "z");
	like(call(s, NODE_LEAVE, "n5", "9", "", "d"), "ok|*|4|0");
	add_node(s, "n7", "0", "");
	lapse(s, "n7");
	like(expire(s, term, "0", "9"), "ok||1|1|off|*");
	/* More groups than are compared with a new class at once. */
	for (i = 0; i <= GROUPS_STEP; i++)
		add_agent(s, fmt("u%d", i), fmt("u%d", i));
	add_node(s, "n8", "0", "u1");
	see_all(s);
	/* Half of the nodes go missing and come back. */
	for (i = 0; i < INDEX_STEP / 2; i++)
		lapse(s, fmt("m%03d", i));
	like(expire(s, term, HOUR, "100"), "ok||50|0|on|*");
	for (i = 0; i < INDEX_STEP / 2; i++)
		call(s, NODE_HEARTBEAT, fmt("m%03d", i), "", "", "", "", "", "", "", "", "", BEATS);
	like(expire(s, term, HOUR, "100"), "ok||0|0|off|*");
	see_all(s);
	/* A batch that is not complete. */
	add_node(s, "n8", "5", "");
	like(call(s, AGENT_ASSIGN, "c1\nc2\n", "1 1 0 k"), "ok|*|<created|*>|<created|*>");
	see_all(s);
	/* A node that has seen a later term than the stored one, which a failover has lost. */
	scripts_redis(s, "HSET muster:{default}:leader history another");
	call(s, NODE_HEARTBEAT, "n6", "", "", "", "", "", "", "",
	    fmt("%lld", strtoll(term, NULL, 10) + 1000000), "", BEATS);
	see_all(s);
	elect(s, term);
	see_all(s);
}

/* Creates the keys of agents that have requirements. */
static void
drive_by_requirements(struct scripts *s)
{
	int i;

	call(s, NODE_REGISTER, "r1", "h", "10.0.0.1", "1", "worker", "9", "", "k=v", "z1", "9",
	    "gpu=2", BEATS);
	call(s, AGENT_ASSIGN, "d1", "", "", "", "|resource:gpu=1 group:g spread:zone/1//");
	call(
	    s, AGENT_ASSIGN, "d2", "", "", "", "queue ttl:3600000|zone:z1 group:g spread:zone/1//");
	call(s, AGENT_UPDATE, "d2", "", "1", "");
	see_all(s);
	/* More nodes than are looked at at once. */
	for (i = 0; i < 2 * INDEX_STEP; i++)
		add_node(s, fmt("s%03d", i), "0", "");
	assert_string_equal(call(s, AGENT_ASSIGN, "d3", "", "", "", "explain"), "more");
	see_all(s);
	/* More groups than are compared with a node, and than are placed, at once. */
	for (i = 0; i <= WAITING_STEP; i++)
		call(s, AGENT_ASSIGN, fmt("e%d", i), "", "", "", fmt("queue|label:k=w not:x%d", i));
	call(s, NODE_REGISTER, "r2", "h", "10.0.0.1", "1", "worker", "99", "", "k=w", "", "9", "",
	    BEATS);
	see_all(s);
}

static void
the_table_lists_exactly_the_keys_and_fields_in_use(void **state)
{
	struct scripts *s = *state;
	int i, unseen = 0;

	s->prefix = "muster:{default}:";
	read_table();
	drive_by_api(s);
	drive_by_scripts(s);
	drive_by_requirements(s);
	for (i = 0; i < n_rows; i++) {
		if (!rows[i].name.seen)
			print_error("nobody wrote %s\n", rows[i].name.text);
		unseen += !rows[i].name.seen;
	}
	for (i = 0; i < n_fields; i++) {
		if (!fields[i].name.seen)
			print_error("nobody wrote the field %s of %s\n", fields[i].name.text,
			    rows[fields[i].row].name.text);
		unseen += !fields[i].name.seen;
	}
	assert_int_equal(unseen, 0);
}

int
main(void)
{
	const struct CMUnitTest keys[] = {
		scripts_test(the_table_lists_exactly_the_keys_and_fields_in_use),
	};

	return test_program(keys);
}
