/*
 * The protocol. A reply is read in two passes: one, which may stop at any byte, notes each value;
 * when all are there the other points them at each other and at their texts, where these were read.
 * Invariant: `due` is above 0 exactly while a reply has begun and its end was not seen.
 */
#include "redis/resp.h"

#include "base/memory.h"
#include "base/text.h"

#include <stdlib.h>

enum {
	DEPTH_MAX = 16,               /* of arrays */
	TEXT_MAX = 512 * 1024 * 1024, /* as Redis has it */
	LINE_MAX_BYTES = 64 * 1024,
	DIGITS_MAX = 19,
	SIZE_LINE_MAX = INT_TEXT_MAX + 3,
	KEPT_MAX = 64 * 1024, /* bytes that are held on to for the next reply */
	ROOM_FIRST = 64,
	ROOM_KEPT_MAX = 1024,
};

/* Writes a size, as "$12" and what ends a line. Returns its end. */
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
resp_add_start(struct buf *b, size_t words)
{
	buf_end(b, put_size(buf_room(b, SIZE_LINE_MAX), '*', words));
}

void
resp_add_word(struct buf *b, const char *word, size_t len)
{
	char *to = buf_room(b, SIZE_LINE_MAX + len + 2);

	to = mempcpy(put_size(to, '$', len), word, len);
	*to++ = '\r';
	*to++ = '\n';
	buf_end(b, to);
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

static inline bool
is_crlf(const char *p)
{
	return memcmp(p, "\r\n", 2) == 0;
}

/* Reads "-12\r\n" at `*at`, which is moved behind it. A NUL stands at `end`. */
static inline enum look
take_number(const char **at, const char *end, int64_t *n)
{
	const char *digits = *at + (**at == '-'), *p = digits;
	uint64_t size = 0;
	unsigned digit;

	/* Most are lengths of short texts. */
	if (end - p >= 4 && (digit = (unsigned)p[0] - '0') <= 9 && p == *at) {
		unsigned second = (unsigned)p[1] - '0';

		if (is_crlf(p + 1) || (second <= 9 && is_crlf(p + 2))) {
			*n = second <= 9 ? digit * 10 + second : digit;
			*at = p + (second <= 9 ? 4 : 3);
			return LOOK_GOOD;
		}
	}
	for (; (digit = (unsigned)*p - '0') <= 9; p++)
		size = size * 10 + digit;
	if (end - p < 2)
		return p == end || *p == '\r' ? LOOK_CUT : LOOK_BAD;
	if (p == digits || p > digits + DIGITS_MAX || !is_crlf(p) ||
	    size > (uint64_t)INT64_MAX + (digits != *at))
		return LOOK_BAD;
	*n = digits != *at ? (int64_t)-size : (int64_t)size;
	*at = p + 2;
	return LOOK_GOOD;
}

/*
 * Notes the text of `n` bytes at `*at`, which is moved behind it and its CRLF. Until the bytes stay
 * where they are, its distance from `start` must do.
 */
static inline enum look
take_text(redisReply *v, const char **at, const char *start, const char *end, int64_t n)
{
	const char *text = *at;

	if (end - text < n + 2)
		return LOOK_CUT;
	v->integer = text - start;
	v->len = (size_t)n;
	*at = text + n + 2;
	return is_crlf(text + n) ? LOOK_GOOD : LOOK_BAD;
}

static enum look
take_line(redisReply *v, const char **at, const char *start, const char *end)
{
	const char *cr = memchr(*at, '\r', (size_t)(end - *at));

	if (cr == NULL)
		return end - *at > LINE_MAX_BYTES ? LOOK_BAD : LOOK_CUT;
	return take_text(v, at, start, end, cr - *at);
}

/*
 * Notes the value at `*at`, which is moved behind it; of an array, to its members. `v` comes zeroed
 * but for its type, NIL.
 */
static inline enum look
take_value(redisReply *v, const char **at, const char *start, const char *end)
{
	char mark = *(*at)++;
	enum look look;
	int64_t n = 0;

	if (mark == '+' || mark == '-') {
		v->type = mark == '+' ? REDIS_REPLY_STATUS : REDIS_REPLY_ERROR;
		return take_line(v, at, start, end);
	}
	if (mark != '$' && mark != '*' && mark != ':')
		return LOOK_BAD;
	look = take_number(at, end, &n);
	if (look != LOOK_GOOD)
		return look;
	if (mark == ':') {
		v->type = REDIS_REPLY_INTEGER;
		v->integer = n;
	} else if (n < -1 || n > TEXT_MAX) {
		return LOOK_BAD;
	} else if (mark == '$' && n >= 0) {
		v->type = REDIS_REPLY_STRING;
		return take_text(v, at, start, end, n);
	} else if (n >= 0) {
		v->type = REDIS_REPLY_ARRAY;
		v->elements = (size_t)n;
	}
	return LOOK_GOOD;
}

/* Where the next value of the reply may be noted. */
static inline redisReply *
next_value(struct resp_reader *r)
{
	redisReply *v;

	if (r->values == r->room) {
		r->room = r->room > 0 ? 2 * r->room : ROOM_FIRST;
		r->value = xrealloc(r->value, r->room * sizeof(*r->value));
	}
	v = &r->value[r->values];
	*v = (redisReply){ .type = REDIS_REPLY_NIL };
	return v;
}

/* The first pass: goes on to the end of the reply. */
static enum look
find_end(struct resp_reader *r)
{
	const char *start = buf_str(&r->in) + r->start, *end = buf_str(&r->in) + r->in.len;
	const char *at = buf_str(&r->in) + r->seen;
	size_t due = r->due;
	enum look look = LOOK_GOOD;

	if (due == 0) {
		due = 1;
		r->values = 0;
	}
	while (due > 0 && at < end) {
		redisReply *v = next_value(r);
		const char *next = at;

		look = take_value(v, &next, start, end);
		if (look != LOOK_GOOD)
			break;
		due += v->elements - 1;
		r->values++;
		at = next;
	}
	r->due = due;
	r->seen = (size_t)(at - buf_str(&r->in));
	return look == LOOK_GOOD && due > 0 ? LOOK_CUT : look;
}

static void
forget_values(struct resp_reader *r)
{
	free(r->value);
	free(r->element);
	r->value = NULL;
	r->element = NULL;
	r->room = r->element_room = 0;
}

/* Where the second pass is, or a copy. */
struct linking {
	char *start;          /* of the reply's bytes; in a copy, of those that come next */
	redisReply *value;    /* the next one */
	redisReply **element; /* the next place for a member */
};

/* Points a text to its bytes. */
static inline void
link_text(const struct linking *l, redisReply *v)
{
	if (v->type == REDIS_REPLY_INTEGER || v->type == REDIS_REPLY_NIL)
		return;
	v->str = l->start + v->integer;
	v->str[v->len] = '\0';
	v->integer = 0;
}

/* Finishes the array `v` and its members, which come next. False where arrays nest too deep. */
static bool
link_members(struct linking *l, redisReply *v, int depth)
{
	size_t i;

	v->element = l->element;
	l->element += v->elements;
	for (i = 0; i < v->elements; i++) {
		redisReply *member = l->value++;

		v->element[i] = member;
		if (member->type == REDIS_REPLY_ARRAY) {
			if (depth == DEPTH_MAX || !link_members(l, member, depth + 1))
				return false;
		} else {
			link_text(l, member);
		}
	}
	return true;
}

bool
resp_next(struct resp_reader *r, const redisReply **reply)
{
	struct linking l;
	enum look look;

	*reply = NULL;
	if (r->due == 0 && r->room > ROOM_KEPT_MAX)
		forget_values(r);
	look = find_end(r);
	if (look != LOOK_GOOD)
		return look == LOOK_CUT;
	if (r->element_room < r->room) {
		r->element_room = r->room;
		r->element = xrealloc(r->element, r->room * sizeof(redisReply *));
	}
	l = (struct linking){ r->in.data + r->start, r->value + 1, r->element };
	r->start = r->seen;
	*reply = r->value;
	if (r->value->type == REDIS_REPLY_ARRAY)
		return link_members(&l, r->value, 1);
	link_text(&l, r->value);
	return true;
}

void
resp_reset(struct resp_reader *r)
{
	buf_fini(&r->in);
	forget_values(r);
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
copy_value(struct linking *l, const redisReply *from)
{
	redisReply *v = l->value++;
	size_t i;

	*v = *from;
	if (from->str != NULL) {
		v->str = memcpy(l->start, from->str, from->len + 1);
		l->start += from->len + 1;
	}
	if (from->element != NULL) {
		v->element = l->element;
		l->element += from->elements;
		for (i = 0; i < from->elements; i++)
			v->element[i] = copy_value(l, from->element[i]);
	}
	return v;
}

redisReply *
resp_copy(const redisReply *reply)
{
	size_t values = 0, bytes = 0;
	struct linking l;

	measure(reply, &values, &bytes);
	l.value = xmalloc(values * (sizeof(redisReply) + sizeof(redisReply *)) + bytes);
	l.element = (redisReply **)(l.value + values);
	l.start = (char *)(l.element + values);
	return copy_value(&l, reply);
}
