/* One row of the table of nodes. */
#include "cli/node_table.h"

#include "cli/cli.h"
#include "cli/list.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static enum colour
status_colour(const char *status)
{
	return strcmp(status, "online") == 0  ? GREEN
	    : strcmp(status, "draining") == 0 ? YELLOW
	                                      : RED;
}

void
node_table_address(struct table *t, const char *ip, int64_t port)
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
	const char *status = list_entry_text(page, at, "status"),
	           *role = list_entry_text(page, at, "role");
	bool healthy = list_entry_bool(page, at, "healthy");
	struct buf services = BUF_INIT;
	char path[160];

	snprintf(path, sizeof(path), "%s.services", at);
	table_add(t, BOLD, list_entry_text(page, at, "id"));
	table_add(t, strcmp(role, "leader") == 0 ? BOLD : PLAIN, role);
	table_add(t, status_colour(status), status);
	table_add(t, healthy ? GREEN : RED, healthy ? "healthy" : "unhealthy");
	table_addf(t, PLAIN, "%" PRId64 "/%" PRId64, list_entry_int(page, at, "active_agents"),
	    list_entry_int(page, at, "max_agents"));
	table_addf(t, PLAIN, "%.2f", list_entry_number(page, at, "load"));
	table_addf(t, PLAIN, "%.0f%%", list_entry_number(page, at, "cpu_usage"));
	table_addf(t, PLAIN, "%.0f%%", list_entry_number(page, at, "memory_usage"));
	table_addf(t, PLAIN, "%.0f%%", list_entry_number(page, at, "disk_usage"));
	node_table_address(
	    t, list_entry_text(page, at, "ip_address"), list_entry_int(page, at, "port"));
	table_add(t, PLAIN, list_entry_text(page, at, "zone"));
	table_add(t, PLAIN, cli_join(page, path, &services));
	buf_fini(&services);
}
