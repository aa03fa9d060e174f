/* Commands. The pieces must give exactly the bytes that hiredis would write. */
#include "redis/command.h"

#include "base/memory.h"
#include "base/text.h"

#include <hiredis/hiredis.h>

enum { SIZE_LINE_MAX = INT_TEXT_MAX + 3 };

void
command_add(struct buf *b, size_t n, const char **words, const size_t *lens)
{
	char *text = NULL;
	long long len = redisFormatCommandArgv(&text, (int)n, words, lens);

	xcheck(text);
	buf_add(b, text, (size_t)len);
	redisFreeCommand(text);
}

/* Writes a line with a number, as "$12". Returns its end. */
static char *
put_size(char *to, char mark, size_t n)
{
	*to++ = mark;
	to = text_int(to, n);
	*to++ = '\r';
	*to++ = '\n';
	return to;
}

void
command_add_start(struct buf *b, size_t n)
{
	buf_end(b, put_size(buf_room(b, SIZE_LINE_MAX), '*', n));
}

void
command_add_word(struct buf *b, const char *word, size_t len)
{
	char *to = buf_room(b, SIZE_LINE_MAX + len + 2);

	to = mempcpy(put_size(to, '$', len), word, len);
	*to++ = '\r';
	*to++ = '\n';
	buf_end(b, to);
}
