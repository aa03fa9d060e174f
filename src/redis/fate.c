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

enum err
redis_fate(const char *text, size_t len, bool *close)
{
	const char *space = memchr(text, ' ', len);
	size_t word = space != NULL ? (size_t)(space - text) : len, i;

	*close = false;
	for (i = 0; i < ARRAY_LEN(fates); i++) {
		if (strlen(fates[i].word) == word && memcmp(fates[i].word, text, word) == 0) {
			*close = fates[i].close == CLOSE;
			return fates[i].e;
		}
	}
	return err_from_word(text, word);
}
