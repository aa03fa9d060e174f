/*
 * Where Redis is: redis://[user:password@]host:port[/db], unix:///path.sock[?db=N], or whom to ask:
 * redis+sentinel://[user:password@]host:port,host:port/master-name[/db].
 */
#ifndef REDIS_URL_H
#define REDIS_URL_H

#include "base/error.h"

#include <stddef.h>

enum { REDIS_SENTINELS_MAX = 16 };

struct redis_address {
	char *host;
	int port;
};

struct redis_url {
	char *host;   /* NULL for a unix socket and for sentinels */
	char *path;   /* of the unix socket; else NULL */
	char *master; /* that the sentinels know; else NULL */
	struct redis_address sentinels[REDIS_SENTINELS_MAX];
	size_t n_sentinels;
	char *user;     /* NULL: none */
	char *password; /* NULL: none */
	int port;
	int db;
};

/*
 * Parses `text`. ERR_INVALID_FIELD with a sentence in `why` where it is not such a URL; `url`
 * then holds nothing.
 */
enum err redis_url_init(
    struct redis_url *url, const char *text, char *why, size_t why_size) MUST_CHECK;

/* The URL of a unix socket, at `path`, copied. */
void redis_url_init_path(struct redis_url *url, const char *path);

/* Frees what the URL holds. */
void redis_url_fini(struct redis_url *url);

/* Writes the URL without its password, for log lines. Returns `out`. */
const char *redis_url_text(const struct redis_url *url, char *out, size_t size);

#endif
