/* The table of steps. */
#include "redis/handshake.h"

#include "base/error.h"
#include "base/log.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OLDEST_MAJOR = 7 };

/*
 * Appends the arguments to the `n` words of a command. Returns how many there are then; 0: skip it.
 */
static size_t
auth_arguments(struct handshake *h, const char *words[], size_t n)
{
	if (h->url->password == NULL)
		return 0;
	if (h->url->user != NULL)
		words[n++] = h->url->user;
	words[n++] = h->url->password;
	return n;
}

static size_t
select_arguments(struct handshake *h, const char *words[], size_t n)
{
	if (h->url->db == 0)
		return 0;
	snprintf(h->db, sizeof(h->db), "%d", h->url->db);
	words[n++] = h->db;
	return n;
}

static size_t
setname_arguments(struct handshake *h, const char *words[], size_t n)
{
	words[n++] = h->client_name;
	return n;
}

/* The text of member `i`, or NULL if the reply has none. */
static const char *
member_text(const struct reply *r, size_t i)
{
	return i < r->n_members ? r->members[i].text : NULL;
}

/* Each check gets a reply that is not an error. It returns what is wrong with it, or NULL. */
static const char *
role_check(struct handshake *h, const struct reply *r)
{
	const char *role = member_text(r, 0);

	(void)h;
	return role != NULL && strcmp(role, "master") == 0 ? NULL : "this Redis is not a master";
}

static const char *
policy_check(struct handshake *h, const struct reply *r)
{
	const char *policy = member_text(r, 1);

	(void)h;
	if (policy != NULL && strcmp(policy, "noeviction") != 0)
		log_warn("redis",
		    "maxmemory-policy is %s: Redis may evict what the cluster needs; set "
		    "noeviction",
		    policy);
	return NULL;
}

/* Copies the value of a line "name:value" of INFO; "" if there is none. */
static const char *
info_value(const char *info, const char *name, char *out, size_t size)
{
	const char *at = info != NULL ? strstr(info, name) : NULL;

	out[0] = '\0';
	if (at != NULL) {
		at += strlen(name);
		snprintf(out, size, "%.*s", (int)strcspn(at, "\r\n"), at);
	}
	return out;
}

static const char *
info_check(struct handshake *h, const struct reply *r)
{
	char version[32];

	if (atoi(info_value(r->text, "redis_version:", version, sizeof(version))) < OLDEST_MAJOR)
		return "Redis 7.0 or newer is needed";
	info_value(r->text, "run_id:", h->run_id, sizeof(h->run_id));
	return NULL;
}

static const struct step {
	const char *name;
	const char *words[HANDSHAKE_WORDS_MAX]; /* of the command, without its own arguments */
	size_t (*arguments)(struct handshake *h, const char *words[], size_t n); /* or NULL */
	const char *(*check)(struct handshake *h, const struct reply *r);        /* or NULL */
	bool optional; /* if Redis refuses it, the handshake continues without it */
} steps[HANDSHAKE_STEPS] = {
	{ "AUTH", { "AUTH" }, auth_arguments, NULL, false },
	{ "SELECT", { "SELECT" }, select_arguments, NULL, false },
	{ "CLIENT SETNAME", { "CLIENT", "SETNAME" }, setname_arguments, NULL, true },
	{ "ROLE", { "ROLE" }, NULL, role_check, false },
	{ "CONFIG GET", { "CONFIG", "GET", "maxmemory-policy" }, NULL, policy_check, true },
	{ "INFO", { "INFO", "server" }, NULL, info_check, false },
};

size_t
handshake_command(struct handshake *h, size_t step, const char *words[HANDSHAKE_WORDS_MAX])
{
	const struct step *s = &steps[step];
	size_t n = 0;

	while (n < HANDSHAKE_WORDS_MAX && s->words[n] != NULL) {
		words[n] = s->words[n];
		n++;
	}
	return s->arguments != NULL ? s->arguments(h, words, n) : n;
}

const char *
handshake_check(struct handshake *h, size_t step, const struct reply *r)
{
	const struct step *s = &steps[step];

	if (r->kind == REPLY_ERROR)
		return s->optional ? NULL : r->text;
	return s->check != NULL ? s->check(h, r) : NULL;
}

const char *
handshake_step_name(size_t step)
{
	return steps[step].name;
}
