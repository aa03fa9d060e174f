/*
 * Why an agent is where it is, or why it waits. For one that has a node, the cluster is asked where it would
 * place another one with the same requirements, without placing it.
 */
#include "cli/why.h"

#include "cli/agent_table.h"
#include "cli/resolve.h"

#include "base/id.h"
#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Asks where another agent like this one would be placed. NULL if the cluster refuses. */
static muster_reply *
ask(const struct cli *cli, const muster_reply *agent)
{
	size_t i, n = muster_reply_count(agent, "services");
	const char **services = xcalloc(n, sizeof(*services));
	muster_terms *terms = muster_terms_of(agent);
	char id[NONCE_SIZE];
	const struct muster_agent_request rq = {
		.agent_id = id_nonce(id),
		.services = services,
		.n_services = n,
		.strategy = muster_reply_text(agent, "strategy"),
		.terms = terms,
	};
	muster_reply *r;

	for (i = 0; i < n; i++) {
		char path[32];

		snprintf(path, sizeof(path), "services.%zu", i);
		services[i] = muster_reply_text(agent, path);
	}
	muster_terms_set_dry_run(terms, true);
	muster_terms_set_explain(terms, true);
	r = muster_agent_assign(cli->client, &rq);
	muster_terms_free(terms);
	free(services);
	return r;
}

/* Prints the assignment and, if there is one, what the cluster said about another agent like it. */
static int
show_json(const muster_reply *agent, const muster_reply *other)
{
	char *assignment = muster_reply_json(agent, "");
	char *explanation = muster_reply_json(other, "explanation");
	struct buf text = BUF_INIT;
	int status;

	buf_addf(&text, "{\"assignment\":%s,\"explanation\":%s}\n", assignment,
	    explanation != NULL ? explanation : "null");
	status = cli_write(&text);
	buf_fini(&text);
	free(explanation);
	free(assignment);
	return status;
}

/* Adds why no node can take another agent like this one. */
static void
add_reasons(struct table *t, const muster_error *e)
{
	struct buf text = BUF_INIT;
	const char *name;
	int64_t nodes;
	size_t i;

	for (i = 0; (name = muster_error_reason(e, i, &nodes)) != NULL; i++)
		buf_addf(&text, "%s%s %lld", i > 0 ? ", " : "", name, (long long)nodes);
	cli_row(t, "eligible", "0");
	cli_row(t, "excluded", buf_str(&text));
	buf_fini(&text);
}

int
command_agent_why(const struct cli *cli)
{
	const muster_error *error = muster_client_error(cli->client);
	muster_reply *agent, *other = NULL;
	char id[ID_MAX + 1];
	struct table t;
	int status = resolve_agent_id(cli, cli->args[0], id);

	if (status != CLI_GOOD)
		return status;
	if ((agent = muster_agent_get(cli->client, id)) == NULL)
		return cli_failed(cli);
	if (!muster_reply_has(agent, "waiting")) {
		other = ask(cli, agent);
		if (other == NULL && strcmp(muster_error_code(error), "no_capacity") != 0) {
			muster_reply_free(agent);
			return cli_failed(cli);
		}
	}
	if (cli->options.json) {
		status = show_json(agent, other);
	} else {
		table_init(&t, "");
		agent_table_add(&t, agent);
		if (other != NULL)
			agent_table_explanation(&t, other);
		else if (!muster_reply_has(agent, "waiting"))
			add_reasons(&t, error);
		status = cli_write_table(cli, &t);
	}
	muster_reply_free(other);
	muster_reply_free(agent);
	return status;
}
