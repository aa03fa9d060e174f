/* Commands about nodes. */
#include "cli/commands.h"
#include "cli/node_table.h"
#include "cli/pages.h"
#include "cli/pick.h"

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

static enum colour
status_colour(const char *status)
{
	return strcmp(status, "online") == 0  ? GREEN
	    : strcmp(status, "draining") == 0 ? YELLOW
	                                      : RED;
}

/* "host:port", an IPv6 address in brackets; "" where the port says that there is none. */
static void
add_address(struct table *t, const char *ip, int64_t port)
{
	bool v6 = strchr(ip, ':') != NULL;

	if (port > 0)
		table_addf(t, PLAIN, "%s%s%s:%" PRId64, v6 ? "[" : "", ip, v6 ? "]" : "", port);
	else
		table_add(t, PLAIN, ip);
}

void
node_table_row(struct table *t, const muster_reply *page, const char *at)
{
	const char *status = pages_text(page, at, "status"), *role = pages_text(page, at, "role");
	bool healthy = pages_bool(page, at, "healthy");
	struct buf services = BUF_INIT;
	char path[160];

	snprintf(path, sizeof(path), "%s.services", at);
	table_add(t, BOLD, pages_text(page, at, "id"));
	table_add(t, strcmp(role, "leader") == 0 ? BOLD : PLAIN, role);
	table_add(t, status_colour(status), status);
	table_add(t, healthy ? GREEN : RED, healthy ? "well" : "unwell");
	table_addf(t, PLAIN, "%" PRId64 "/%" PRId64, pages_int(page, at, "active_agents"),
	    pages_int(page, at, "max_agents"));
	table_addf(t, PLAIN, "%.2f", pages_number(page, at, "load"));
	table_addf(t, PLAIN, "%.0f%%", pages_number(page, at, "cpu_usage"));
	table_addf(t, PLAIN, "%.0f%%", pages_number(page, at, "memory_usage"));
	table_addf(t, PLAIN, "%.0f%%", pages_number(page, at, "disk_usage"));
	add_address(t, pages_text(page, at, "ip_address"), pages_int(page, at, "port"));
	table_add(t, PLAIN, pages_text(page, at, "zone"));
	table_add(t, PLAIN, cli_join(page, path, &services));
	buf_fini(&services);
}

int
command_node_list(const struct cli *cli)
{
	static const struct pages pages = { nodes_page, "nodes", "id", NODE_HEADINGS, "no nodes",
		node_table_row };

	return pages_print(cli, &pages, NULL);
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

static int
show_node(const struct cli *cli, const muster_reply *r)
{
	struct buf services = BUF_INIT;
	struct table t;

	table_init(&t, "");
	cli_row(&t, "node", muster_reply_text(r, "id"));
	cli_row(&t, "hostname", muster_reply_text(r, "hostname"));
	table_add(&t, DIM, "address");
	add_address(&t, muster_reply_text(r, "ip_address"), muster_reply_int(r, "port"));
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
	cli_rowf(&t, "incarnation", "%" PRId64, muster_reply_int(r, "incarnation"));
	cli_row(&t, "registered", muster_reply_text(r, "registered_at"));
	cli_row(&t, "heartbeat", muster_reply_text(r, "last_heartbeat"));
	buf_fini(&services);
	return cli_write_table(cli, &t);
}

/* A node's row, of the reply to a heartbeat. */
static int
show_state(const struct cli *cli, const muster_reply *r)
{
	struct table t;

	table_init(&t, NODE_HEADINGS);
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

/* One call about the node that the first argument means. */
static int
on_node(const struct cli *cli, muster_reply *(*call)(muster_client *c, const char *id),
    int (*show)(const struct cli *, const muster_reply *))
{
	char id[ID_MAX + 1];
	int status = pick_node(cli, cli->args[0], id);

	return status == CLI_GOOD ? cli_show(cli, call(cli->client, id), show) : status;
}

int
command_node_get(const struct cli *cli)
{
	return on_node(cli, muster_node_get, show_node);
}

int
command_node_drain(const struct cli *cli)
{
	return on_node(cli, muster_node_drain, show_state);
}

int
command_node_undrain(const struct cli *cli)
{
	return on_node(cli, muster_node_undrain, show_state);
}

int
command_node_leave(const struct cli *cli)
{
	return on_node(cli, muster_node_leave, show_departure);
}
