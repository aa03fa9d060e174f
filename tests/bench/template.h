/*
 * The requests of a load, as bytes. Requests are counted. In the texts below:
 * %d  the count, in twelve digits, as redis-benchmark writes __rand_int__
 * %r  the same digits in reverse: ids made of these do not come in ascending order
 * %b  the base64 of the digits of %d
 * %u  a number from 0 to 99, another one each time that a count comes again (see `modulo`)
 * %s  the line with this number in a list; after the last line comes the first again
 * %*  all items
 * %%  a percent sign
 */
#ifndef BENCH_TEMPLATE_H
#define BENCH_TEMPLATE_H

#include <stdbool.h>
#include <stddef.h>

struct template
{
	bool resp;          /* a Redis command instead of an HTTP request */
	const char *method; /* HTTP alone */
	const char *path;
	const char *header; /* one more header line, or NULL */
	const char *body;   /* NULL for none */
	const char *item;   /* what %* repeats; NULL for none */
	char *const *args;  /* of the Redis command */
	int n_args;
	long items;  /* counts that a request takes: one for each item, or for each %d or %r of a command */
	long modulo; /* counts are below it, then begin again at 0; 0 for no bound */
	char **list; /* what %s stands for; NULL for none */
	long n_list;
};

/* A text that grows. */
struct text {
	char *s;
	size_t len, size;
};

/* Appends; ends the program where there is no memory. */
void text_add(struct text *t, const char *s, size_t len);

/* Reads the lines of a file into m->list. False where that fails, or there are none. */
bool template_read_list(struct template *m, const char *path);

/* Appends the request number `n`, counted from 0, where those of number 0 begin at `first`. */
void template_write(const struct template *m, struct text *out, long first, long n);

#endif
