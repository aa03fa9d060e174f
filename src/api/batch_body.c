/* The body of a batch. Invariant: `lines` has as many lines as there are items, unless something failed. */
#include "api/batch_body.h"

#include "api/agent.h"
#include "api/args_body.h"
#include "api/body.h"

#include <stdio.h>

enum {
	BATCH_AGENTS,
	BATCH_ALL_OR_NOTHING,
	BATCH_RELEASE_FIELDS,
	/* Fields of each item, which an assignment has for the whole batch. */
	BATCH_DRY_RUN = BATCH_RELEASE_FIELDS,
	BATCH_EXPLAIN,
	BATCH_ASSIGN_FIELDS
};

static const struct in_field batch_in[BATCH_ASSIGN_FIELDS] = {
	{ BATCH_AGENTS, "agents", IN_IDS, .required = true },
	{ BATCH_ALL_OR_NOTHING, "all_or_nothing", IN_BOOL },
	{ BATCH_DRY_RUN, "dry_run", IN_BOOL },
	{ BATCH_EXPLAIN, "explain", IN_BOOL },
};

static const struct in_field release_in[AGENT_RELEASE_ITEM_COUNT] = {
	{ AGENT_RELEASE_ITEM_AGENT_ID, "agent_id", IN_ID, .required = true },
	{ AGENT_RELEASE_ITEM_EPOCH, "epoch", IN_INT, .least = 0, .most = 9007199254740991 },
};

/* Gives an item a field of the batch, which it may not have itself. */
static void
set_flag(struct args *a, json_t *object, const char *name, bool value, const char *where)
{
	if (json_object_get(object, name) != NULL)
		args_fail(
		    a, ERR_UNKNOWN_FIELD, "%s%s: this is a field of the whole batch", where, name);
	else if (value)
		json_object_set_new(object, name, json_true());
}

/* Adds an item, which is an object with these fields or just an id. */
static void
add_item(struct batch_body *b, struct args *failure, json_t *item, size_t i,
    const struct in_field *fields, size_t n)
{
	json_t *object =
	    json_is_string(item) ? json_pack("{s:O}", "agent_id", item) : json_incref(item);
	struct args a;
	char where[32];

	snprintf(where, sizeof(where), "agents[%zu].", i);
	args_begin(&a, failure->script.id);
	if (failure->script.id == SCRIPT_AGENT_ASSIGN) {
		set_flag(&a, object, batch_in[BATCH_DRY_RUN].name, b->dry_run, where);
		set_flag(&a, object, batch_in[BATCH_EXPLAIN].name, b->explain, where);
	}
	if (json_is_object(object))
		args_object(&a, object, fields, n, where);
	else
		args_fail(&a, ERR_INVALID_FIELD, "agents[%zu]: an object or an id is expected", i);
	if (b->all && a.failed == ERR_OK && failure->script.id == SCRIPT_AGENT_ASSIGN &&
	    terms_have(args_get(&a, AGENT_ASSIGN_ITEM_TERMS), TERM_QUEUE))
		args_fail(&a, ERR_INVALID_FIELD,
		    "%squeue: all_or_nothing does not wait for capacity", where);
	args_add_line(&a, &b->lines);
	if (a.failed != ERR_OK)
		args_fail(failure, a.failed, "%s", a.detail);
	script_args_fini(&a.script);
	json_decref(object);
}

/* The value of a field of the batch that is true or false; false if it is absent. */
static bool
read_flag(struct args *a, const struct body_value *values, size_t field)
{
	if (values[field].kind != BODY_ABSENT && values[field].kind != BODY_BOOL)
		args_fail(
		    a, ERR_INVALID_FIELD, "%s: true or false is expected", batch_in[field].name);
	return values[field].truth;
}

/* Reads the fields of the batch. Returns the items, borrowed from the body; NULL if there are none. */
static json_t *
read_fields(struct batch_body *b, struct args *a, const struct body_value *values)
{
	json_t *agents = values[BATCH_AGENTS].kind == BODY_OTHER ? values[BATCH_AGENTS].tree : NULL;

	b->n = json_array_size(agents);
	b->all = read_flag(a, values, BATCH_ALL_OR_NOTHING);
	if (a->script.id == SCRIPT_AGENT_ASSIGN) {
		b->dry_run = read_flag(a, values, BATCH_DRY_RUN);
		b->explain = read_flag(a, values, BATCH_EXPLAIN);
	}
	if (values[BATCH_AGENTS].kind == BODY_ABSENT)
		args_fail(a, ERR_MISSING_FIELD, "agents: it is required");
	else if (b->n < 1 || b->n > BATCH_MAX)
		args_fail(
		    a, ERR_INVALID_FIELD, "agents: an array of 1 to %d is expected", BATCH_MAX);
	else if (b->all && b->dry_run)
		args_fail(a, ERR_INVALID_FIELD, "dry_run: all_or_nothing cannot be tried");
	else if (b->all && a->script.id == SCRIPT_AGENT_RELEASE && b->n > BATCH_ALL_STEP)
		args_fail(a, ERR_INVALID_FIELD, "agents: at most %d are released all or nothing",
		    BATCH_ALL_STEP);
	return agents;
}

void
batch_read(struct batch_body *b, struct args *a, const struct request *rq)
{
	bool assigns = a->script.id == SCRIPT_AGENT_ASSIGN;
	struct body_value values[BATCH_ASSIGN_FIELDS];
	size_t len, i;
	const char *text = request_body(rq, &len);
	json_t *body, *agents, *item;

	*b = (struct batch_body){ .lines = BUF_INIT };
	body = body_read(
	    a, text, len, batch_in, assigns ? BATCH_ASSIGN_FIELDS : BATCH_RELEASE_FIELDS, values);
	agents = read_fields(b, a, values);
	json_array_foreach(agents, i, item)
	{
		if (a->failed == ERR_OK)
			add_item(b, a, item, i, assigns ? assignment_in : release_in,
			    assigns ? ARRAY_LEN(assignment_in) : ARRAY_LEN(release_in));
	}
	json_decref(body);
}

void
batch_body_fini(struct batch_body *b)
{
	buf_fini(&b->lines);
}
