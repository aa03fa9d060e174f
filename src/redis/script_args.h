/*
 * The arguments of a script call, ARGV, and the items of a script that takes many. Every value is named
 * by a constant of scripts.h, and must be added in the order in which the script declares them.
 */
#ifndef REDIS_SCRIPT_ARGS_H
#define REDIS_SCRIPT_ARGS_H

#include "base/buf.h"
#include "base/error.h"
#include "redis/script_source.h"

#include <stdint.h>

/* Owns the texts, which are kept in the form that is sent. */
struct script_args {
	enum script_id id;
	size_t count;
	bool urgent;   /* as redis_connection_begin has it; false at first */
	bool coalesce; /* may share a call with others, as in coalesce.h; false at first */
	bool single; /* there is one item, whose part of the reply is the answer; false at first */
	struct buf texts;
	struct {
		uint32_t at, len; /* offset and length in `texts`; a NUL follows */
	} arg[SCRIPT_ARGS_MAX];
};

/* Starts an empty list of arguments for `id`. */
void script_args_init(struct script_args *a, enum script_id id);

/* Frees the arguments. */
void script_args_fini(struct script_args *a);

/* Adds argument `arg`, copied: NAME_ARG_…, or a column of an item, NAME_ITEM_…, before the packing. */
void script_args_add(struct script_args *a, size_t arg, const char *text, size_t len);
void script_args_add_str(struct script_args *a, size_t arg, const char *text);
void script_args_addf(struct script_args *a, size_t arg, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Argument `arg`, which has been added. Borrowed until the next change. */
const char *script_args_get(const struct script_args *a, size_t arg);

/* Replaces argument `arg`. `text` may be one of the arguments. */
void script_args_set(struct script_args *a, size_t arg, const char *text, size_t len);

/*
 * Appends the arguments, which are the columns of one item, to `lines` as that item's line. Columns that
 * are empty at the end are left out. Returns NULL, or the name of a column with a tab or a newline in it,
 * which no line can hold; nothing is appended then.
 */
const char *script_args_add_line(const struct script_args *a, struct buf *lines) MUST_CHECK;

/*
 * Replaces the arguments, which are the columns of one item, by those of ITEMS_ARG, for that item alone
 * and all or nothing. The answer to the call is then that item's part of the reply. Returns what
 * script_args_add_line does; the arguments are as they were then.
 */
const char *script_args_pack(struct script_args *a) MUST_CHECK;

/* Column `column` of an item's line, "" where it is left out. `*len` is its length: no NUL follows. */
const char *script_line_column(const char *line, size_t column, size_t *len);

#endif
