/* The table of fates. */
#include "redis/fate.h"

#include <string.h>

enum { KEEP, CLOSE };

static const struct fate {
	const char *word;
	enum err e;
	int close;
} fates[] = {
#define FATE(word, error, connection) { word, ERR_##error, connection },
#include "redis/fates.def"
#undef FATE
};

/* The row whose word the text begins with, or NULL. `*word` is how long its first word is. */
static const struct fate *
find(const char *text, size_t len, size_t *word)
{
	const char *space = memchr(text, ' ', len);
	size_t i;

	*word = space != NULL ? (size_t)(space - text) : len;
	for (i = 0; i < ARRAY_LEN(fates); i++)
		if (strlen(fates[i].word) == *word && memcmp(fates[i].word, text, *word) == 0)
			return &fates[i];
	return NULL;
}

enum err
redis_fate(const char *text, size_t len, bool *close)
{
	size_t word;
	const struct fate *f = find(text, len, &word);

	*close = f != NULL && f->close == CLOSE;
	return f != NULL ? f->e : err_from_word(text, word);
}

size_t
redis_fate_number(const char *text, size_t len)
{
	size_t word;
	const struct fate *f = find(text, len, &word);

	if (f != NULL)
		return REDIS_FATE_NAMED + (size_t)(f - fates);
	return err_from_word(text, word) == ERR_INTERNAL ? REDIS_FATE_OTHER : redis_fate_count();
}

size_t
redis_fate_count(void)
{
	return REDIS_FATE_NAMED + ARRAY_LEN(fates);
}

const char *
redis_fate_name(size_t number)
{
	static const char *const own[REDIS_FATE_NAMED] = { "not_connected", "overloaded", "lost",
		"timed_out", "other" };

	return number < REDIS_FATE_NAMED ? own[number] : fates[number - REDIS_FATE_NAMED].word;
}
