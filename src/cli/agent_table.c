/* One agent as a table. */
#include "cli/agent_table.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Adds a row for each member of an object of strings. */
static void
add_texts(struct table *t, const char *title, const muster_reply *r, const char *path)
{
	struct buf at = BUF_INIT;
	const char *name;
	size_t i;

	for (i = 0; (name = muster_reply_name(r, path, i)) != NULL; i++) {
		buf_reset(&at);
		buf_addf(&at, "%s.%s", path, name);
		cli_rowf(t, i == 0 ? title : "", "%s=%s", name, muster_reply_text(r, buf_str(&at)));
	}
	buf_fini(&at);
}

/* Adds a list of ids, unless it is absent. */
static void
add_ids(struct table *t, const char *name, const muster_reply *r, const char *path)
{
	struct buf text = BUF_INIT;

	if (muster_reply_has(r, path))
		cli_row(t, name, cli_join(r, path, &text));
	buf_fini(&text);
}

static void
add_spread(struct table *t, const muster_reply *r)
{
	static const char *const limits[] = { "max", "max_skew" };
	struct buf text = BUF_INIT;
	size_t i;

	if (!muster_reply_has(r, "spread"))
		return;
	buf_addf(&text, "by %s", muster_reply_text(r, "spread.by"));
	for (i = 0; i < 2; i++) {
		char path[32];

		snprintf(path, sizeof(path), "spread.%s", limits[i]);
		if (muster_reply_has(r, path))
			buf_addf(&text, ", %s %" PRId64, limits[i], muster_reply_int(r, path));
	}
	buf_add_str(&text, muster_reply_bool(r, "spread.prefer") ? ", preferred" : "");
	cli_row(t, "spread", buf_str(&text));
	buf_fini(&text);
}

static void
add_requirements(struct table *t, const muster_reply *r)
{
	add_texts(t, "labels", r, "labels");
	add_ids(t, "zones", r, "zones");
	add_ids(t, "nodes", r, "node_ids");
	add_ids(t, "not on", r, "exclude_node_ids");
	cli_row_numbers(t, "takes", r, "resources");
	if (muster_reply_has(r, "group"))
		cli_row(t, "group", muster_reply_text(r, "group"));
	add_spread(t, r);
	if (muster_reply_has(r, "priority"))
		cli_rowf(t, "priority", "%" PRId64, muster_reply_int(r, "priority"));
}

static void
add_waiting(struct table *t, const muster_reply *r)
{
	if (!muster_reply_has(r, "waiting"))
		return;
	cli_rowf(t, "waiting", "since %s, position %" PRId64, muster_reply_text(r, "waiting.since"),
	    muster_reply_int(r, "waiting.position"));
	cli_row_numbers(t, "because", r, "waiting.reasons");
}

void
agent_table_explanation(struct table *t, const muster_reply *r)
{
	size_t i, n = muster_reply_count(r, "explanation.top");
	struct buf parts = BUF_INIT;

	if (!muster_reply_has(r, "explanation"))
		return;
	cli_rowf(t, "eligible", "%" PRId64, muster_reply_int(r, "explanation.eligible"));
	cli_row_numbers(t, "excluded", r, "explanation.filtered");
	for (i = 0; i < n; i++) {
		char id[48], score[48], path[48];

		snprintf(id, sizeof(id), "explanation.top.%zu.node_id", i);
		snprintf(score, sizeof(score), "explanation.top.%zu.score", i);
		snprintf(path, sizeof(path), "explanation.top.%zu.parts", i);
		cli_join_numbers(r, path, &parts);
		cli_rowf(t, i == 0 ? "best" : "", "%s %.15g%s%s%s", muster_reply_text(r, id),
		    muster_reply_number(r, score), parts.len > 0 ? " (" : "", buf_str(&parts),
		    parts.len > 0 ? ")" : "");
	}
	buf_fini(&parts);
}

void
agent_table_add(struct table *t, const muster_reply *r)
{
	struct buf services = BUF_INIT;

	cli_row(t, "agent", muster_reply_text(r, "agent_id"));
	cli_row(t, "node", muster_reply_text(r, "node_id"));
	if (muster_reply_has(r, "node"))
		cli_rowf(t, "address", "%s port %" PRId64 ", %s",
		    muster_reply_text(r, "node.ip_address"), muster_reply_int(r, "node.port"),
		    muster_reply_bool(r, "node.healthy") ? "healthy" : "unhealthy");
	cli_row(t, "status", muster_reply_text(r, "status"));
	add_waiting(t, r);
	cli_rowf(t, "epoch", "%" PRId64, muster_reply_int(r, "epoch"));
	cli_row(t, "reason", muster_reply_text(r, "reason"));
	cli_row(t, "before", muster_reply_text(r, "previous_node_id"));
	cli_row(t, "since", muster_reply_text(r, "assigned_at"));
	cli_row(t, "strategy", muster_reply_text(r, "strategy"));
	cli_row(t, "services", cli_join(r, "services", &services));
	add_requirements(t, r);
	add_texts(t, "metadata", r, "metadata");
	agent_table_explanation(t, r);
	buf_fini(&services);
}
