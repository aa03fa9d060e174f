/* Prints a list of the API, fetched page by page. */
#ifndef CLI_LIST_H
#define CLI_LIST_H

#include "cli/cli.h"

/* Requests the page at `cursor`; NULL is the first page. */
typedef muster_reply *(*list_page_fn)(const struct cli *cli, const char *cursor);

struct list {
	list_page_fn page;
	const char *key; /* the name of the list in the reply */
	const char *id;  /* the name of an entry's id, for -quiet; NULL if entries have none */
	const char *headings;
	const char *none; /* printed if the list is empty */
	/* Adds the row of the entry at path `at`, such as "nodes.3". */
	void (*row)(struct table *t, const muster_reply *page, const char *at);
};

/* Prints the whole list as the options ask: as a table, as JSON, or ids only. Sets *n to the number
 * of entries, unless `n` is NULL. Returns the exit status. */
int list_print(const struct cli *cli, const struct list *p, size_t *n);

/* The field `name` of the entry at path `at`, such as "nodes.3". A text is borrowed from the page.
 * "", 0 or false if there is no such field. */
const char *list_entry_text(const muster_reply *page, const char *at, const char *name);
int64_t list_entry_int(const muster_reply *page, const char *at, const char *name);
double list_entry_number(const muster_reply *page, const char *at, const char *name);
bool list_entry_bool(const muster_reply *page, const char *at, const char *name);

#endif
