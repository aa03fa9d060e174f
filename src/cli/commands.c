/*
 * The table of all commands: words, arguments, options, function. tests/lint/man.sh checks the man
 * page and the completions against it.
 */
#include "cli/commands.h"

#include "cli/agents.h"
#include "cli/cluster.h"
#include "cli/events.h"
#include "cli/nodes.h"
#include "cli/top.h"
#include "cli/why.h"

#include "base/config_option.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Options that every command accepts. */
#define COMMON "addr timeout json help version"

static const struct command {
	const char *first, *second; /* the command's words; the second may be NULL */
	const char *args;           /* as the help shows them */
	size_t least, most;         /* least and most number of arguments */
	const char *options;        /* in addition to COMMON */
	int (*run)(const struct cli *cli);
	const char *help;
} commands[] = {
	{ "nodes", NULL, "", 0, 0, "status role service zone quiet", command_node_list,
	    "list nodes" },
	{ "node", "get", "ID", 1, 1, "", command_node_get, "show a node" },
	{ "node", "drain", "ID", 1, 1, "", command_node_drain, "assign no new agents to a node" },
	{ "node", "undrain", "ID", 1, 1, "", command_node_undrain,
	    "assign new agents to it again" },
	{ "node", "leave", "ID", 1, 1, "incarnation", command_node_leave,
	    "remove a node and move its agents" },
	{ "agents", NULL, "", 0, 0, "node status service quiet", command_agent_list,
	    "list agents" },
	{ "agent", "get", "ID", 1, 1, "", command_agent_get, "show where an agent runs" },
	{ "agent", "why", "ID", 1, 1, "", command_agent_why,
	    "explain where an agent runs, or why it waits" },
	{ "agent", "assign", "ID", 1, 1,
	    "services strategy metadata label zone node exclude-node resource group spread "
	    "priority "
	    "queue queue-ttl dry-run explain",
	    command_agent_assign, "assign an agent to a node" },
	{ "agent", "set", "ID", 1, 1, "metadata priority epoch", command_agent_update,
	    "change an agent's metadata or priority" },
	{ "agent", "release", "ID", 1, 1, "epoch", command_agent_release, "release an agent" },
	{ "balance", NULL, "[STRATEGY]", 0, 1, "", command_balance, "show or change the strategy" },
	{ "leader", "promote", "[ID]", 0, 1, "", command_leader_promote, "hand over the lead" },
	{ "leader", NULL, "", 0, 0, "", command_leader_get, "show the leader" },
	{ "stats", NULL, "", 0, 0, "", command_stats_get, "show cluster statistics" },
	{ "events", NULL, "", 0, 0, "f since types node agent", command_event_list,
	    "print the events of the cluster" },
	{ "hold", NULL, "[enter|release|confirm_dead]", 0, 1, "", command_hold,
	    "show or change the hold" },
	{ "check", NULL, "", 0, 0, "", command_state_check,
	    "check the stored state for inconsistencies" },
	{ "top", NULL, "", 0, 0, "once", command_top, "watch the cluster in the terminal" },
};

static void
print_help(const struct command *only)
{
	size_t i;

	printf("usage: muster COMMAND [-option value]...\n\n");
	for (i = 0; i < ARRAY_LEN(commands); i++) {
		const struct command *c = &commands[i];
		char left[64];

		if (only != NULL && c != only)
			continue;
		snprintf(left, sizeof(left), "%s%s%s %s", c->first, c->second != NULL ? " " : "",
		    c->second != NULL ? c->second : "", c->args);
		printf("  %-37s %s\n", left, c->help);
	}
	printf("\n");
	if (only != NULL)
		options_print(stdout, only->options);
	options_print(stdout, COMMON);
}

/* Finds the command that the words name; NULL if there is none. Sets *n_own to the number of words
 * in its name. */
static const struct command *
find_command(const struct options *o, size_t *n_own)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(commands) && o->n_words > 0; i++) {
		const struct command *c = &commands[i];

		*n_own = c->second != NULL ? 2 : 1;
		if (strcmp(c->first, o->words[0]) == 0 &&
		    (c->second == NULL || (o->n_words > 1 && strcmp(c->second, o->words[1]) == 0)))
			return c;
	}
	return NULL;
}

/* Returns CLI_GOOD if the options and arguments fit the command; otherwise prints what does not and
 * returns CLI_USAGE. */
static int
check_fit(const struct command *c, const struct options *o, size_t n_args)
{
	const char *beyond = options_beyond(o, COMMON, c->options);

	if (beyond != NULL)
		return cli_usage("%s does not take -%s", c->first, beyond);
	if (n_args < c->least || n_args > c->most)
		return cli_usage("usage: muster %s%s%s %s", c->first, c->second != NULL ? " " : "",
		    c->second != NULL ? c->second : "", c->args);
	return CLI_GOOD;
}

static int
report_unknown(const struct options *o)
{
	if (o->n_words == 0)
		return cli_usage("a command is expected; muster -help lists the commands");
	return cli_usage("unknown command '%s%s%s'; muster -help lists the commands", o->words[0],
	    o->n_words > 1 ? " " : "", o->n_words > 1 ? o->words[1] : "");
}

/* Makes the client that the options describe. Prints an error and returns NULL if they are wrong.
 * */
static muster_client *
make_client(const struct options *o)
{
	int64_t ms = o->timeout != NULL ? config_option_parse_ms(o->timeout) : 0;
	muster_client *c;

	if (ms < 0 || ms > 600000) {
		cli_usage("-timeout: a time up to 10m is expected, such as 500ms or 2s");
		return NULL;
	}
	c = muster_client_new(o->addr);
	if (c == NULL)
		cli_usage(
		    "%s: a comma-separated list of addresses such as http://host:8151 is expected",
		    o->addr != NULL ? "-addr" : "MUSTER_ADDR");
	else if (ms > 0)
		muster_client_set_timeouts(c, (int)ms, (int)ms);
	return c;
}

static bool
wants_colour(void)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	return isatty(STDOUT_FILENO) && (no == NULL || *no == '\0') &&
	    (term == NULL || strcmp(term, "dumb") != 0);
}

int
commands_run(int argc, char **argv)
{
	struct cli cli = { .colour = wants_colour() };
	const struct command *c;
	size_t n_own = 0;
	char why[256];
	int status;

	if (options_init(&cli.options, argc, argv, why, sizeof(why)) != ERR_OK)
		return cli_usage("%s", why);
	c = find_command(&cli.options, &n_own);
	if (cli.options.version) {
		printf("muster %s\n", muster_version());
		return CLI_GOOD;
	}
	if (cli.options.help) {
		print_help(c);
		return CLI_GOOD;
	}
	if (c == NULL)
		return report_unknown(&cli.options);
	cli.args = cli.options.words + n_own;
	cli.n_args = cli.options.n_words - n_own;
	if ((status = check_fit(c, &cli.options, cli.n_args)) != CLI_GOOD)
		return status;
	if ((cli.client = make_client(&cli.options)) == NULL)
		return CLI_USAGE;
	status = c->run(&cli);
	muster_client_free(cli.client);
	return status;
}
