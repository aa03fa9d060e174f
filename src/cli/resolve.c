/* Resolves shortened ids. Lists are ordered by id, so the first two ids at or after the prefix show
 * whether it is unique. */
#include "cli/resolve.h"

#include <stdio.h>
#include <string.h>

static bool
begins_with(const char *id, const char *text)
{
	return id != NULL && strncmp(id, text, strlen(text)) == 0;
}

/* Sets `id` to `first` if it begins with `text` and `second` does not. Otherwise prints an
 * error. */
static int
only_match(
    const char *what, const char *text, const char *first, const char *second, char id[ID_MAX + 1])
{
	if (!begins_with(first, text))
		return cli_missing(
		    "there is no %s '%s', and none whose id begins with that", what, text);
	if (begins_with(second, text))
		return cli_usage(
		    "%s: '%s' is ambiguous, it may be '%s' or '%s'", what, text, first, second);
	snprintf(id, ID_MAX + 1, "%s", first);
	return CLI_GOOD;
}

/* Looks up `text` as a whole id. Returns true, with the exit status in *status, if it was found or
 * the call failed; false if there is no such id. Frees the reply. */
static bool
find_exact(
    const struct cli *cli, muster_reply *r, const char *text, char id[ID_MAX + 1], int *status)
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
resolve_node_id(const struct cli *cli, const char *text, char id[ID_MAX + 1])
{
	const struct muster_nodes_filter next = { .cursor = text, .limit = 2 };
	muster_reply *list;
	int status;

	if (find_exact(cli, muster_node_get(cli->client, text), text, id, &status))
		return status;
	list = muster_node_list(cli->client, &next);
	if (list == NULL)
		return cli_failed(cli);
	status = only_match("node", text, muster_reply_text(list, "nodes.0.id"),
	    muster_reply_text(list, "nodes.1.id"), id);
	muster_reply_free(list);
	return status;
}

int
resolve_agent_id(const struct cli *cli, const char *text, char id[ID_MAX + 1])
{
	const struct muster_agents_filter next = { .cursor = text, .limit = 2 };
	muster_reply *list;
	int status;

	if (find_exact(cli, muster_agent_get(cli->client, text), text, id, &status))
		return status;
	list = muster_agent_list(cli->client, &next);
	if (list == NULL)
		return cli_failed(cli);
	status = only_match("agent", text, muster_reply_text(list, "assignments.0.agent_id"),
	    muster_reply_text(list, "assignments.1.agent_id"), id);
	muster_reply_free(list);
	return status;
}
