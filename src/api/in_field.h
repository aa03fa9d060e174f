/*
 * A table of the fields of a JSON body: which argument each becomes, what it is called, and which
 * values it may have.
 */
#ifndef API_IN_FIELD_H
#define API_IN_FIELD_H

#include <stdbool.h>
#include <stddef.h>

enum in_kind {
	IN_ID,      /* an id */
	IN_ID_OPT,  /* an id or "" */
	IN_TEXT,    /* a string of 1 to `most` bytes without control characters */
	IN_ADDRESS, /* an IPv4 or IPv6 address */
	IN_INT,     /* a whole number from `least` to `most` */
	IN_REAL,    /* a number from `least` to `most` */
	IN_BOOL,    /* true or false, as "1" or "0" */
	IN_CHOICE,  /* one of `choices`, which is "a|b|c" */
	IN_IDS,     /* an array of at most `most` ids; as a list with commas, without repeats */
	IN_LABELS,  /* an object of at most `most` ids with strings of up to 256 bytes; as JSON */
	IN_STRINGS  /* an object of strings; as JSON, of up to `most` bytes */
};

struct in_field {
	/* The script's argument or the item's column. Rows of a table have consecutive ones. */
	size_t arg;
	const char *name;
	enum in_kind kind;
	double least, most;
	const char *choices;
	bool required;
};

#endif
