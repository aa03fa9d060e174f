/* Shortened ids. Lists are ordered by id, so two entries behind the text tell all there is. */
#include "cli/pick.h"

#include <stdio.h>
#include <string.h>

static bool
begins_with(const char *id, const char *text)
{
	return id != NULL && strncmp(id, text, strlen(text)) == 0;
}

/* Takes the first id of the list where it is meant, and the second is not. */
static int
pick(const char *what, const char *text, const char *first, const char *second, char id[ID_MAX + 1])
{
	if (!begins_with(first, text))
		return cli_missing("there is no %s '%s', and none that begins so", what, text);
	if (begins_with(second, text))
		return cli_usage("%s: '%s' is short for more than one, '%s' and '%s' among them",
		    what, text, first, second);
	snprintf(id, ID_MAX + 1, "%s", first);
	return CLI_GOOD;
}

/* True where the whole id was found, or it is clear what to say; *status then. */
static bool
settled(const struct cli *cli, muster_reply *r, const char *text, char id[ID_MAX + 1], int *status)
{
	if (r != NULL)
		snprintf(id, ID_MAX + 1, "%s", text);
	if (r != NULL)
		*status = CLI_GOOD;
	else if (muster_error_status(muster_client_error(cli->client)) != 404)
		*status = cli_failed(cli);
	else
		return false;
	muster_reply_free(r);
	return true;
}

int
pick_node(const struct cli *cli, const char *text, char id[ID_MAX + 1])
{
	const struct muster_nodes_filter next = { .cursor = text, .limit = 2 };
	muster_reply *list;
	int status;

	if (settled(cli, muster_node_get(cli->client, text), text, id, &status))
		return status;
	list = muster_node_list(cli->client, &next);
	if (list == NULL)
		return cli_failed(cli);
	status = pick("node", text, muster_reply_text(list, "nodes.0.id"),
	    muster_reply_text(list, "nodes.1.id"), id);
	muster_reply_free(list);
	return status;
}

int
pick_agent(const struct cli *cli, const char *text, char id[ID_MAX + 1])
{
	const struct muster_agents_filter next = { .cursor = text, .limit = 2 };
	muster_reply *list;
	int status;

	if (settled(cli, muster_agent_get(cli->client, text), text, id, &status))
		return status;
	list = muster_agent_list(cli->client, &next);
	if (list == NULL)
		return cli_failed(cli);
	status = pick("agent", text, muster_reply_text(list, "assignments.0.agent_id"),
	    muster_reply_text(list, "assignments.1.agent_id"), id);
	muster_reply_free(list);
	return status;
}
