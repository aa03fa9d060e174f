/* Header fields. */
#include "http/header.h"

#include "base/error.h"

#include <string.h>
#include <strings.h>

#define REQUEST_ID_CHARACTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:@-"

enum header
header_find(const char *name, size_t len)
{
	static const struct {
		const char *name;
		size_t len;
		enum header header;
	} known[] = {
		{ "host", 4, HEADER_HOST },
		{ "expect", 6, HEADER_EXPECT },
		{ "x-request-id", 12, HEADER_REQUEST_ID },
		{ "x-forwarded-for", 15, HEADER_FORWARDED_FOR },
		{ "content-type", 12, HEADER_CONTENT_TYPE },
		{ "content-length", 14, HEADER_CONTENT_LENGTH },
		{ "idempotency-key", 15, HEADER_IDEMPOTENCY_KEY },
		{ "last-event-id", 13, HEADER_LAST_EVENT_ID },
		{ "if-none-match", 13, HEADER_IF_NONE_MATCH },
		{ "origin", 6, HEADER_ORIGIN },
		{ "sec-fetch-site", 14, HEADER_SEC_FETCH_SITE },
		{ "content-encoding", 16, HEADER_CONTENT_ENCODING },
		{ "transfer-encoding", 17, HEADER_TRANSFER_ENCODING },
	};
	size_t i;

	for (i = 0; i < ARRAY_LEN(known); i++)
		if (len == known[i].len && strncasecmp(name, known[i].name, len) == 0)
			return known[i].header;
	return HEADER_UNKNOWN;
}

void
header_value_add(struct header_value *v, const char *at, size_t len)
{
	if (v->len + len <= sizeof(v->text))
		memcpy(v->text + v->len, at, len);
	v->len += len;
}

bool
header_is(const char *value, size_t size, size_t len, const char *text, bool params)
{
	size_t kept = len < size ? len : size, n = strlen(text);

	if (kept < n || strncasecmp(value, text, n) != 0)
		return false;
	while (n < kept && header_is_blank(value[n]))
		n++;
	return n == len || (params && n < kept && value[n] == ';');
}

void
header_copy_request_id(char *to, const char *value, size_t len)
{
	size_t i;

	while (len > 0 && header_is_blank(value[len - 1]))
		len--;
	for (i = 0; i < len; i++)
		if (value[i] == '\0' || strchr(REQUEST_ID_CHARACTERS, value[i]) == NULL)
			return;
	memcpy(to, value, len);
	to[len] = '\0';
}

bool
header_origin_has_host(const struct header_value *origin, const struct header_value *host)
{
	const char *at = origin->len <= sizeof(origin->text)
	    ? memmem(origin->text, origin->len, "://", 3)
	    : NULL;
	size_t len;

	if (at == NULL)
		return false;
	at += 3;
	len = origin->len - (size_t)(at - origin->text);
	return len == host->len && strncasecmp(at, host->text, len) == 0;
}
