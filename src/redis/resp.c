/*
 * The protocol. A reply is read in two passes: one, which may stop at any byte, finds its end and
 * counts its values; the other makes them, all in one block, their texts where they were read.
 * Invariant: `due` is above 0 exactly while a reply has begun and its end was not seen.
 */
#include "redis/resp.h"

#include <stdlib.h>

enum {
	DEPTH_MAX = 16,
	TEXT_MAX = 512 * 1024 * 1024, /* as Redis has it */
	LINE_MAX_BYTES = 64 * 1024,
	DIGITS_MAX = 19,
	KEPT_MAX = 64 * 1024, /* memory that is held on to for the next reply */
};

void
resp_add_start(struct buf *b, size_t words)
{
	buf_add(b, "*", 1);
	buf_add_int(b, (int64_t)words);
	buf_add(b, "\r\n", 2);
}

void
resp_add_word(struct buf *b, const char *word, size_t len)
{
	buf_add(b, "$", 1);
	buf_add_int(b, (int64_t)len);
	buf_add(b, "\r\n", 2);
	buf_add(b, word, len);
	buf_add(b, "\r\n", 2);
}

void
resp_add_command(struct buf *b, int argc, const char **argv, const size_t *lens)
{
	int i;

	resp_add_start(b, (size_t)argc);
	for (i = 0; i < argc; i++)
		resp_add_word(b, argv[i], lens[i]);
}

void
resp_feed(struct resp_reader *r, const void *data, size_t len)
{
	size_t left = r->in.len - r->start;

	if (left == 0 && r->in.cap > KEPT_MAX)
		buf_fini(&r->in);
	else if (left > 0)
		memmove(r->in.data, r->in.data + r->start, left);
	r->in.len = left;
	r->seen -= r->start;
	r->start = 0;
	buf_add(&r->in, data, len);
}

/* What came of looking at a piece of a reply. */
enum look { LOOK_GOOD, LOOK_CUT, LOOK_BAD };

/* Reads "-12\r\n" at `*at`, which is moved behind it. */
static enum look
take_number(const char **at, const char *end, int64_t *n)
{
	const char *p = *at, *digits;
	bool negative = p < end && *p == '-';
	uint64_t size = 0;

	p += negative;
	for (digits = p; p < end && *p >= '0' && *p <= '9' && p - digits < DIGITS_MAX; p++)
		size = size * 10 + (uint64_t)(*p - '0');
	if (p == end || (p + 1 == end && *p == '\r'))
		return LOOK_CUT;
	if (p == digits || p[0] != '\r' || p[1] != '\n' || size > (uint64_t)INT64_MAX + negative)
		return LOOK_BAD;
	*n = negative ? (int64_t)-size : (int64_t)size;
	*at = p + 2;
	return LOOK_GOOD;
}

static enum look
skip_line(const char **at, const char *end)
{
	const char *cr = memchr(*at, '\r', (size_t)(end - *at));

	if (cr == NULL)
		return end - *at > LINE_MAX_BYTES ? LOOK_BAD : LOOK_CUT;
	if (end - cr < 2)
		return LOOK_CUT;
	*at = cr + 2;
	return cr[1] == '\n' ? LOOK_GOOD : LOOK_BAD;
}

/* Looks at the value at `*at`, which is moved behind it; of an array, to its `*members`. */
static enum look
skip_value(const char **at, const char *end, size_t *members)
{
	const char *p = *at + 1;
	enum look look;
	int64_t n;

	*members = 0;
	switch (**at) {
	case '+':
	case '-':
		return skip_line(at, end);
	case ':':
	case '$':
	case '*':
		break;
	default:
		return LOOK_BAD;
	}
	if ((look = take_number(&p, end, &n)) != LOOK_GOOD)
		return look;
	if (**at != ':' && (n < -1 || n > TEXT_MAX))
		return LOOK_BAD;
	if (**at == '*' && n > 0)
		*members = (size_t)n;
	if (**at == '$' && n >= 0) {
		if (end - p < n + 2)
			return LOOK_CUT;
		p += n + 2;
		if (p[-2] != '\r' || p[-1] != '\n')
			return LOOK_BAD;
	}
	*at = p;
	return LOOK_GOOD;
}

/* The first pass: goes on to the end of the reply. */
static enum look
find_end(struct resp_reader *r)
{
	const char *at = r->in.data + r->seen, *end = r->in.data + r->in.len;
	enum look look = LOOK_GOOD;
	size_t members;

	if (r->due == 0) {
		r->due = 1;
		r->values = 0;
	}
	while (r->due > 0 && look == LOOK_GOOD) {
		look = at < end ? skip_value(&at, end, &members) : LOOK_CUT;
		if (look == LOOK_GOOD) {
			r->due += members - 1;
			r->values++;
		}
	}
	r->seen = (size_t)(at - r->in.data);
	return look;
}

/* Where the second pass is. */
struct making {
	char *at;
	const char *end;
	redisReply *value;    /* the next one */
	redisReply **element; /* the next place in an array */
};

/* Makes the value at m->at, which is whole. False where values nest too deep. */
static bool
make_value(struct making *m, int depth)
{
	static const int types[] = {
		['+'] = REDIS_REPLY_STATUS,
		['-'] = REDIS_REPLY_ERROR,
		[':'] = REDIS_REPLY_INTEGER,
		['$'] = REDIS_REPLY_STRING,
		['*'] = REDIS_REPLY_ARRAY,
	};
	redisReply *v = m->value++;
	const char *at = m->at + 1;
	int64_t n = 0;
	size_t i;

	*v = (redisReply){ .type = types[(unsigned char)*m->at] };
	if (v->type == REDIS_REPLY_STATUS || v->type == REDIS_REPLY_ERROR)
		n = (char *)memchr(at, '\r', (size_t)(m->end - at)) - at;
	else if (take_number(&at, m->end, &n) != LOOK_GOOD)
		return false;
	m->at += at - m->at;
	if (v->type == REDIS_REPLY_INTEGER) {
		v->integer = n;
	} else if (n < 0) {
		v->type = REDIS_REPLY_NIL;
	} else if (v->type == REDIS_REPLY_ARRAY) {
		v->elements = (size_t)n;
		v->element = m->element;
		m->element += n;
		for (i = 0; i < v->elements; i++) {
			v->element[i] = m->value;
			if (depth == DEPTH_MAX || !make_value(m, depth + 1))
				return false;
		}
	} else {
		v->str = m->at;
		v->len = (size_t)n;
		v->str[n] = '\0';
		m->at += n + 2;
	}
	return true;
}

bool
resp_next(struct resp_reader *r, const redisReply **reply)
{
	size_t size;
	struct making m;
	enum look look = find_end(r);

	*reply = NULL;
	if (look != LOOK_GOOD)
		return look == LOOK_CUT;
	size = r->values * (sizeof(redisReply) + sizeof(redisReply *));
	if (size > r->block_size || r->block_size > KEPT_MAX) {
		free(r->block);
		r->block = xmalloc(size);
		r->block_size = size;
	}
	m.at = r->in.data + r->start;
	m.end = r->in.data + r->seen;
	m.value = r->block;
	m.element = (redisReply **)(m.value + r->values);
	r->start = r->seen;
	*reply = r->block;
	return make_value(&m, 1);
}

void
resp_reset(struct resp_reader *r)
{
	buf_fini(&r->in);
	free(r->block);
	*r = (struct resp_reader){ .in = BUF_INIT };
}

/* Adds up what a copy takes. */
static void
measure(const redisReply *reply, size_t *values, size_t *bytes)
{
	size_t i;

	++*values;
	*bytes += reply->str != NULL ? reply->len + 1 : 0;
	for (i = 0; i < reply->elements; i++)
		measure(reply->element[i], values, bytes);
}

static redisReply *
copy_value(struct making *m, const redisReply *from)
{
	redisReply *v = m->value++;
	size_t i;

	*v = *from;
	if (from->str != NULL) {
		v->str = memcpy(m->at, from->str, from->len + 1);
		m->at += from->len + 1;
	}
	if (from->element != NULL) {
		v->element = m->element;
		m->element += from->elements;
	}
	for (i = 0; i < from->elements; i++)
		v->element[i] = copy_value(m, from->element[i]);
	return v;
}

redisReply *
resp_copy(const redisReply *reply)
{
	size_t values = 0, bytes = 0;
	struct making m;

	measure(reply, &values, &bytes);
	m.value = xmalloc(values * (sizeof(redisReply) + sizeof(redisReply *)) + bytes);
	m.element = (redisReply **)(m.value + values);
	m.at = (char *)(m.element + values);
	return copy_value(&m, reply);
}
