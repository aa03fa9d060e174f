/*
 * The functions by which hiredis' reader makes its values. Each fills one `struct reply`: the
 * outermost one, or a member of the array that hiredis is reading, whose members are adjacent in
 * memory. If one of them returns NULL, hiredis takes it for a lack of memory, and the reader
 * cannot be used again.
 * Invariant: the arena only holds values of the current reply.
 */
#include "redis/reply_reader.h"

#include "base/memory.h"

#include <hiredis/hiredis.h>
#include <string.h>

/* Since 1.0, hiredis has another type for an array's size, and reads RESP3. */
#if HIREDIS_MAJOR < 1
typedef int array_size;
#else
typedef size_t array_size;
#endif

/* Starts the value that hiredis has reached. Its contents are not set yet. */
static struct reply *
new_value(const redisReadTask *task, enum reply_kind kind)
{
	struct reply_reader *r = task->privdata;
	const struct reply *array = task->parent != NULL ? task->parent->obj : NULL;
	struct reply *value = array != NULL ? &array->members[task->idx] : &r->reply;

	*value = (struct reply){ .kind = kind };
	return value;
}

/* Takes `n` times `size` bytes. Returns NULL if the reply would become too large. */
static void *
take(const redisReadTask *task, size_t n, size_t size)
{
	struct reply_reader *r = task->privdata;

	if (r->arena.size > REPLY_SIZE_MAX || n > (REPLY_SIZE_MAX - r->arena.size) / size)
		return NULL;
	return arena_take(&r->arena, n * size);
}

static void *
create_text(const redisReadTask *task, char *text, size_t len)
{
	struct reply *value = new_value(task,
	    task->type == REDIS_REPLY_STATUS      ? REPLY_STATUS
	        : task->type == REDIS_REPLY_ERROR ? REPLY_ERROR
	                                          : REPLY_TEXT);
	char *copy = take(task, len + 1, 1);

	/* hiredis has checked that two bytes follow, but not which. */
	if (copy == NULL || memcmp(text + len, "\r\n", 2) != 0)
		return NULL;
	memcpy(copy, text, len);
	copy[len] = '\0';
	value->text = copy;
	value->len = len;
	return value;
}

static void *
create_array(const redisReadTask *task, array_size n)
{
	struct reply *value = new_value(task, REPLY_ARRAY);
	const redisReadTask *outer;
	int depth = 1;

	for (outer = task->parent; outer != NULL; outer = outer->parent)
		depth++;
	value->n_members = (size_t)n;
	if (depth > REPLY_DEPTH_MAX)
		return NULL;
	if (n > 0)
		value->members = take(task, value->n_members, sizeof(struct reply));
	return n == 0 || value->members != NULL ? value : NULL;
}

static void *
create_integer(const redisReadTask *task, long long n)
{
	struct reply *value = new_value(task, REPLY_INTEGER);

	value->integer = n;
	return value;
}

static void *
create_nil(const redisReadTask *task)
{
	return new_value(task, REPLY_NIL);
}

#if HIREDIS_MAJOR >= 1
/* Values of RESP3 are refused: Redis only sends them to clients that have asked for it. */
static void *
refuse_double(const redisReadTask *task, double n, char *text, size_t len)
{
	(void)task;
	(void)n;
	(void)text;
	(void)len;
	return NULL;
}

static void *
refuse_bool(const redisReadTask *task, int n)
{
	(void)task;
	(void)n;
	return NULL;
}
#endif

/* There is no function to free values: they are in the arena. */
static redisReplyObjectFunctions functions = {
	.createString = create_text,
	.createArray = create_array,
	.createInteger = create_integer,
	.createNil = create_nil,
#if HIREDIS_MAJOR >= 1
	.createDouble = refuse_double,
	.createBool = refuse_bool,
#endif
};

void
reply_reader_feed(struct reply_reader *r, const void *data, size_t len)
{
	if (r->parser == NULL) {
		r->parser = xcheck(redisReaderCreateWithFunctions(&functions));
		r->parser->privdata = r;
		r->parser->maxbuf = REPLY_READER_KEPT_MAX;
	}
	/* The parser remembers a failure, and reply_reader_next reports it. */
	(void)redisReaderFeed(r->parser, data, len);
}

/*
 * True if the current reply is already too long, although it is not complete. hiredis itself has no
 * such limits. The bytes that it has not consumed begin with a line.
 */
static bool
is_too_long(const struct reply_reader *r)
{
	const char *rest = r->parser->buf + r->parser->pos;
	size_t len = r->parser->len - r->parser->pos;

	return len + r->arena.size > REPLY_SIZE_MAX ||
	    (len > REPLY_LINE_MAX && memchr(rest, '\n', REPLY_LINE_MAX) == NULL);
}

bool
reply_reader_next(struct reply_reader *r, const struct reply **reply)
{
	void *complete = NULL;

	*reply = NULL;
	if (r->given)
		arena_reset(&r->arena);
	r->given = false;
	if (r->parser == NULL)
		return true;
	if (redisReaderGetReply(r->parser, &complete) != REDIS_OK)
		return false;
	if (complete == NULL)
		return !is_too_long(r);
	r->given = true;
	*reply = &r->reply;
	return true;
}

void
reply_reader_reset(struct reply_reader *r)
{
	if (r->parser != NULL)
		redisReaderFree(r->parser);
	arena_fini(&r->arena);
	*r = (struct reply_reader){ 0 };
}
