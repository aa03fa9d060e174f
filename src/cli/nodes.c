/* Commands about nodes. */
#include "cli/nodes.h"

#include "cli/list.h"
#include "cli/node_table.h"
#include "cli/resolve.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { PAGE = 1000 };

static muster_reply *
nodes_page(const struct cli *cli, const char *cursor)
{
	const struct options *o = &cli->options;
	const struct muster_nodes_filter filter = {
		.status = o->status,
		.role = o->role,
		.service = o->service,
		.zone = o->zone,
		.cursor = cursor,
		.limit = PAGE,
	};

	return muster_node_list(cli->client, &filter);
}

int
command_node_list(const struct cli *cli)
{
	static const struct list list = { nodes_page, "nodes", "id", NODE_TABLE_HEADINGS,
		"no nodes", node_table_row };

	return list_print(cli, &list, NULL);
}

static void
add_labels(struct table *t, const muster_reply *r)
{
	const char *name;
	char path[160];
	size_t i;

	for (i = 0; (name = muster_reply_name(r, "labels", i)) != NULL; i++) {
		snprintf(path, sizeof(path), "labels.%s", name);
		cli_rowf(t, i == 0 ? "labels" : "", "%s=%s", name, muster_reply_text(r, path));
	}
}

/* Adds what agents have taken of each resource. */
static void
add_resources(struct table *t, const muster_reply *r)
{
	const char *name;
	char path[160];
	size_t i;

	for (i = 0; (name = muster_reply_name(r, "resources", i)) != NULL; i++) {
		int64_t total, taken;

		snprintf(path, sizeof(path), "resources.%s", name);
		total = muster_reply_int(r, path);
		snprintf(path, sizeof(path), "allocated.%s", name);
		taken = muster_reply_int(r, path);
		cli_rowf(t, i == 0 ? "resources" : "", "%s: %" PRId64 " of %" PRId64, name, taken,
		    total);
	}
}

static int
show_node(const struct cli *cli, const muster_reply *r)
{
	struct buf services = BUF_INIT;
	struct table t;

	table_init(&t, "");
	cli_row(&t, "node", muster_reply_text(r, "id"));
	cli_row(&t, "hostname", muster_reply_text(r, "hostname"));
	table_add(&t, DIM, "address");
	node_table_address(&t, muster_reply_text(r, "ip_address"), muster_reply_int(r, "port"));
	cli_row(&t, "role", muster_reply_text(r, "role"));
	cli_row(&t, "status", muster_reply_text(r, "status"));
	cli_row(&t, "healthy", muster_reply_bool(r, "healthy") ? "yes" : "no");
	cli_rowf(&t, "agents", "%" PRId64 " of %" PRId64, muster_reply_int(r, "active_agents"),
	    muster_reply_int(r, "max_agents"));
	cli_rowf(&t, "weight", "%" PRId64, muster_reply_int(r, "weight"));
	cli_rowf(&t, "load", "%.3f", muster_reply_number(r, "load"));
	cli_rowf(&t, "usage", "cpu %.1f%%, memory %.1f%%, disk %.1f%%, load average %.2f",
	    muster_reply_number(r, "cpu_usage"), muster_reply_number(r, "memory_usage"),
	    muster_reply_number(r, "disk_usage"), muster_reply_number(r, "load_average"));
	cli_row(&t, "services", cli_join(r, "services", &services));
	add_labels(&t, r);
	cli_row(&t, "zone", muster_reply_text(r, "zone"));
	add_resources(&t, r);
	cli_rowf(&t, "incarnation", "%" PRId64, muster_reply_int(r, "incarnation"));
	cli_row(&t, "registered", muster_reply_text(r, "registered_at"));
	cli_row(&t, "heartbeat", muster_reply_text(r, "last_heartbeat"));
	buf_fini(&services);
	return cli_write_table(cli, &t);
}

/* Prints the node in the reply to a heartbeat, as one row. */
static int
show_state(const struct cli *cli, const muster_reply *r)
{
	struct table t;

	table_init(&t, NODE_TABLE_HEADINGS);
	node_table_row(&t, r, "node");
	return cli_write_table(cli, &t);
}

static int
show_departure(const struct cli *cli, const muster_reply *r)
{
	struct table t;

	table_init(&t, "");
	cli_row(&t, "left", muster_reply_text(r, "node_id"));
	if (muster_reply_has(r, "moved")) {
		cli_rowf(&t, "moved", "%" PRId64, muster_reply_int(r, "moved"));
		cli_rowf(&t, "pending", "%" PRId64, muster_reply_int(r, "pending"));
	}
	return cli_write_table(cli, &t);
}

int
command_node_get(const struct cli *cli)
{
	char id[ID_MAX + 1];
	int status = resolve_node_id(cli, cli->args[0], id);

	return status == CLI_GOOD ? cli_show(cli, muster_node_get(cli->client, id), show_node)
	                          : status;
}

int
command_node_drain(const struct cli *cli)
{
	return cli_show(cli, muster_node_drain(cli->client, cli->args[0]), show_state);
}

int
command_node_undrain(const struct cli *cli)
{
	return cli_show(cli, muster_node_undrain(cli->client, cli->args[0]), show_state);
}

int
command_node_leave(const struct cli *cli)
{
	int64_t incarnation;
	int status = cli_number("-incarnation", cli->options.incarnation, &incarnation);

	if (status != CLI_GOOD)
		return status;
	return cli_show(
	    cli, muster_node_leave_as(cli->client, cli->args[0], incarnation), show_departure);
}
