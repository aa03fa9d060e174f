/* The table of errors, from errors.def. Invariant: row i describes enum err i. */
#include "base/error.h"

#include <assert.h>
#include <string.h>

static const struct err_info table[ERR_COUNT] = {
#define ERROR(name, code, status, retryable, title) \
	[ERR_##name] = { #name, code, title, status, retryable },
#include "base/errors.def"
#undef ERROR
};

const struct err_info *
err_info(enum err e)
{
	assert(e > ERR_OK && e < ERR_COUNT);
	return &table[e];
}

enum err
err_from_word(const char *word, size_t len)
{
	int i;

	for (i = ERR_OK + 1; i < ERR_COUNT; i++)
		if (strlen(table[i].word) == len && memcmp(table[i].word, word, len) == 0)
			return (enum err)i;
	return ERR_INTERNAL;
}
