/*
 * The arguments of a script call, ARGV. Each is named by a constant of scripts.h, NAME_ARG_…, and
 * they must be added in the order in which the script declares them.
 *
 * A script that takes many items gets them as one argument, ITEMS_ARG_LINES: one line for each
 * item, with tabs between its columns. To make a call for a single item, add the item's columns
 * (NAME_ITEM_…) as if they were arguments, turn them into that one argument with
 * script_args_pack, and add further arguments after it.
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
	bool urgent;   /* as for redis_connection_begin; false at first */
	bool coalesce; /* may share a call with others, see coalesce.h; false at first */
	bool single;   /* packed: `fn` gets the reply to the one item; false at first */
	struct buf texts;
	struct {
		uint32_t at, len; /* offset and length in `texts`; a NUL follows */
	} arg[SCRIPT_ARGS_MAX];
};

/* Starts an empty list of arguments for `id`. */
void script_args_init(struct script_args *a, enum script_id id);

/* Makes `to` a copy of `from`. */
void script_args_copy(struct script_args *to, const struct script_args *from);

/* Frees the arguments. */
void script_args_fini(struct script_args *a);

/*
 * Add argument `arg`, which must be the next one: NAME_ARG_…, or a column of an item,
 * NAME_ITEM_…, before script_args_pack. The text is copied. script_args_addf cuts it after 127
 * bytes: use it for numbers.
 */
void script_args_add(struct script_args *a, size_t arg, const char *text, size_t len);
void script_args_add_str(struct script_args *a, size_t arg, const char *text);
void script_args_addf(struct script_args *a, size_t arg, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Argument `arg`, which has been added. Borrowed until the next change. */
const char *script_args_get(const struct script_args *a, size_t arg);

/* Replaces argument `arg`. `text` may be one of the arguments. */
void script_args_set(struct script_args *a, size_t arg, const char *text, size_t len);

/*
 * Appends the arguments, which are the columns of one item, to `lines` as that item's line. Empty
 * columns at its end are left out. Returns NULL; or the name of a column that has a tab or a
 * newline, and then appends nothing.
 */
const char *script_args_add_line(const struct script_args *a, struct buf *lines) MUST_CHECK;

/*
 * Replaces the arguments, which are the columns of one item, by the ITEMS_ARG_… arguments for
 * this item: its line and, if the script has it, ALL "1", so that the item's error is raised. The
 * answer to the call is then this item's part of the reply. Returns NULL; or the name of a column
 * that has a tab or a newline, and then changes nothing.
 */
const char *script_args_pack(struct script_args *a) MUST_CHECK;

/*
 * Column `column`, from 0, of an item's line; "" if it was left out. Borrowed from `line`. Sets
 * `*len` to its length; no NUL follows.
 */
const char *script_line_column(const char *line, size_t column, size_t *len);

#endif
