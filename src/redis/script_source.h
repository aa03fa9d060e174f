/*
 * The operations, each of which is one Lua script, lua/NAME.lua. At build time, lua/bundle.lua
 * writes their texts into scripts.c, and lua/contract.lua writes what they declare into
 * scripts.h.
 */
#ifndef REDIS_SCRIPT_SOURCE_H
#define REDIS_SCRIPT_SOURCE_H

#include "scripts.h"

#include <stdbool.h>
#include <stddef.h>

struct script_source {
	const char *name; /* as in lua/NAME.lua */
	const char *sha1; /* 40 hex digits */
	size_t len;       /* of the text, in bytes */
	const char *text;
	size_t n_args;
	/* Its last arguments are the IDEMPOTENCY_ARG_… arguments, which may be left out. */
	bool is_idempotent;
	/* Its first arguments are the LIST_ARG_… arguments, and its reply begins with a PAGE_ROW. */
	bool is_list;
	/* Columns of the reply's first row, and of each further row or item; 0 for no such row. */
	size_t head_columns, row_columns;
	/* Columns of an item; 0 if it takes none, else its first arguments are ITEMS_ARG_…. */
	size_t n_item_columns;
	const char *const *item_columns; /* their names */
};

/* By enum script_id. */
extern const struct script_source script_sources[SCRIPT_COUNT];

#endif
