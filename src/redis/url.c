/* Parses and writes the URLs of Redis. */
#include "redis/url.h"

#include "base/memory.h"

#include <errno.h>
#include <event2/http.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

enum { DEFAULT_PORT = 6379, SENTINEL_PORT = 26379, DB_MAX = 1000000, PASSWORD_MAX = 4096 };

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
		return "its scheme is none of redis, unix and redis+sentinel";
	if (host == NULL || *host == '\0')
		return "it names no host";
	/* Only in a URL is an IPv6 address in brackets. */
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

/* Reads "host:port", "host", "[address]:port" or "[address]", and changes `text`. */
static const char *
parse_sentinel(struct redis_url *url, char *text)
{
	struct redis_address *s = &url->sentinels[url->n_sentinels];
	char *end = *text == '[' ? strchr(text, ']') : strchr(text, ':');
	char *port = end != NULL && *end == ']' ? end + 1 : end, *rest = NULL;

	if (*text == '[' && end == NULL)
		return "a sentinel's address lacks its ']'";
	s->port = SENTINEL_PORT;
	if (port != NULL && *port != '\0') {
		s->port = *port == ':' && port[1] >= '0' && port[1] <= '9'
		    ? (int)strtol(port + 1, &rest, 10)
		    : 0;
		if (s->port < 1 || s->port > 65535 || *rest != '\0')
			return "a sentinel's port is not between 1 and 65535";
	}
	if (end != NULL)
		*end = '\0';
	text += *text == '[';
	if (*text == '\0')
		return "a sentinel has no host";
	s->host = xstrdup(text);
	url->n_sentinels++;
	return NULL;
}

/* Reads "sentinel_username=U&sentinel_password=P", and changes `text`. */
static const char *
parse_parameters(struct redis_url *url, char *text)
{
	char *pair;

	while ((pair = strsep(&text, "&")) != NULL) {
		const char *name = strsep(&pair, "=");
		char **value = strcmp(name, "sentinel_username") == 0 ? &url->sentinel_user
		    : strcmp(name, "sentinel_password") == 0          ? &url->sentinel_password
		                                                      : NULL;

		if (value == NULL)
			return "sentinels take the parameters sentinel_username and "
			       "sentinel_password";
		if (*value != NULL)
			return "a parameter is given twice";
		if (pair == NULL || *pair == '\0')
			return "a parameter has no value";
		*value = decoded(pair, strlen(pair));
	}
	return NULL;
}

/*
 * Fills `url` from "[user:password@]host:port,host:port/master[/db][?parameters]", and changes `text`.
 */
static const char *
from_sentinels(struct redis_url *url, char *text)
{
	char *parameters = strchr(text, '?'), *at, *master, *db, *host;
	const char *wrong = NULL;

	if (parameters != NULL) {
		*parameters++ = '\0';
		wrong = parse_parameters(url, parameters);
		if (wrong != NULL)
			return wrong;
	}
	at = strrchr(text, '@');
	if (at != NULL) {
		*at = '\0';
		parse_userinfo(url, text);
		text = at + 1;
	}
	master = strchr(text, '/');
	if (master == NULL || master[1] == '\0' || master[1] == '/')
		return "it names no master after the sentinels";
	*master++ = '\0';
	db = strchr(master, '/');
	if (db != NULL) {
		*db++ = '\0';
		if (parse_db(db, &url->db) < 0)
			return "its database is not a number";
	}
	url->master = decoded(master, strlen(master));
	while (wrong == NULL && (host = strsep(&text, ",")) != NULL)
		wrong = url->n_sentinels < REDIS_SENTINELS_MAX ? parse_sentinel(url, host)
		                                               : "it names more than 16 sentinels";
	return wrong;
}

enum err
redis_url_init(struct redis_url *url, const char *text, char *why, size_t why_size)
{
	static const char sentinel[] = "redis+sentinel://";
	struct evhttp_uri *uri = strstr(text, "%00") == NULL ? evhttp_uri_parse(text) : NULL;
	const char *wrong = "it is not a URL";
	char *copy;

	memset(url, 0, sizeof(*url));
	if (strncmp(text, sentinel, strlen(sentinel)) == 0 && strpbrk(text, "# ") == NULL) {
		copy = xstrdup(text + strlen(sentinel));
		wrong = from_sentinels(url, copy);
		free(copy);
	} else if (uri != NULL) {
		wrong = from_uri(url, uri);
	}
	if (uri != NULL)
		evhttp_uri_free(uri);
	if (wrong == NULL)
		return ERR_OK;
	snprintf(why, why_size, "redis: %s", wrong);
	redis_url_fini(url);
	return ERR_INVALID_FIELD;
}

/* Reads the file, at most `size` - 1 bytes of it. Returns what is wrong, or NULL. */
static const char *
read_line(const char *path, char *line, size_t size)
{
	FILE *f = fopen(path, "re");
	const char *wrong = NULL;
	size_t len;

	if (f == NULL)
		return strerror(errno);
	len = fread(line, 1, size - 1, f);
	if (ferror(f))
		wrong = strerror(errno);
	fclose(f);
	if (len > 0 && line[len - 1] == '\n')
		len--;
	if (len > 0 && line[len - 1] == '\r')
		len--;
	line[len] = '\0';
	if (wrong == NULL && strpbrk(line, "\r\n") != NULL)
		wrong = "it has more than one line";
	if (wrong == NULL && *line == '\0')
		wrong = "it is empty";
	return wrong;
}

/* Reads `*password` from the file that this option names, unless something is `wrong` already. */
static enum err
read_password(char **password, const char *option, const char *path, const char *wrong, char *why,
    size_t why_size)
{
	char line[PASSWORD_MAX + 1];

	if (wrong == NULL)
		wrong = read_line(path, line, sizeof(line));
	if (wrong != NULL) {
		snprintf(why, why_size, "%s: %s: %s", option, path, wrong);
		return ERR_INVALID_FIELD;
	}
	free(*password);
	*password = xstrdup(line);
	return ERR_OK;
}

enum err
redis_url_read_password(struct redis_url *url, const char *path, char *why, size_t why_size)
{
	const char *wrong = url->password != NULL && *url->password != '\0'
	    ? "the URL of -redis has a password too (a user alone is written redis://user:@host)"
	    : NULL;

	return read_password(&url->password, "redis-password-file", path, wrong, why, why_size);
}

enum err
redis_url_read_sentinel_password(
    struct redis_url *url, const char *path, char *why, size_t why_size)
{
	const char *wrong = url->master == NULL ? "the URL of -redis names no sentinels"
	    : url->sentinel_password != NULL    ? "the URL of -redis has a sentinel_password too"
	                                        : NULL;

	return read_password(
	    &url->sentinel_password, "sentinel-password-file", path, wrong, why, why_size);
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
	while (url->n_sentinels > 0)
		free(url->sentinels[--url->n_sentinels].host);
	free(url->master);
	free(url->host);
	free(url->path);
	free(url->user);
	free(url->password);
	free(url->sentinel_user);
	free(url->sentinel_password);
	memset(url, 0, sizeof(*url));
}

const char *
redis_url_text(const struct redis_url *url, char *out, size_t size)
{
	if (url->master != NULL)
		snprintf(out, size, "redis+sentinel://%s:%d%s/%s/%d", url->sentinels[0].host,
		    url->sentinels[0].port, url->n_sentinels > 1 ? ",..." : "", url->master,
		    url->db);
	else if (url->path != NULL)
		snprintf(out, size, "unix://%s?db=%d", url->path, url->db);
	else
		snprintf(out, size,
		    strchr(url->host, ':') != NULL ? "redis://[%s]:%d/%d" : "redis://%s:%d/%d",
		    url->host, url->port, url->db);
	return out;
}
