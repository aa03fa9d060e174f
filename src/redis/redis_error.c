/* The table of Redis' errors. */
#include "redis/redis_error.h"

#include <string.h>

enum { KEEP, CLOSE };

static const struct row {
	const char *word;
	enum err e;
	int close;
} rows[] = {
#define REDIS_ERROR(word, error, connection) { word, ERR_##error, connection },
#include "redis/redis_errors.def"
#undef REDIS_ERROR
};

/* The row for the text's first word, or NULL. `*word_len` is the length of that word. */
static const struct row *
find(const char *text, size_t len, size_t *word_len)
{
	const char *space = memchr(text, ' ', len);
	size_t i;

	*word_len = space != NULL ? (size_t)(space - text) : len;
	for (i = 0; i < ARRAY_LEN(rows); i++)
		if (strlen(rows[i].word) == *word_len && memcmp(rows[i].word, text, *word_len) == 0)
			return &rows[i];
	return NULL;
}

enum err
redis_error_to_err(const char *text, size_t len, bool *close)
{
	size_t word_len;
	const struct row *row = find(text, len, &word_len);

	*close = row != NULL && row->close == CLOSE;
	return row != NULL ? row->e : err_from_word(text, word_len);
}

size_t
redis_error_kind(const char *text, size_t len)
{
	size_t word_len;
	const struct row *row = find(text, len, &word_len);

	if (row != NULL)
		return REDIS_ERROR_NAMED + (size_t)(row - rows);
	return err_from_word(text, word_len) == ERR_INTERNAL ? REDIS_ERROR_OTHER
	                                                     : redis_error_kinds();
}

size_t
redis_error_kinds(void)
{
	return REDIS_ERROR_NAMED + ARRAY_LEN(rows);
}

const char *
redis_error_name(size_t kind)
{
	static const char *const without_answer[REDIS_ERROR_NAMED] = { "not_connected",
		"overloaded", "lost", "timed_out", "other" };

	return kind < REDIS_ERROR_NAMED ? without_answer[kind]
	                                : rows[kind - REDIS_ERROR_NAMED].word;
}
