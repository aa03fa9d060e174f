/* Replays the event stream. Invariant: `owners` and `epochs` are the state after the event
 * `last`. */
#include "chaos/replay.h"

#include "chaos/dump.h"
#include "chaos/wants.h"
#include "support/api.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PAGE = 1000 };

void
replay_init(struct replay *r)
{
	*r = (struct replay){ .owners = json_object(), .groups = json_object(),
		.epochs = json_object() };
	snprintf(r->last, sizeof(r->last), "-");
}

void
replay_fini(struct replay *r)
{
	json_decref(r->owners);
	json_decref(r->groups);
	json_decref(r->epochs);
}

/* The field `name` of an event; "" if it has none. */
static const char *
field(const redisReply *fields, const char *name)
{
	size_t i;

	for (i = 0; i + 1 < fields->elements; i += 2)
		if (strcmp(fields->element[i]->str, name) == 0)
			return fields->element[i + 1]->str;
	return "";
}

/* Notes in which domain an agent of a group is from now on, and that there are not too many. */
static void
join(struct replay *r, const char *agent, const char *group, const char *node, struct findings *f)
{
	const char *place, *other;
	int most = wants_most(group), n = 0;
	json_t *value;

	json_object_del(r->groups, agent);
	if (*group == '\0' || *node == '\0')
		return;
	place = fmt("%s %s", group, wants_domain(group, node));
	json_object_set_new(r->groups, agent, json_string(place));
	json_object_foreach(r->groups, other, value)
	{
		n += strcmp(json_string_value(value), place) == 0;
	}
	if (most > 0 && n > most)
		findings_add(f, FINDING_SPREAD, agent, "event %s: %d of '%s', which may have %d",
		    r->last, n, place, most);
}

/* Handles an event that gives an agent an owner, "" for the queue. */
static void
own(struct replay *r, const redisReply *fields, struct findings *f)
{
	const char *agent = field(fields, "agent_id"), *node = field(fields, "node_id");
	int64_t epoch = strtoll(field(fields, "epoch"), NULL, 10);
	int64_t before = json_integer_value(json_object_get(r->epochs, agent));

	if (epoch <= before)
		findings_add(f, FINDING_EPOCH_BACK, agent,
		    "event %s: epoch %" PRId64 " after %" PRId64, r->last, epoch, before);
	json_object_set_new(r->epochs, agent, json_integer(epoch));
	json_object_set_new(r->owners, agent, json_string(fmt("%s %" PRId64, node, epoch)));
	join(r, agent, field(fields, "group"), node, f);
}

static void
release(struct replay *r, const redisReply *fields, struct findings *f)
{
	const char *agent = field(fields, "agent_id");
	const char *was = json_string_value(json_object_get(r->owners, agent));
	const char *should =
	    fmt("%s %s", field(fields, "previous_node_id"), field(fields, "epoch"));

	if (was == NULL || strcmp(was, should) != 0)
		findings_add(f, FINDING_REPLAY, agent, "event %s releases '%s', which is '%s'",
		    r->last, should, was != NULL ? was : "nowhere");
	json_object_del(r->owners, agent);
	json_object_del(r->groups, agent);
}

static void
elect(struct replay *r, const redisReply *fields, struct findings *f)
{
	int64_t term = strtoll(field(fields, "term"), NULL, 10);

	if (term <= r->term)
		findings_add(f, FINDING_TERM_BACK, "leader",
		    "event %s: term %" PRId64 " after %" PRId64, r->last, term, r->term);
	r->term = term;
}

static void
take(struct replay *r, const redisReply *fields, struct findings *f)
{
	const char *type = field(fields, "type");

	if (strcmp(field(fields, "reason"), "node_lost") == 0)
		r->moves += strcmp(type, "agent.moved") == 0 || strcmp(type, "agent.pending") == 0;
	r->deaths += strcmp(type, "node.offline") == 0;
	if (strcmp(type, "agent.assigned") == 0 || strcmp(type, "agent.moved") == 0 ||
	    strcmp(type, "agent.pending") == 0)
		own(r, fields, f);
	else if (strcmp(type, "agent.released") == 0)
		release(r, fields, f);
	else if (strcmp(type, "leader.elected") == 0)
		elect(r, fields, f);
}

bool
replay_read(struct replay *r, redisContext *redis, const char *prefix, struct findings *f)
{
	const char *from;
	size_t i, n;

	do {
		redisReply *page;

		from = strcmp(r->last, "-") == 0 ? "-" : fmt("(%s", r->last);
		page = redisCommand(redis, "XRANGE %sevents %s + COUNT %d", prefix, from, PAGE);
		if (page == NULL || page->type != REDIS_REPLY_ARRAY) {
			freeReplyObject(page);
			return false;
		}
		n = page->elements;
		for (i = 0; i < n; i++) {
			snprintf(r->last, sizeof(r->last), "%s", page->element[i]->element[0]->str);
			take(r, page->element[i]->element[1], f);
		}
		freeReplyObject(page);
	} while (n == PAGE);
	return true;
}

void
replay_compare(const struct replay *r, json_t *dump, struct findings *f)
{
	const char *key, *agent;
	json_t *value;

	json_object_foreach(dump, key, value)
	{
		const char *stands, *replayed;

		if ((agent = dump_id(key, "assignment:")) == NULL)
			continue;
		stands =
		    fmt("%s %s", dump_text(dump, key, "node_id"), dump_text(dump, key, "epoch"));
		replayed = json_string_value(json_object_get(r->owners, agent));
		if (replayed == NULL || strcmp(stands, replayed) != 0)
			findings_add(f, FINDING_REPLAY, agent, "is '%s', by the events '%s'",
			    stands, replayed != NULL ? replayed : "nowhere");
	}
	json_object_foreach(r->owners, agent,
	    value) if (json_object_get(dump, fmt("assignment:%s", agent)) == NULL) findings_add(f,
	    FINDING_REPLAY, agent, "is nowhere, by the events '%s'", json_string_value(value));
}
