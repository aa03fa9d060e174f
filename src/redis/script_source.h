/*
 * The operations, each of which is one Lua script, lua/NAME.lua. lua/bundle.lua writes their texts, and
 * lua/contract.lua what is declared in them, into scripts.c and scripts.h at build time.
 */
#ifndef REDIS_SCRIPT_SOURCE_H
#define REDIS_SCRIPT_SOURCE_H

#include "scripts.h"

#include <stdbool.h>
#include <stddef.h>

struct script_source {
	const char *name;
	const char *sha1; /* 40 hex digits */
	size_t len;
	const char *text;
	size_t n_args;
	bool
	    is_idempotent; /* its last arguments are those of IDEMPOTENCY_ARG, which may be left out */
	bool is_list; /* its first arguments are those of LIST_ARG, its first row is a PAGE_ROW */
	size_t head_columns; /* of the reply's first row; 0 where it has none */
	size_t row_columns; /* of the further rows, or of each item's row; 0 where there are none */
	size_t
	    n_item_columns; /* 0 where it takes no items; else its first arguments are ITEMS_ARG */
	const char *const *item_columns; /* their names */
};

extern const struct script_source script_sources[SCRIPT_COUNT];

#endif
