/* Whole lists. Invariant: `text` is what is printed, but for a table, whose rows are in `table`. */
#include "cli/pages.h"

#include <stdio.h>
#include <stdlib.h>

enum { PATH_SIZE = 160, AT_SIZE = 64 };

struct listing {
	const struct cli *cli;
	const struct pages *pages;
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
pages_text(const muster_reply *page, const char *at, const char *name)
{
	char path[PATH_SIZE];
	const char *text = muster_reply_text(page, entry_path(path, at, name));

	return text != NULL ? text : "";
}

int64_t
pages_int(const muster_reply *page, const char *at, const char *name)
{
	char path[PATH_SIZE];

	return muster_reply_int(page, entry_path(path, at, name));
}

double
pages_number(const muster_reply *page, const char *at, const char *name)
{
	char path[PATH_SIZE];

	return muster_reply_number(page, entry_path(path, at, name));
}

bool
pages_bool(const muster_reply *page, const char *at, const char *name)
{
	char path[PATH_SIZE];

	return muster_reply_bool(page, entry_path(path, at, name));
}

static void
add_entry(struct listing *l, const muster_reply *page, const char *at)
{
	const struct pages *p = l->pages;
	char *json;

	if (l->cli->options.json) {
		json = muster_reply_json(page, at);
		buf_addf(&l->text, "%s%s", l->n > 0 ? "," : "", json);
		free(json);
	} else if (l->cli->options.quiet) {
		struct line line = { &l->text, LINE_UNLIMITED, false };

		line_put(&line, PLAIN, pages_text(page, at, p->id));
		buf_add(&l->text, "\n", 1);
	} else {
		p->row(&l->table, page, at);
	}
	l->n++;
}

static void
add_page(struct listing *l, const muster_reply *page)
{
	size_t i, n = muster_reply_count(page, l->pages->key);

	for (i = 0; i < n; i++) {
		char at[AT_SIZE];

		snprintf(at, sizeof(at), "%s.%zu", l->pages->key, i);
		add_entry(l, page, at);
	}
}

/* Adds all pages. CLI_GOOD, or says what failed. */
static int
add_pages(struct listing *l)
{
	muster_reply *page = l->pages->page(l->cli, NULL), *next;
	const char *cursor;

	for (; page != NULL; page = next) {
		add_page(l, page);
		cursor = muster_reply_text(page, "next_cursor");
		next = cursor != NULL ? l->pages->page(l->cli, cursor) : NULL;
		muster_reply_free(page);
		if (cursor == NULL)
			return CLI_GOOD;
	}
	return cli_failed(l->cli);
}

int
pages_print(const struct cli *cli, const struct pages *p, size_t *n)
{
	struct listing l = { .cli = cli, .pages = p };
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
		table_write(&l.table, &l.text, cli->colour, LINE_UNLIMITED, l.table.n);
	if (status == CLI_GOOD)
		status = cli_write(&l.text);
	if (n != NULL)
		*n = l.n;
	table_fini(&l.table);
	buf_fini(&l.text);
	return status;
}
