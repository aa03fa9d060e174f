/*
 * A table of the fields of a JSON body: which argument each becomes, what it is called, and which
 * values it may have.
 */
#ifndef API_IN_FIELD_H
#define API_IN_FIELD_H

#include "api/terms.h"

#include <stdbool.h>
#include <stddef.h>

enum in_kind {
	IN_ID,      /* an id */
	IN_ID_OPT,  /* an id or "" */
	IN_TEXT,    /* a string of 1 to `most` bytes without control characters */
	IN_ADDRESS, /* an IPv4 or IPv6 address */
	IN_DOMAIN,  /* "node", "zone" or "label:KEY" */
	IN_INT,     /* a whole number from `least` to `most` */
	IN_REAL,    /* a number from `least` to `most` */
	IN_BOOL,    /* true or false, as "1" or "0" */
	IN_FLAG,    /* true or false, as "1" or "" */
	IN_CHOICE,  /* one of `choices`, which is "a|b|c" */
	IN_IDS,     /* an array of at most `most` ids; as a list with commas, without repeats */
	IN_ID_SET,  /* the same, in ascending order */
	IN_LABELS,  /* an object of at most `most` ids with strings of up to 256 bytes; as pairs */
	IN_AMOUNTS, /* an object of at most `most` ids with numbers up to AMOUNT_MAX; as pairs */
	IN_STRINGS, /* an object of strings; as JSON of up to `most` bytes, "" if it is empty */
	IN_STRINGS_SET, /* the same, "{}" if it is empty */
	IN_OBJECT /* an object of the fields of `table`; as their values with "/" between them */
};

enum { RESOURCES_MAX = 16 }; /* names in an IN_AMOUNTS of resources */

#define AMOUNT_MAX 1000000000000.0

/* Pairs are those of base/pairs.h, in ascending order of their keys. */
struct in_field {
	/* The script's argument or the item's column. Rows of a table have consecutive ones, but for the
	 * last rows, if these have a `term`: all of them make one argument. */
	size_t arg;
	const char *name;
	enum in_kind kind;
	double least, most;
	const char *choices;
	const char *needs; /* "a|b|c": one of these fields must be there too; NULL for none */
	bool required;
	enum term term; /* this field is that part of an argument which terms_add makes */
	const struct in_field *table;
	size_t n_table;
};

#endif
