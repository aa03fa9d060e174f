/* Redis URLs. */
#include "redis/url.h"

#include "base/buf.h"

#include <event2/http.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

enum { DEFAULT_PORT = 6379, DB_MAX = 1000000 };

static int
parse_db(const char *s, int *db)
{
	char *end;
	long n = strtol(s, &end, 10);

	if (*s < '0' || *s > '9' || *end != '\0' || n > DB_MAX)
		return -1;
	*db = (int)n;
	return 0;
}

static char *
decoded(const char *s, size_t len)
{
	char *copy = xmalloc(len + 1), *out;

	memcpy(copy, s, len);
	copy[len] = '\0';
	out = evhttp_uridecode(copy, 0, NULL);
	free(copy);
	return out != NULL ? out : xstrdup("");
}

static void
parse_userinfo(struct redis_url *url, const char *info)
{
	const char *colon = strchr(info, ':');

	if (colon == NULL) {
		url->password = decoded(info, strlen(info));
		return;
	}
	if (colon > info)
		url->user = decoded(info, (size_t)(colon - info));
	url->password = decoded(colon + 1, strlen(colon + 1));
}

/* Fills `url` from a parsed URI; returns what is wrong, or NULL. */
static const char *
from_uri(struct redis_url *url, const struct evhttp_uri *uri)
{
	const char *scheme = evhttp_uri_get_scheme(uri), *host = evhttp_uri_get_host(uri);
	const char *path = evhttp_uri_get_path(uri), *query = evhttp_uri_get_query(uri);
	const char *info = evhttp_uri_get_userinfo(uri);

	if (scheme == NULL)
		return "it has no scheme";
	if (evhttp_uri_get_fragment(uri) != NULL)
		return "it takes no fragment";
	if (info != NULL)
		parse_userinfo(url, info);
	if (strcmp(scheme, "unix") == 0) {
		if ((host != NULL && *host != '\0') || path == NULL || *path != '/')
			return "a unix socket is written unix:///path.sock";
		url->path = decoded(path, strlen(path));
		if (strlen(url->path) >= sizeof(((struct sockaddr_un *)NULL)->sun_path))
			return "its path is too long for a unix socket";
		if (query != NULL &&
		    (strncmp(query, "db=", 3) != 0 || parse_db(query + 3, &url->db) < 0))
			return "the only parameter of a unix socket is db=N";
		return NULL;
	}
	if (strcmp(scheme, "redis") != 0)
		return "its scheme is neither redis nor unix";
	if (host == NULL || *host == '\0')
		return "it names no host";
	/* An IPv6 address stands in brackets in a URL, and nowhere else. */
	url->host = xstrdup(*host == '[' ? host + 1 : host);
	if (*host == '[')
		url->host[strcspn(url->host, "]")] = '\0';
	url->port = evhttp_uri_get_port(uri) < 0 ? DEFAULT_PORT : evhttp_uri_get_port(uri);
	if (url->port < 1 || url->port > 65535)
		return "its port is not between 1 and 65535";
	if (path != NULL && path[0] == '/' && path[1] != '\0' && parse_db(path + 1, &url->db) < 0)
		return "its database is not a number";
	if (query != NULL)
		return "it takes no parameters";
	return NULL;
}

enum err
redis_url_init(struct redis_url *url, const char *text, char *why, size_t why_size)
{
	struct evhttp_uri *uri = strstr(text, "%00") == NULL ? evhttp_uri_parse(text) : NULL;
	const char *wrong = "it is not a URL";

	memset(url, 0, sizeof(*url));
	if (uri != NULL) {
		wrong = from_uri(url, uri);
		evhttp_uri_free(uri);
	}
	if (wrong == NULL)
		return ERR_OK;
	snprintf(why, why_size, "redis: %s", wrong);
	redis_url_fini(url);
	return ERR_INVALID_FIELD;
}

void
redis_url_init_path(struct redis_url *url, const char *path)
{
	memset(url, 0, sizeof(*url));
	url->path = xstrdup(path);
}

void
redis_url_fini(struct redis_url *url)
{
	free(url->host);
	free(url->path);
	free(url->user);
	free(url->password);
	memset(url, 0, sizeof(*url));
}

const char *
redis_url_text(const struct redis_url *url, char *out, size_t size)
{
	if (url->path != NULL)
		snprintf(out, size, "unix://%s?db=%d", url->path, url->db);
	else
		snprintf(out, size,
		    strchr(url->host, ':') != NULL ? "redis://[%s]:%d/%d" : "redis://%s:%d/%d",
		    url->host, url->port, url->db);
	return out;
}
