/*
 * The terms of a request. Invariant: requirements that say the same make the same text, because they are
 * in the order of enum term and each of them is sorted.
 */
#include "api/terms.h"

#include "base/json.h"
#include "base/pairs.h"

#include <string.h>

/* How a term is written. */
enum form {
	FORM_NONE,
	FORM_FLAG,    /* the word alone */
	FORM_NUMBER,  /* word:NUMBER, left out for 0 */
	FORM_TEXT,    /* word:TEXT */
	FORM_IDS,     /* word:ID,ID,… */
	FORM_LABELS,  /* word:KEY=VALUE for each pair */
	FORM_AMOUNTS, /* word:NAME=AMOUNT for each pair, left out for 0 */
	FORM_SPREAD   /* word:BY/MAX/SKEW/SOFT */
};

static const struct {
	const char *word;
	const char *field; /* of a requirement */
	enum form form;
} table[TERM_COUNT] = {
	[TERM_QUEUE] = { "queue", NULL, FORM_FLAG },
	[TERM_QUEUE_TTL_MS] = { "ttl", NULL, FORM_NUMBER },
	[TERM_PRIORITY] = { "priority", NULL, FORM_NUMBER },
	[TERM_DRY_RUN] = { "dry", NULL, FORM_FLAG },
	[TERM_EXPLAIN] = { "explain", NULL, FORM_FLAG },
	[TERM_LABELS] = { "label", "labels", FORM_LABELS },
	[TERM_ZONES] = { "zone", "zones", FORM_IDS },
	[TERM_NODE_IDS] = { "node", "node_ids", FORM_IDS },
	[TERM_EXCLUDE_NODE_IDS] = { "not", "exclude_node_ids", FORM_IDS },
	[TERM_RESOURCES] = { "resource", "resources", FORM_AMOUNTS },
	[TERM_GROUP] = { "group", "group", FORM_TEXT },
	[TERM_SPREAD] = { "spread", "spread", FORM_SPREAD },
};

/* Appends word:VALUE, or the word alone if `len` is 0, after what must be before it. */
static void
add_word(struct buf *terms, enum term term, const char *value, size_t len)
{
	if (term >= TERM_LABELS && strchr(buf_str(terms), '|') == NULL)
		buf_add(terms, "|", 1);
	else if (terms->len > 0)
		buf_add(terms, " ", 1);
	buf_add_str(terms, table[term].word);
	if (len > 0)
		buf_add(terms, ":", 1);
	buf_add(terms, value, len);
}

void
terms_add(struct buf *terms, enum term term, const char *value)
{
	const char *end = value + strlen(value);
	enum form form = table[term].form;
	struct pair p;

	if (*value == '\0' || (form == FORM_NUMBER && strcmp(value, "0") == 0))
		return;
	if (form == FORM_FLAG) {
		add_word(terms, term, "", 0);
	} else if (form == FORM_LABELS || form == FORM_AMOUNTS) {
		while (pairs_take(&value, end, &p))
			if (form == FORM_LABELS || p.value_len > 1 || *p.value != '0')
				add_word(terms, term, p.key, p.key_len + 1 + p.value_len);
	} else {
		add_word(terms, term, value, (size_t)(end - value));
	}
}

bool
terms_have(const char *terms, enum term term)
{
	const char *word = table[term].word;
	size_t len = strlen(word);

	while (*terms != '\0' && *terms != '|') {
		size_t n = strcspn(terms, " |");

		if (n >= len && memcmp(terms, word, len) == 0 && (n == len || terms[len] == ':'))
			return true;
		terms += n;
		terms += *terms == ' ';
	}
	return false;
}

/* Splits off what is before the next `/`, or before `end`. Returns its length; moves `*s` behind it. */
static size_t
take_part(const char **s, const char *end, const char **part)
{
	const char *slash = memchr(*s, '/', (size_t)(end - *s));
	size_t len = (size_t)((slash != NULL ? slash : end) - *s);

	*part = *s;
	*s = slash != NULL ? slash + 1 : end;
	return len;
}

static void
write_spread(struct buf *b, const char *field, const char *value, const char *end)
{
	static const char *const limits[] = { "max", "max_skew" };
	const char *part;
	size_t i, len;

	json_begin_object(b, field);
	len = take_part(&value, end, &part);
	json_add_string(b, "by", part, len);
	for (i = 0; i < 2; i++) {
		len = take_part(&value, end, &part);
		if (len > 0)
			json_add_raw(b, limits[i], part, len);
	}
	json_add_bool(b, "prefer", value < end);
	json_end_object(b);
}

/* The requirement whose word begins at `s`, and where its value does; TERM_NONE for another word. */
static enum term
find_term(const char *s, const char *end, const char **value)
{
	enum term term;

	for (term = TERM_LABELS; term < TERM_COUNT; term++) {
		size_t n = strlen(table[term].word);

		if ((size_t)(end - s) > n && memcmp(s, table[term].word, n) == 0 && s[n] == ':') {
			*value = s + n + 1;
			return term;
		}
	}
	return TERM_NONE;
}

static void
write_term(struct buf *b, enum term term, const char *value, const char *end)
{
	const char *field = table[term].field;
	struct pair p;

	switch (table[term].form) {
	case FORM_LABELS:
		if (pairs_take(&value, end, &p))
			pairs_write_text(b, &p);
		break;
	case FORM_AMOUNTS:
		if (pairs_take(&value, end, &p))
			pairs_write_number(b, &p);
		break;
	case FORM_IDS:
		json_add_list(b, field, value, (size_t)(end - value));
		break;
	case FORM_SPREAD:
		write_spread(b, field, value, end);
		break;
	default:
		json_add_string(b, field, value, (size_t)(end - value));
		break;
	}
}

void
terms_write(struct buf *b, const char *requirements, size_t len)
{
	const char *s = requirements, *end = s + len, *value = s;
	enum term open = TERM_NONE; /* the words of which make one object */

	while (s < end) {
		const char *space = memchr(s, ' ', (size_t)(end - s));
		const char *stop = space != NULL ? space : end;
		enum term term = find_term(s, stop, &value);
		enum form form = table[term].form;

		if (open != TERM_NONE && open != term) {
			json_end_object(b);
			open = TERM_NONE;
		}
		if (open == TERM_NONE && (form == FORM_LABELS || form == FORM_AMOUNTS)) {
			json_begin_object(b, table[term].field);
			open = term;
		}
		if (term != TERM_NONE)
			write_term(b, term, value, stop);
		s = stop + (space != NULL);
	}
	if (open != TERM_NONE)
		json_end_object(b);
}
