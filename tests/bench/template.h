/*
 * Writes the requests of a load from a template. Each request has a number, its count, and so has each
 * item of a request that contains several. In the texts of a template
 * %d  is the count, in twelve digits
 * %r  the same digits in reverse order, for ids that do not come in ascending order
 * %b  the digits of %d in base64
 * %u  a number from 0 to 99; if counts begin again (see `modulo`), they get another number each time
 * %s  the line of the list with this number; after the last line, the list begins again
 * %*  all items
 * %%  a percent sign
 */
#ifndef BENCH_TEMPLATE_H
#define BENCH_TEMPLATE_H

#include <stdbool.h>
#include <stddef.h>

struct template
{
	bool resp;          /* Redis commands instead of HTTP requests */
	const char *method; /* of HTTP, like the four below */
	const char *path;
	const char *header; /* a header line, or NULL */
	const char *body;   /* NULL for none */
	const char *item;   /* the text of an item, or NULL */
	char *const *args;  /* the words of the Redis command */
	int n_args;
	long items;  /* of a request, 0 for a single one; in a Redis command each %d or %r is one */
	long modulo; /* counts begin again at 0 when they reach it; 0: never */
	char **list; /* the lines for %s, or NULL */
	long n_list;
};

/* A text that grows. */
struct text {
	char *s;
	size_t len, size;
};

/* Appends `len` bytes. Ends the program if there is no memory. */
void text_add(struct text *t, const char *s, size_t len);

/* Reads the lines of a file into m->list, which is never freed. False if it cannot, or if there are none. */
bool template_read_list(struct template *m, const char *path);

/* Appends the request number `n`, from 0 on. The counts of request 0 begin at `first`. */
void template_write(const struct template *m, struct text *out, long first, long n);

#endif
