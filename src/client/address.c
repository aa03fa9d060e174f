/* Reads addresses with libcurl's URL parser, so that this code and libcurl agree on what a URL
 * is. */
#include "client/address.h"

#include "base/buf.h"
#include "base/memory.h"

#include <curl/curl.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* True if the URL does not have the part. libcurl returns "/" for a URL without a path. */
static bool
absent(CURLU *u, CURLUPart part)
{
	char *text = NULL;
	bool none = curl_url_get(u, part, &text, 0) != CURLUE_OK || strcmp(text, "/") == 0;

	curl_free(text);
	return none;
}

static bool
is_http(CURLU *u, bool *secure)
{
	char *scheme = NULL;
	bool good = curl_url_get(u, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK;

	*secure = good && strcmp(scheme, "https") == 0;
	good = *secure || (good && strcmp(scheme, "http") == 0);
	curl_free(scheme);
	return good;
}

/* Returns the address in its full form, to be freed; NULL if it is malformed. */
static char *
read_one(const char *text)
{
	struct buf full = BUF_INIT;
	CURLU *u = curl_url();
	char *url = NULL, *own = NULL, port[8];
	bool secure;
	size_t len;

	if (strstr(text, "://") == NULL)
		buf_add_str(&full, "http://");
	buf_add_str(&full, text);
	if (u == NULL || curl_url_set(u, CURLUPART_URL, buf_str(&full), 0) != CURLUE_OK ||
	    !is_http(u, &secure) || !absent(u, CURLUPART_QUERY) || !absent(u, CURLUPART_FRAGMENT) ||
	    absent(u, CURLUPART_HOST))
		goto cleanup;
	snprintf(port, sizeof(port), "%d", ADDRESS_PORT);
	/* A path is that of a proxy, which has the usual port. */
	if (!secure && absent(u, CURLUPART_PORT) && absent(u, CURLUPART_PATH) &&
	    curl_url_set(u, CURLUPART_PORT, port, 0) != CURLUE_OK)
		goto cleanup;
	if (curl_url_get(u, CURLUPART_URL, &url, 0) == CURLUE_OK) {
		own = xstrdup(url);
		for (len = strlen(own); own[len - 1] == '/'; len--)
			own[len - 1] = '\0';
	}
cleanup:
	curl_free(url);
	curl_url_cleanup(u);
	buf_fini(&full);
	return own;
}

/* The URL without user and password, to be freed. */
static char *
without_password(const char *url)
{
	const char *host = strstr(url, "://") + strlen("://");
	const char *at = memrchr(host, '@', strcspn(host, "/"));
	struct buf b = BUF_INIT;
	char *shown;

	buf_add(&b, url, (size_t)(host - url));
	buf_add_str(&b, at != NULL ? at + 1 : host);
	shown = xstrdup(buf_str(&b));
	buf_fini(&b);
	return shown;
}

/* Makes room for the most addresses. */
static void
addresses_alloc(struct addresses *a)
{
	*a = (struct addresses){ xcalloc(ADDRESSES_MAX, sizeof(char *)),
		xcalloc(ADDRESSES_MAX, sizeof(char *)), 0 };
}

bool
addresses_init(struct addresses *a, const char *text)
{
	bool good = true;

	addresses_alloc(a);
	while (good && *text != '\0') {
		size_t len = strcspn(text, ","), end = len;
		char *one;

		for (; len > 0 && isspace((unsigned char)*text); text++, len--, end--)
			continue;
		while (end > 0 && isspace((unsigned char)text[end - 1]))
			end--;
		one = strndup(text, end);
		good =
		    one != NULL && a->n < ADDRESSES_MAX && (a->urls[a->n] = read_one(one)) != NULL;
		if (good) {
			a->shown[a->n] = without_password(a->urls[a->n]);
			a->n++;
		}
		free(one);
		text += len + (text[len] == ',');
	}
	if (!good || a->n == 0) {
		addresses_fini(a);
		return false;
	}
	return true;
}

void
addresses_copy(struct addresses *to, const struct addresses *from)
{
	size_t i;

	addresses_alloc(to);
	for (to->n = from->n, i = 0; i < from->n; i++) {
		to->urls[i] = xstrdup(from->urls[i]);
		to->shown[i] = xstrdup(from->shown[i]);
	}
}

void
addresses_fini(struct addresses *a)
{
	size_t i;

	for (i = 0; i < a->n; i++) {
		free(a->urls[i]);
		free(a->shown[i]);
	}
	free(a->urls);
	free(a->shown);
	*a = (struct addresses){ NULL, NULL, 0 };
}
