/*
 * What all commands share: the client, the options, output and exit statuses. A command is a
 * function and a row of the table in commands.c.
 */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include "cli/options.h"
#include "cli/table.h"
#include "muster/muster.h"

#include "base/id.h"

/* Exit statuses. */
enum cli_status {
	CLI_GOOD = 0,
	CLI_REFUSED = 1,     /* the cluster refused the request, or its answer was not understood */
	CLI_USAGE = 2,       /* the command line is wrong */
	CLI_UNREACHABLE = 3, /* no address answered */
	CLI_MISSING = 4,     /* no such node, agent or leader */
	CLI_VIOLATED = 5,    /* `muster check` found a violation */
};

struct cli {
	muster_client *client;
	struct options options;
	const char **args; /* the words after the command's own words */
	size_t n_args;
	bool colour;
};

/* Prints the error of the client's last call. Returns the exit status for it. */
int cli_failed(const struct cli *cli);

/* Like cli_failed, for an error that is not the client's. */
int cli_failed_with(const muster_error *e);

/* Prints a message about a wrong command line. Returns CLI_USAGE. */
int cli_usage(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Reads the value of an option, a whole number above 0; NULL, for an option that was not given, is 0.
 * Returns CLI_GOOD; or prints an error and returns CLI_USAGE. */
int cli_number(const char *option, const char *text, int64_t *n);

/* Prints a message about something that was not found. Returns CLI_MISSING. */
int cli_missing(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Writes the text to stdout. Returns CLI_GOOD; or prints an error and returns CLI_REFUSED. */
int cli_write(const struct buf *text);

/* Writes the table to stdout as cli_write does, and frees it. */
int cli_write_table(const struct cli *cli, struct table *t);

/* Writes the reply to stdout as one line of JSON. Returns the exit status. */
int cli_write_json(const muster_reply *r);

/* Prints a reply and frees it: as JSON if -json was given, otherwise with `show`. If `r` is NULL,
 * prints the client's error. Returns the exit status. */
int cli_show(
    const struct cli *cli, muster_reply *r, int (*show)(const struct cli *, const muster_reply *));

/* Adds a row to a table of names and values. An empty name continues the row above. */
void cli_row(struct table *t, const char *name, const char *value);
void cli_rowf(struct table *t, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Joins the texts of the array at `path` with commas in `out`, replacing what `out` held. Returns
 * that text, borrowed from `out`. */
const char *cli_join(const muster_reply *r, const char *path, struct buf *out);

/* Does the same with the names and numbers of the object at `path`: "cpu 0.05, agents 0.1". */
const char *cli_join_numbers(const muster_reply *r, const char *path, struct buf *out);

/* Adds these names and numbers as one row; nothing if there are none. */
void cli_row_numbers(struct table *t, const char *name, const muster_reply *r, const char *path);

#endif
