/*
 * Resolves shortened ids. Nodes are listed in order of id, so those that begin with a text follow it.
 * Agents are in no such order: their list is searched, up to a number of pages.
 */
#include "cli/resolve.h"

#include "cli/list.h"

#include <stdio.h>
#include <string.h>

enum { CANDIDATES_MAX = 10, PAGE = 1000, PAGES_MAX = 20 };

/* The ids that begin with a text, the first ones of them. */
struct candidates {
	const char *what, *text;
	char ids[CANDIDATES_MAX][ID_MAX + 1];
	size_t n;  /* of all that were found, which may be more than are kept */
	bool part; /* there may be more in the part of the list that was not searched */
};

/* Adds the ids of a page that begin with the text. `list` and `name`: where they are in the page. */
static void
add_page(struct candidates *c, const muster_reply *page, const char *list, const char *name)
{
	size_t i, n = muster_reply_count(page, list);
	const char *id;
	char at[32];

	for (i = 0; i < n; i++) {
		snprintf(at, sizeof(at), "%s.%zu", list, i);
		id = list_entry_text(page, at, name);
		if (strncmp(id, c->text, strlen(c->text)) != 0)
			continue;
		if (c->n < CANDIDATES_MAX)
			snprintf(c->ids[c->n], sizeof(c->ids[0]), "%s", id);
		c->n++;
	}
}

static int
report_ambiguous(const struct candidates *c)
{
	struct buf all = BUF_INIT;
	size_t i;
	int status;

	for (i = 0; i < c->n && i < CANDIDATES_MAX; i++)
		buf_addf(&all, "%s'%s'", i == 0 ? "" : i + 1 < c->n ? ", " : " or ", c->ids[i]);
	if (c->n > CANDIDATES_MAX)
		buf_add_str(&all, " or others");
	status = cli_usage("%s: '%s' is ambiguous, it may be %s", c->what, c->text, buf_str(&all));
	buf_fini(&all);
	return status;
}

/* Sets `id` to the only candidate. Otherwise prints an error. Returns the exit status. */
static int
only_candidate(const struct candidates *c, char id[ID_MAX + 1])
{
	if (c->n > 1)
		return report_ambiguous(c);
	if (c->part)
		return cli_usage("%s: there are too many to find out what begins with '%s': the "
		                 "whole id is expected",
		    c->what, c->text);
	if (c->n == 0)
		return cli_missing(
		    "there is no %s '%s', and none whose id begins with that", c->what, c->text);
	snprintf(id, ID_MAX + 1, "%s", c->ids[0]);
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
	const struct muster_nodes_filter next = { .cursor = text, .limit = CANDIDATES_MAX + 1 };
	struct candidates c = { .what = "node", .text = text };
	muster_reply *page;
	int status;

	if (find_exact(cli, muster_node_get(cli->client, text), text, id, &status))
		return status;
	page = muster_node_list(cli->client, &next);
	if (page == NULL)
		return cli_failed(cli);
	add_page(&c, page, "nodes", "id");
	muster_reply_free(page);
	return only_candidate(&c, id);
}

/* Searches the list of all agents, and stops where enough is known. False if a call failed. */
static bool
search_agents(const struct cli *cli, struct candidates *c)
{
	struct muster_agents_filter filter = { .limit = PAGE };
	muster_reply *page = NULL, *next;
	int pages;

	for (pages = 0; pages < PAGES_MAX && c->n <= CANDIDATES_MAX; pages++) {
		next = muster_agent_list(cli->client, &filter);
		muster_reply_free(page); /* it held the cursor */
		page = next;
		if (page == NULL)
			return false;
		add_page(c, page, "assignments", "agent_id");
		filter.cursor = muster_reply_text(page, "next_cursor");
		if (filter.cursor == NULL)
			break;
	}
	c->part = filter.cursor != NULL;
	muster_reply_free(page);
	return true;
}

int
resolve_agent_id(const struct cli *cli, const char *text, char id[ID_MAX + 1])
{
	struct candidates c = { .what = "agent", .text = text };
	int status;

	if (find_exact(cli, muster_agent_get(cli->client, text), text, id, &status))
		return status;
	return search_agents(cli, &c) ? only_candidate(&c, id) : cli_failed(cli);
}
