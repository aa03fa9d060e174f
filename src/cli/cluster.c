/* Commands about the cluster as a whole. */
#include "cli/cluster.h"

#include "cli/list.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static int
show_balance(const struct cli *cli, const muster_reply *r)
{
	struct buf all = BUF_INIT;
	struct table t;

	table_init(&t, "");
	cli_row(&t, "strategy", muster_reply_text(r, "strategy"));
	if (muster_reply_has(r, "previous"))
		cli_row(&t, "previous", muster_reply_text(r, "previous"));
	if (muster_reply_has(r, "strategies"))
		cli_row(&t, "strategies", cli_join(r, "strategies", &all));
	buf_fini(&all);
	return cli_write_table(cli, &t);
}

int
command_balance(const struct cli *cli)
{
	return cli_show(cli,
	    cli->n_args > 0 ? muster_balance_set(cli->client, cli->args[0])
	                    : muster_balance_get(cli->client),
	    show_balance);
}

static int
show_leader(const struct cli *cli, const muster_reply *r)
{
	struct table t;

	table_init(&t, "");
	cli_row(&t, "leader", muster_reply_text(r, "leader_id"));
	cli_rowf(&t, "term", "%" PRId64, muster_reply_int(r, "term"));
	cli_row(&t, "url", muster_reply_text(r, "url"));
	cli_row(&t, "since", muster_reply_text(r, "acquired_at"));
	cli_rowf(&t, "lease", "%" PRId64 " ms, %" PRId64 " ms left",
	    muster_reply_int(r, "lease_ms"), muster_reply_int(r, "expires_in_ms"));
	cli_rowf(&t, "elections", "%" PRId64, muster_reply_int(r, "transitions"));
	return cli_write_table(cli, &t);
}

int
command_leader_get(const struct cli *cli)
{
	return cli_show(cli, muster_leader_get(cli->client), show_leader);
}

int
command_leader_promote(const struct cli *cli)
{
	const char *whom = cli->n_args > 0 ? cli->args[0] : NULL;

	return cli_show(cli, muster_leader_promote(cli->client, whom), show_leader);
}

/* Adds what agents have taken of each resource. */
static void
add_resources(struct table *t, const muster_reply *r)
{
	const char *name;
	char at[160];
	size_t i;

	for (i = 0; (name = muster_reply_name(r, "resources", i)) != NULL; i++) {
		snprintf(at, sizeof(at), "resources.%s", name);
		cli_rowf(t, i == 0 ? "resources" : "", "%s: %" PRId64 " of %" PRId64, name,
		    list_entry_int(r, at, "allocated"), list_entry_int(r, at, "total"));
	}
}

static int
show_stats(const struct cli *cli, const muster_reply *r)
{
	struct table t;
	const char *reason;
	size_t i;

	table_init(&t, "");
	cli_rowf(&t, "nodes",
	    "%" PRId64 ": %" PRId64 " online, %" PRId64 " draining, %" PRId64 " offline; %" PRId64
	    " healthy",
	    muster_reply_int(r, "nodes.total"), muster_reply_int(r, "nodes.online"),
	    muster_reply_int(r, "nodes.draining"), muster_reply_int(r, "nodes.offline"),
	    muster_reply_int(r, "nodes.healthy"));
	cli_rowf(&t, "agents", "%" PRId64 " assigned, %" PRId64 " pending",
	    muster_reply_int(r, "agents.assigned"), muster_reply_int(r, "agents.pending"));
	cli_rowf(&t, "capacity", "%" PRId64 ", %" PRId64 " available, %.1f%% used",
	    muster_reply_int(r, "agents.capacity"), muster_reply_int(r, "agents.available"),
	    muster_reply_number(r, "agents.utilization"));
	add_resources(&t, r);
	cli_row_numbers(&t, "waiting", r, "waiting");
	cli_rowf(&t, "usage", "cpu %.1f%%, memory %.1f%%, disk %.1f%%, load average %.2f",
	    muster_reply_number(r, "usage.cpu"), muster_reply_number(r, "usage.memory"),
	    muster_reply_number(r, "usage.disk"), muster_reply_number(r, "usage.load_average"));
	for (i = 0; (reason = muster_reply_name(r, "placements", i)) != NULL; i++)
		cli_rowf(&t, i == 0 ? "placements" : "", "%s %" PRId64, reason,
		    list_entry_int(r, "placements", reason));
	cli_row(&t, "strategy", muster_reply_text(r, "strategy"));
	cli_row(&t, "leader", muster_reply_text(r, "leader_id"));
	if (muster_reply_has(r, "term"))
		cli_rowf(&t, "term", "%" PRId64, muster_reply_int(r, "term"));
	cli_row(&t, "hold", muster_reply_bool(r, "hold") ? "on" : "off");
	return cli_write_table(cli, &t);
}

int
command_stats_get(const struct cli *cli)
{
	return cli_show(cli, muster_stats_get(cli->client), show_stats);
}

static int
show_hold(const struct cli *cli, const muster_reply *r)
{
	struct buf nodes = BUF_INIT;
	struct table t;

	table_init(&t, "");
	cli_row(&t, "hold", muster_reply_text(r, "state"));
	cli_row(&t, "why", muster_reply_text(r, "why"));
	cli_row(&t, "since", muster_reply_text(r, "since"));
	cli_rowf(&t, "missed", "%" PRId64, muster_reply_int(r, "count"));
	cli_row(&t, "nodes", cli_join(r, "nodes", &nodes));
	buf_fini(&nodes);
	return cli_write_table(cli, &t);
}

int
command_hold(const struct cli *cli)
{
	return cli_show(cli,
	    cli->n_args > 0 ? muster_hold_set(cli->client, cli->args[0])
	                    : muster_hold_get(cli->client),
	    show_hold);
}

static muster_reply *
check_page(const struct cli *cli, const char *cursor)
{
	return muster_state_check(cli->client, cursor, 0);
}

static void
check_row(struct table *t, const muster_reply *page, const char *at)
{
	table_add(t, RED, list_entry_text(page, at, "kind"));
	table_add(t, BOLD, list_entry_text(page, at, "subject"));
	table_add(t, PLAIN, list_entry_text(page, at, "detail"));
}

int
command_state_check(const struct cli *cli)
{
	static const struct list list = { check_page, "violations", NULL, "VIOLATION|OF|DETAIL",
		"no violations", check_row };
	size_t n = 0;
	int status = list_print(cli, &list, &n);

	return status == CLI_GOOD && n > 0 ? CLI_VIOLATED : status;
}
