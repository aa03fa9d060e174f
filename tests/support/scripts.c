/* Calls single scripts. Invariant: only scripts_call records which scripts were called. */
#include "support/scripts.h"

#include "base/buf.h"

#include <fnmatch.h>
#include <stdio.h>

enum { ARGV_MAX = 32 };

static bool called[SCRIPT_COUNT];

static const char *const areas[SCRIPT_COUNT] = {
	[SCRIPT_NODE_REGISTER] = "nodes",
	[SCRIPT_NODE_GET] = "nodes",
	[SCRIPT_NODE_LIST] = "nodes",
	[SCRIPT_NODE_HEARTBEAT] = "nodes",
	[SCRIPT_NODE_LEAVE] = "nodes",
	[SCRIPT_AGENT_ASSIGN] = "assignments",
	[SCRIPT_AGENT_GET] = "assignments",
	[SCRIPT_AGENT_LIST] = "assignments",
	[SCRIPT_AGENT_RELEASE] = "assignments",
	[SCRIPT_AGENT_UPDATE] = "assignments",
	[SCRIPT_LEADER_CAMPAIGN] = "leader",
	[SCRIPT_LEADER_GET] = "leader",
	[SCRIPT_LEADER_PROMOTE] = "leader",
	[SCRIPT_LEADER_RESIGN] = "leader",
	[SCRIPT_NODE_EXPIRE] = "liveness",
	[SCRIPT_NODE_RENEW] = "liveness",
	[SCRIPT_HOLD_GET] = "hold",
	[SCRIPT_HOLD_SET] = "hold",
	[SCRIPT_NODE_EVACUATE] = "housekeeping",
	[SCRIPT_PENDING_PLACE] = "housekeeping",
	[SCRIPT_ORPHAN_DETECT] = "housekeeping",
	[SCRIPT_INDEX_DROP] = "housekeeping",
	[SCRIPT_CLUSTER_INIT] = "cluster",
	[SCRIPT_BALANCE_GET] = "cluster",
	[SCRIPT_BALANCE_SET] = "cluster",
	[SCRIPT_STATS_GET] = "cluster",
	[SCRIPT_READY_CHECK] = "cluster",
	[SCRIPT_EVENT_LIST] = "cluster",
	[SCRIPT_REPLICATION_MARK] = "cluster",
	[SCRIPT_STATE_CHECK] = "cluster",
};

int
scripts_setup(void **state)
{
	struct scripts *s = calloc(1, sizeof(*s));
	void *cluster = NULL;
	size_t i;

	assert_non_null(s);
	assert_int_equal(cluster_setup(&cluster), 0);
	s->cluster = cluster;
	s->prefix = PREFIX;
	s->redis = redisConnectUnix(s->cluster->socket);
	assert_true(s->redis != NULL && s->redis->err == 0);
	for (i = 0; i < SCRIPT_COUNT; i++)
		assert_string_equal(scripts_redis(s, "SCRIPT LOAD %b", script_sources[i].text,
		                        script_sources[i].len),
		    script_sources[i].sha1);
	*state = s;
	return 0;
}

int
scripts_teardown(void **state)
{
	struct scripts *s = *state;
	void *cluster = s->cluster;

	redisFree(s->redis);
	free(s);
	return cluster_teardown(&cluster);
}

/* Appends a row with '|' between its columns, within `open` and `close`. */
static void
add_row(struct buf *b, const char *open, const char *row, const char *close)
{
	buf_add_str(b, open);
	for (; *row != '\0'; row++)
		buf_add(b, *row == '\t' ? "|" : row, 1);
	buf_add_str(b, close);
}

static void add_members(struct buf *b, const redisReply *r);

static void
add_reply(struct buf *b, const redisReply *r)
{
	if (r->type == REDIS_REPLY_INTEGER)
		buf_addf(b, "%lld", r->integer);
	else if (r->type == REDIS_REPLY_STRING && memchr(r->str, '\t', r->len) != NULL)
		add_row(b, "<", r->str, ">");
	else if (r->type != REDIS_REPLY_ARRAY)
		buf_addf(b, "%s%s", r->type == REDIS_REPLY_ERROR ? "!" : "",
		    r->str != NULL ? r->str : "");
	if (r->type == REDIS_REPLY_ARRAY)
		add_members(b, r);
}

/* Appends a member of an array, an array within brackets. */
static void
add_member(struct buf *b, const redisReply *r)
{
	bool array = r->type == REDIS_REPLY_ARRAY;

	buf_add_str(b, array ? "<" : "");
	add_reply(b, r);
	buf_add_str(b, array ? ">" : "");
}

static void
add_members(struct buf *b, const redisReply *r)
{
	size_t i;

	for (i = 0; i < r->elements; i++) {
		buf_add_str(b, i > 0 ? "|" : "");
		add_member(b, r->element[i]);
	}
}

/* Returns what is in `b` as a text for this test, and frees `b` and the reply. */
static const char *
take(struct buf *b, redisReply *r)
{
	const char *text = fmt("%s", buf_str(b));

	buf_fini(b);
	freeReplyObject(r);
	return text;
}

static const char *
take_text(redisReply *r)
{
	struct buf b = BUF_INIT;

	assert_non_null(r);
	add_reply(&b, r);
	return take(&b, r);
}

const char *
scripts_redis(struct scripts *s, const char *format, ...)
{
	redisReply *r;
	va_list ap;

	va_start(ap, format);
	r = redisvCommand(s->redis, format, ap);
	va_end(ap);
	return take_text(r);
}

/* Where a script's reply has its rows, after the outcome and the event. */
enum { REPLY_ROWS = 2 };

/* Takes the one item of a reply as a reply of its own. */
static const char *
take_item(redisReply *r)
{
	struct buf b = BUF_INIT;
	const char *item, *row;

	assert_non_null(r);
	if (r->type != REDIS_REPLY_ARRAY || r->elements != REPLY_ROWS + 1)
		return take_text(r);
	item = r->element[REPLY_ROWS]->str;
	row = strchr(item, '\t');
	row = row != NULL ? strchr(row + 1, '\t') : NULL;
	assert_non_null(row);
	if (strncmp(item, "failed\t", 7) == 0) {
		buf_addf(&b, "!%s", row + 1);
	} else {
		for (; item != row; item++)
			buf_add(&b, *item == '\t' ? "|" : item, 1);
		if (row[1] != '\0')
			add_row(&b, "|<", row + 1, ">");
	}
	return take(&b, r);
}

/* Takes a reply whose first row is shown without brackets. */
static const char *
take_headed(redisReply *r)
{
	struct buf b = BUF_INIT;
	size_t i;

	assert_non_null(r);
	if (r->type != REDIS_REPLY_ARRAY || r->elements <= REPLY_ROWS)
		return take_text(r);
	for (i = 0; i < r->elements; i++) {
		buf_add_str(&b, i > 0 ? "|" : "");
		if (i == REPLY_ROWS)
			add_row(&b, "", r->element[i]->str, "");
		else
			add_member(&b, r->element[i]);
	}
	return take(&b, r);
}

const char *
scripts_call(struct scripts *s, enum script_id id, const char *const argv[])
{
	const struct script_source *source = &script_sources[id];
	const char *words[ARGV_MAX] = { "EVALSHA", source->sha1, "1", s->prefix };
	struct buf line = BUF_INIT;
	const char *text;
	redisReply *r;
	int n = 4;
	size_t i = 0, columns = source->n_item_columns;
	bool single = columns > 0 && strchr(argv[0], '\n') == NULL;

	if (single) {
		for (; i < columns && argv[i] != NULL; i++)
			buf_addf(&line, "%s%s", i > 0 ? "\t" : "", argv[i]);
		buf_add_str(&line, "\n");
		words[n++] = buf_str(&line);
		if (source->n_args > ITEMS_ARG_ALL)
			words[n++] = "1";
	}
	for (; argv[i] != NULL; i++) {
		assert_true(n < ARGV_MAX);
		words[n++] = argv[i];
	}
	called[id] = true;
	r = redisCommandArgv(s->redis, n, words, NULL);
	text = single ? take_item(r) : source->head_columns > 0 ? take_headed(r) : take_text(r);
	buf_fini(&line);
	return text;
}

void
scripts_check_like(const char *file, int line, const char *text, const char *pattern)
{
	if (fnmatch(pattern, text, FNM_NOESCAPE) == 0)
		return;
	print_error("%s\n  is not like\n%s\n", text, pattern);
	_fail(file, line);
}

const char *
scripts_digest(struct scripts *s)
{
	return scripts_redis(s, "DEBUG DIGEST");
}

void
scripts_check_refused(const char *file, int line, struct scripts *s, const char *word,
    enum script_id id, const char *const argv[])
{
	const char *before = scripts_digest(s);
	const char *text = scripts_call(s, id, argv);

	scripts_check_like(file, line, text, fmt("!%s *", word));
	if (strcmp(before, scripts_digest(s)) != 0) {
		print_error("%s changed a key though it failed\n", script_sources[id].name);
		_fail(file, line);
	}
}

const char *
part(const char *text, int i)
{
	size_t len;

	for (; i > 0; i--) {
		text = strchr(text, '|');
		assert_non_null(text);
		text++;
	}
	text += *text == '<';
	len = strcspn(text, "|>");
	return fmt("%.*s", (int)len, text);
}

void
scripts_check_called(const char *area)
{
	size_t i;

	for (i = 0; i < SCRIPT_COUNT; i++) {
		if (areas[i] != NULL && (called[i] || strcmp(areas[i], area) != 0))
			continue;
		print_error("no test calls %s\n", script_sources[i].name);
		fail();
	}
}

const char *
add_node(struct scripts *s, const char *id, const char *max_agents, const char *services)
{
	return call(s, NODE_REGISTER, id, fmt("host-%s", id), "10.0.0.1", "80", "worker",
	    max_agents, services, "", "", max_agents, "", BEATS);
}

const char *
add_agent(struct scripts *s, const char *id, const char *services)
{
	const char *text;

	do
		text = call(s, AGENT_ASSIGN, id, services, "", "", "queue");
	while (strcmp(text, "more") == 0);
	return text;
}

void
elect(struct scripts *s, char term[32])
{
	const char *text = call(s, LEADER_CAMPAIGN, "l", "nonce", "http://l", HOUR, BEATS);

	like(text, "leader|*-*|l|1????????????|3*");
	snprintf(term, 32, "%s", part(text, 3));
}

long long
redis_ms(struct scripts *s)
{
	const char *text = scripts_redis(s, "TIME");

	return strtoll(part(text, 0), NULL, 10) * 1000 + strtoll(part(text, 1), NULL, 10) / 1000;
}

void
lapse(struct scripts *s, const char *id)
{
	long long begun, now;
	char node[64];

	snprintf(node, sizeof(node), "%s", id); /* `id` may be in one of fmt's few buffers */
	now = begun = redis_ms(s);
	/* Waits for a later millisecond: a call in the same one as a release would not count. */
	while (now < begun + 2)
		now = redis_ms(s);
	scripts_redis(s, "DEL %sheartbeat:%s", s->prefix, node);
	scripts_redis(s, "ZADD %sdeadlines XX %lld %s", s->prefix, now - 1, node);
}

const char *
expire(struct scripts *s, const char *term, const char *grace_ms, const char *most)
{
	return call(s, NODE_EXPIRE, LEADER, grace_ms, most, HOUR, HOUR, "0", "9007199254740991",
	    "1200000", "0");
}
