/*
 * URLs of Redis: redis://[user:password@]host[:port][/db] or unix:///path.sock[?db=N]; or of the
 * sentinels that know where it is:
 * redis+sentinel://[user:password@]host[:port],host[:port]/master-name[/db][?parameters]. User and
 * password are those of Redis; the parameters sentinel_username and sentinel_password those of the
 * sentinels. The default port is 6379, of a sentinel 26379; the default db is 0.
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
	char *master; /* the name by which sentinels know the master; else NULL */
	struct redis_address sentinels[REDIS_SENTINELS_MAX];
	size_t n_sentinels;
	char *sentinel_user;     /* NULL: none */
	char *sentinel_password; /* NULL: none */
	char *user;              /* NULL: none */
	char *password;          /* NULL: none */
	int port;                /* 1 to 65535, if there is a host */
	int db;                  /* 0 to 1,000,000 */
};

/*
 * Parses `text`. Free `url` with redis_url_fini. Returns ERR_INVALID_FIELD, with a sentence in
 * `why`, if it is not such a URL; `url` then holds nothing.
 */
enum err redis_url_init(
    struct redis_url *url, const char *text, char *why, size_t why_size) MUST_CHECK;

/* Makes the URL of the unix socket at `path`, which is copied. */
void redis_url_init_path(struct redis_url *url, const char *path);

/*
 * Reads the password of Redis from the file at `path`, which has it on one line. Returns
 * ERR_INVALID_FIELD, with a sentence in `why`, if that cannot be done, or if the URL has a password
 * already; the empty one of "user:@host" is none.
 */
enum err redis_url_read_password(
    struct redis_url *url, const char *path, char *why, size_t why_size) MUST_CHECK;

/*
 * Reads the sentinels' password from the file at `path`, which has it on one line. Returns
 * ERR_INVALID_FIELD, with a sentence in `why`, if that cannot be done, or if the URL names no sentinels
 * or has their password already.
 */
enum err redis_url_read_sentinel_password(
    struct redis_url *url, const char *path, char *why, size_t why_size) MUST_CHECK;

/* Frees what the URL holds. */
void redis_url_fini(struct redis_url *url);

/* Writes the URL without its password to `out`, `size` bytes, for log lines. Returns `out`. */
const char *redis_url_text(const struct redis_url *url, char *out, size_t size);

#endif
