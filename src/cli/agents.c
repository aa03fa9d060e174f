/* Commands about agents. */
#include "cli/agents.h"

#include "base/json.h"
#include "base/memory.h"
#include "cli/agent_table.h"
#include "cli/list.h"
#include "cli/resolve.h"
#include "cli/terms.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PAGE = 1000, SERVICES_MAX = 64 };

static muster_reply *
agents_page(const struct cli *cli, const char *cursor)
{
	const struct options *o = &cli->options;
	const struct muster_agents_filter filter = {
		.node_id = o->node,
		.status = o->status,
		.service = o->service,
		.cursor = cursor,
		.limit = PAGE,
	};

	return muster_agent_list(cli->client, &filter);
}

static void
agent_row(struct table *t, const muster_reply *page, const char *at)
{
	const char *status = list_entry_text(page, at, "status");
	struct buf services = BUF_INIT;
	char path[160];

	snprintf(path, sizeof(path), "%s.services", at);
	table_add(t, BOLD, list_entry_text(page, at, "agent_id"));
	table_add(t, PLAIN, list_entry_text(page, at, "node_id"));
	table_add(t, strcmp(status, "assigned") == 0 ? GREEN : YELLOW, status);
	table_addf(t, PLAIN, "%" PRId64, list_entry_int(page, at, "epoch"));
	table_add(t, PLAIN, list_entry_text(page, at, "reason"));
	table_add(t, PLAIN, list_entry_text(page, at, "assigned_at"));
	table_add(t, PLAIN, cli_join(page, path, &services));
	buf_fini(&services);
}

int
command_agent_list(const struct cli *cli)
{
	static const struct list list = { agents_page, "assignments", "agent_id",
		"AGENT|NODE|STATUS|>EPOCH|REASON|SINCE|SERVICES", "no agents", agent_row };

	return list_print(cli, &list, NULL);
}

static int
show_agent(const struct cli *cli, const muster_reply *r)
{
	struct table t;

	table_init(&t, "");
	agent_table_add(&t, r);
	return cli_write_table(cli, &t);
}

int
command_agent_get(const struct cli *cli)
{
	char id[ID_MAX + 1];
	int status = resolve_agent_id(cli, cli->args[0], id);

	return status == CLI_GOOD ? cli_show(cli, muster_agent_get(cli->client, id), show_agent)
	                          : status;
}

/* Writes "k=v,k=v" to `json` as an object. Returns false if a part has no name. */
static bool
read_metadata(struct buf *json, const char *text)
{
	json_begin_object(json, NULL);
	while (*text != '\0') {
		size_t n = strcspn(text, ","), name = strcspn(text, "=");
		struct buf key = BUF_INIT;

		if (name == 0 || name >= n)
			return false;
		/* The name may hold any character, so it is escaped like a value. */
		json_add_string(&key, NULL, text, name);
		if (json->data[json->len - 1] != '{')
			buf_add(json, ",", 1);
		buf_add(json, key.data, key.len);
		buf_add(json, ":", 1);
		json_add_string(json, NULL, text + name + 1, n - name - 1);
		buf_fini(&key);
		text += n + (text[n] == ',');
	}
	json_end_object(json);
	return true;
}

/* Sets *metadata to the value of -metadata as JSON in `text`, NULL if it was not given. */
static int
take_metadata(const struct cli *cli, struct buf *text, const char **metadata)
{
	*metadata = NULL;
	if (cli->options.metadata == NULL)
		return CLI_GOOD;
	if (!read_metadata(text, cli->options.metadata))
		return cli_usage("-metadata: a comma-separated list of name=value is expected");
	*metadata = buf_str(text);
	return CLI_GOOD;
}

/* Splits `text` at its commas, in place. Returns the number of parts, or SERVICES_MAX + 1 if there
 * are more than SERVICES_MAX. */
static size_t
split_list(char *text, const char *parts[SERVICES_MAX])
{
	char *save = NULL, *part = strtok_r(text, ",", &save);
	size_t n = 0;

	for (; part != NULL; part = strtok_r(NULL, ",", &save)) {
		if (n == SERVICES_MAX)
			return n + 1;
		parts[n++] = part;
	}
	return n;
}

int
command_agent_assign(const struct cli *cli)
{
	const struct options *o = &cli->options;
	char *list = xstrdup(o->services != NULL ? o->services : "");
	const char *services[SERVICES_MAX];
	struct muster_agent_request rq = {
		.agent_id = cli->args[0],
		.services = services,
		.n_services = split_list(list, services),
		.strategy = o->strategy,
		.queue = o->queue,
	};
	struct buf metadata = BUF_INIT;
	muster_terms *terms;
	int status = terms_read(cli, &terms);

	if (status == CLI_GOOD && rq.n_services > SERVICES_MAX)
		status = cli_usage("-services: at most %d are allowed", SERVICES_MAX);
	if (status == CLI_GOOD)
		status = take_metadata(cli, &metadata, &rq.metadata);
	rq.terms = terms;
	if (status == CLI_GOOD)
		status = cli_show(cli, muster_agent_assign(cli->client, &rq), show_agent);
	muster_terms_free(terms);
	buf_fini(&metadata);
	free(list);
	return status;
}

int
command_agent_update(const struct cli *cli)
{
	struct buf text = BUF_INIT;
	const char *metadata;
	int64_t epoch = 0;
	int priority, status = terms_read_priority(cli, &priority);

	if (status == CLI_GOOD)
		status = cli_number("-epoch", cli->options.epoch, &epoch);
	if (status == CLI_GOOD)
		status = take_metadata(cli, &text, &metadata);
	if (status == CLI_GOOD && priority < 0 && metadata == NULL)
		status = cli_usage("-priority or -metadata is expected");
	if (status == CLI_GOOD)
		status = cli_show(cli,
		    muster_agent_update(cli->client, cli->args[0], metadata, priority, epoch),
		    show_agent);
	buf_fini(&text);
	return status;
}

int
command_agent_release(const struct cli *cli)
{
	const char *id = cli->args[0];
	struct buf text = BUF_INIT;
	int64_t epoch;
	int status;

	if ((status = cli_number("-epoch", cli->options.epoch, &epoch)) != CLI_GOOD)
		return status;
	if (!muster_agent_release(cli->client, id, epoch))
		return cli_failed(cli);
	if (cli->options.json)
		buf_addf(&text, "{\"agent_id\":\"%s\",\"released\":true}\n", id);
	else
		buf_addf(&text, "released %s\n", id);
	status = cli_write(&text);
	buf_fini(&text);
	return status;
}
