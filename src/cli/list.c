/* Prints lists. Invariant: `text` holds all of the output, except the rows of a table, which are in
 * `table`. */
#include "cli/list.h"

#include <stdio.h>
#include <stdlib.h>

enum { PATH_SIZE = 160, AT_SIZE = 64 };

struct list_output {
	const struct cli *cli;
	const struct list *list;
	struct table table;
	struct buf text;
	size_t n;
};

static const char *
entry_path(char path[PATH_SIZE], const char *at, const char *name)
{
	snprintf(path, PATH_SIZE, "%s.%s", at, name);
	return path;
}

const char *
list_entry_text(const muster_reply *page, const char *at, const char *name)
{
	char path[PATH_SIZE];
	const char *text = muster_reply_text(page, entry_path(path, at, name));

	return text != NULL ? text : "";
}

int64_t
list_entry_int(const muster_reply *page, const char *at, const char *name)
{
	char path[PATH_SIZE];

	return muster_reply_int(page, entry_path(path, at, name));
}

double
list_entry_number(const muster_reply *page, const char *at, const char *name)
{
	char path[PATH_SIZE];

	return muster_reply_number(page, entry_path(path, at, name));
}

bool
list_entry_bool(const muster_reply *page, const char *at, const char *name)
{
	char path[PATH_SIZE];

	return muster_reply_bool(page, entry_path(path, at, name));
}

static void
add_entry(struct list_output *l, const muster_reply *page, const char *at)
{
	const struct list *p = l->list;
	char *json;

	if (l->cli->options.json) {
		json = muster_reply_json(page, at);
		buf_addf(&l->text, "%s%s", l->n > 0 ? "," : "", json);
		free(json);
	} else if (l->cli->options.quiet) {
		struct terminal_line line = { &l->text, TERMINAL_UNLIMITED, false };

		terminal_put(&line, PLAIN, list_entry_text(page, at, p->id));
		buf_add(&l->text, "\n", 1);
	} else {
		p->row(&l->table, page, at);
	}
	l->n++;
}

static void
add_page(struct list_output *l, const muster_reply *page)
{
	size_t i, n = muster_reply_count(page, l->list->key);

	for (i = 0; i < n; i++) {
		char at[AT_SIZE];

		snprintf(at, sizeof(at), "%s.%zu", l->list->key, i);
		add_entry(l, page, at);
	}
}

/* Adds all pages. Returns CLI_GOOD; or prints the error and returns its exit status. */
static int
add_pages(struct list_output *l)
{
	muster_reply *page = l->list->page(l->cli, NULL), *next;
	const char *cursor;

	for (; page != NULL; page = next) {
		add_page(l, page);
		cursor = muster_reply_text(page, "next_cursor");
		next = cursor != NULL ? l->list->page(l->cli, cursor) : NULL;
		muster_reply_free(page);
		if (cursor == NULL)
			return CLI_GOOD;
	}
	return cli_failed(l->cli);
}

int
list_print(const struct cli *cli, const struct list *p, size_t *n)
{
	struct list_output l = { .cli = cli, .list = p };
	int status;

	table_init(&l.table, p->headings);
	if (cli->options.json)
		buf_addf(&l.text, "{\"%s\":[", p->key);
	status = add_pages(&l);
	if (cli->options.json)
		buf_addf(&l.text, "],\"count\":%zu}\n", l.n);
	else if (!cli->options.quiet && l.n == 0)
		buf_addf(&l.text, "%s\n", p->none);
	else if (!cli->options.quiet)
		table_write(&l.table, &l.text, cli->colour, TERMINAL_UNLIMITED, l.table.n);
	if (status == CLI_GOOD)
		status = cli_write(&l.text);
	if (n != NULL)
		*n = l.n;
	table_fini(&l.table);
	buf_fini(&l.text);
	return status;
}
