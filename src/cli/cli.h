/*
 * What the commands share: the client, the options, how they print and how they end. A command is
 * a function and its row in commands.c.
 */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include "cli/options.h"
#include "cli/table.h"
#include "muster/muster.h"

#include "base/id.h"

/* The exit status. */
enum {
	CLI_GOOD = 0,
	CLI_REFUSED = 1,     /* the cluster refused, or could not be understood */
	CLI_USAGE = 2,       /* the command line is wrong */
	CLI_UNREACHABLE = 3, /* no address answers */
	CLI_MISSING = 4,     /* there is no such node, agent or leader */
	CLI_VIOLATED = 5,    /* the check has found something */
};

struct cli {
	muster_client *client;
	struct options options;
	const char **args; /* the words behind the command's own */
	size_t n_args;
	bool colour;
};

/* Runs the command line. Returns the exit status. */
int cli_run(int argc, char **argv);

/* Says what the client's last call failed with. Returns the exit status for it. */
int cli_failed(const struct cli *cli);

/* The same for an error of another's. */
int cli_failed_with(const muster_error *e);

/* Says what is wrong with the command line. Returns CLI_USAGE. */
int cli_usage(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Says what there is not. Returns CLI_MISSING. */
int cli_missing(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Writes the text to stdout. Returns CLI_GOOD, or says that it cannot. */
int cli_write(const struct buf *text);

/* Writes the table, and frees it. */
int cli_write_table(const struct cli *cli, struct table *t);

/* Writes the reply as JSON. */
int cli_write_json(const muster_reply *r);

/* Where -json was given, writes the reply so; else hands it to `show`. Frees it. `r` NULL says
 * what the client failed with. */
int cli_show(
    const struct cli *cli, muster_reply *r, int (*show)(const struct cli *, const muster_reply *));

/* Adds a row to a table of names and values. */
void cli_row(struct table *t, const char *name, const char *value);
void cli_rowf(struct table *t, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The texts of the array at `path`, apart by commas, in `out`. Returns them. */
const char *cli_join(const muster_reply *r, const char *path, struct buf *out);

#endif
