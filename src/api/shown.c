/* What blocking queries show. Invariant: each id in a list has a newline on both sides. */
#include "api/shown.h"

#include <stdio.h>
#include <string.h>

static void
list_add(struct buf *list, const char *id, const char *more)
{
	buf_addf(list, "%s%s%s\n", list->len == 0 ? "\n" : "", id, more);
}

static bool
list_has(const struct buf *list, const char *id, const char *more)
{
	char line[ID_MAX + 8];

	if (*id == '\0' || list->len == 0)
		return false;
	snprintf(line, sizeof(line), "\n%s%s\n", id, more);
	return strstr(list->data, line) != NULL;
}

static bool
has_node(const struct shown *s, const char *id)
{
	return list_has(&s->nodes, id, " 1") || list_has(&s->nodes, id, " 0");
}

static void
take_node(struct shown *s, const char *id, bool healthy)
{
	if (*id != '\0' && !has_node(s, id))
		list_add(&s->nodes, id, healthy ? " 1" : " 0");
}

static void
take_assignment(struct shown *s, const struct script_row *row)
{
	take_node(s, script_row_text(row, ASSIGNMENT_ROW_NODE_ID),
	    *script_row_text(row, ASSIGNMENT_ROW_HEALTHY) == '1');
}

static void
take_page(struct shown *s, const struct watch *w, const struct script_reply *r)
{
	size_t i;

	s->more = *script_row_text(&r->head, PAGE_ROW_NEXT_CURSOR) != '\0';
	for (i = 0; i < r->n_rows; i++) {
		const struct script_row *row = &r->rows[i];

		if (w->kind == WATCH_NODES) {
			take_node(s, script_row_text(row, NODE_ROW_ID),
			    *script_row_text(row, NODE_ROW_HEALTHY) == '1');
		} else {
			list_add(&s->agents, script_row_text(row, ASSIGNMENT_ROW_AGENT_ID), "");
			take_assignment(s, row);
		}
	}
}

void
shown_take(struct shown *s, const struct watch *w, const struct script_reply *r)
{
	shown_fini(s);
	if (w->kind == WATCH_ASSIGNMENT) {
		list_add(&s->agents, w->agent_id, "");
		if (r != NULL)
			take_assignment(s, &r->head);
	} else if (w->kind == WATCH_HOLD) {
		s->more = strcmp(script_row_text(&r->head, HOLD_ROW_STATE), "on") == 0;
		buf_add_str(&s->nodes, script_row_text(&r->head, HOLD_ROW_NODES));
	} else {
		take_page(s, w, r);
	}
}

bool
shown_equal(const struct shown *a, const struct shown *b)
{
	return a->more == b->more && a->agents.len == b->agents.len &&
	    a->nodes.len == b->nodes.len && strcmp(buf_str(&a->agents), buf_str(&b->agents)) == 0 &&
	    strcmp(buf_str(&a->nodes), buf_str(&b->nodes)) == 0;
}

static bool
is_of_group(const struct event_entry *e, const char *group)
{
	return strncmp(e->type, group, strlen(group)) == 0;
}

/* An event about a node, for a query that shows assignments: each shows address and health only. */
static enum verdict
judge_place(const struct shown *s, const struct event_entry *e, bool past)
{
	const char *id = event_entry_field(e, "node_id");
	bool healthy = *event_entry_field(e, "healthy") == '1';

	if (!has_node(s, id))
		return SHOWN_SAME;
	if (past || strcmp(e->type, "node.registered") == 0 || strcmp(e->type, "node.left") == 0)
		return SHOWN_CHANGED;
	return list_has(&s->nodes, id, healthy ? " 1" : " 0") ? SHOWN_SAME : SHOWN_CHANGED;
}

static enum verdict
judge_agent(const struct shown *s, const struct watch *w, const struct event_entry *e, bool past)
{
	if (list_has(&s->agents, event_entry_field(e, "agent_id"), ""))
		return SHOWN_CHANGED;
	if (w->kind == WATCH_ASSIGNMENT)
		return SHOWN_SAME;
	if (!w->filtered && !s->more)
		return SHOWN_CHANGED;
	if (past && (w->by_status || strcmp(e->type, "agent.assigned") != 0))
		return SHOWN_CHANGED;
	return strcmp(e->type, "agent.released") == 0 || strcmp(e->type, "agent.expired") == 0 ||
	        strcmp(e->type, "agent.changed") == 0
	    ? SHOWN_SAME
	    : SHOWN_LOOK;
}

/* An event about a node that a page of nodes does not show. */
static enum verdict
judge_other_node(const struct watch *w, const struct event_entry *e, bool past)
{
	bool registered = strcmp(e->type, "node.registered") == 0;
	bool known = registered && *event_entry_field(e, "created") != '1';

	if (strcmp(e->type, "node.left") == 0)
		return past ? SHOWN_CHANGED : SHOWN_SAME;
	if (past && (known || (w->by_status && !registered)))
		return SHOWN_CHANGED;
	return registered || w->by_status ? SHOWN_LOOK : SHOWN_SAME;
}

static enum verdict
judge_node(const struct shown *s, const struct watch *w, const struct event_entry *e, bool past)
{
	if (has_node(s, event_entry_field(e, "node_id")) ||
	    has_node(s, event_entry_field(e, "previous_node_id")))
		return SHOWN_CHANGED;
	if (is_of_group(e, "agent."))
		return SHOWN_SAME;
	if (is_of_group(e, "leader."))
		return !w->by_role ? SHOWN_SAME : past ? SHOWN_CHANGED : SHOWN_LOOK;
	return !w->filtered && !s->more ? SHOWN_CHANGED : judge_other_node(w, e, past);
}

enum verdict
shown_judge(const struct shown *s, const struct watch *w, const struct event_entry *e, bool past)
{
	switch (w->kind) {
	case WATCH_NODES:
		return judge_node(s, w, e, past);
	case WATCH_AGENTS:
	case WATCH_ASSIGNMENT:
		return is_of_group(e, "node.") ? judge_place(s, e, past)
		                               : judge_agent(s, w, e, past);
	case WATCH_HOLD:
		if (is_of_group(e, "node."))
			return !s->more ? SHOWN_SAME : past ? SHOWN_CHANGED : SHOWN_LOOK;
		break;
	case WATCH_EVENTS:
		break;
	}
	return SHOWN_CHANGED;
}

void
shown_fini(struct shown *s)
{
	buf_fini(&s->agents);
	buf_fini(&s->nodes);
	s->more = false;
}
