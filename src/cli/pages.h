/* Lists of the API, page after page, as one. */
#ifndef CLI_PAGES_H
#define CLI_PAGES_H

#include "cli/cli.h"

/* Asks for the page at `cursor`, NULL for the first. */
typedef muster_reply *(*pages_fn)(const struct cli *cli, const char *cursor);

struct pages {
	pages_fn page;
	const char *key; /* the list's name in the reply */
	const char *id;  /* that of an entry's id, for -quiet; NULL where there is none */
	const char *headings;
	const char *none; /* what is said of an empty list */
	/* Adds an entry's row; `at` is its place, such as "nodes.3". */
	void (*row)(struct table *t, const muster_reply *page, const char *at);
};

/* Prints the whole list as the options ask for: a table, JSON or ids alone. The number of entries
 * goes to *n, unless that is NULL. Returns the exit status. */
int pages_print(const struct cli *cli, const struct pages *p, size_t *n);

/* The value of an entry, such as that at "nodes.3.id". Borrowed from the page; "" for none. */
const char *pages_text(const muster_reply *page, const char *at, const char *name);
int64_t pages_int(const muster_reply *page, const char *at, const char *name);
double pages_number(const muster_reply *page, const char *at, const char *name);
bool pages_bool(const muster_reply *page, const char *at, const char *name);

#endif
