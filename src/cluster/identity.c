/* Identity. Invariant: every id in it is valid. */
#include "cluster/identity.h"

#include "base/buf.h"
#include "base/json.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LIST_MAX = 64 };

static enum err
fail(char *why, size_t why_size, enum err e, const char *option, const char *value)
{
	snprintf(why, why_size, "%s: '%s' does not match %s", option, value, ID_PATTERN);
	return e;
}

/* The machine's first address that is up and not loopback; 127.0.0.1 where there is none. */
static char *
first_address(void)
{
	struct ifaddrs *all = NULL, *i;
	char text[INET_ADDRSTRLEN] = "127.0.0.1";

	if (getifaddrs(&all) == 0) {
		for (i = all; i != NULL; i = i->ifa_next) {
			if (i->ifa_addr == NULL || i->ifa_addr->sa_family != AF_INET ||
			    (i->ifa_flags & IFF_LOOPBACK) || !(i->ifa_flags & IFF_UP))
				continue;
			inet_ntop(AF_INET, &((struct sockaddr_in *)(void *)i->ifa_addr)->sin_addr,
			    text, sizeof(text));
			break;
		}
		freeifaddrs(all);
	}
	return xstrdup(text);
}

static enum err
take_services(struct identity *id, const char *list, char *why, size_t why_size)
{
	struct buf b = BUF_INIT, seen = BUF_INIT;
	char *copy = xstrdup(list), *rest = copy, *item, needle[ID_MAX + 3];
	enum err e = ERR_OK;
	int n = 0;

	buf_add_str(&seen, ",");
	while (e == ERR_OK && *list != '\0' && (item = strsep(&rest, ",")) != NULL) {
		if (!id_valid(item, strlen(item))) {
			e = fail(why, why_size, ERR_INVALID_ID, "services", item);
			break;
		}
		snprintf(needle, sizeof(needle), ",%s,", item);
		if (strstr(buf_str(&seen), needle) != NULL)
			continue;
		buf_addf(&seen, "%s,", item);
		buf_addf(&b, "%s%s", b.len > 0 ? "," : "", item);
		if (++n > LIST_MAX) {
			snprintf(why, why_size, "services: there are more than %d", LIST_MAX);
			e = ERR_INVALID_FIELD;
		}
	}
	id->services = xstrdup(buf_str(&b));
	free(copy);
	buf_fini(&b);
	buf_fini(&seen);
	return e;
}

static enum err
take_labels(struct identity *id, const char *list, char *why, size_t why_size)
{
	struct buf b = BUF_INIT;
	char *copy = xstrdup(list), *rest = copy, *item;
	enum err e = ERR_OK;
	int n = 0;

	json_begin_object(&b, NULL);
	while (e == ERR_OK && *list != '\0' && (item = strsep(&rest, ",")) != NULL) {
		char *eq = strchr(item, '=');

		if (eq == NULL || !id_valid(item, (size_t)(eq - item)) || ++n > LIST_MAX) {
			snprintf(why, why_size, "labels: '%s' is not key=value, or there are more than %d",
			    item, LIST_MAX);
			e = ERR_INVALID_FIELD;
			break;
		}
		*eq = '\0';
		json_add_text(&b, item, eq + 1);
	}
	json_end_object(&b);
	id->labels = xstrdup(n > 0 ? buf_str(&b) : "");
	free(copy);
	buf_fini(&b);
	return e;
}

/* Sets address, port and url from -advertise "host[:port]", or else from where we listen. */
static enum err
take_address(struct identity *id, const struct config *c, char *why, size_t why_size)
{
	const char *colon = strrchr(c->advertise, ':');
	bool wildcard = strcmp(c->host, "0.0.0.0") == 0 || strcmp(c->host, "::") == 0;
	unsigned char parsed[sizeof(struct in6_addr)];
	struct buf url = BUF_INIT;
	char *end;

	if (*c->advertise == '\0') {
		id->address = wildcard ? first_address() : xstrdup(c->host);
	} else if (colon != NULL && inet_pton(AF_INET6, c->advertise, parsed) != 1) {
		id->port = (int)strtol(colon + 1, &end, 10);
		if (*end != '\0' || id->port < 1 || id->port > 65535 || colon == c->advertise) {
			snprintf(why, why_size, "advertise: '%s' is not host or host:port", c->advertise);
			return ERR_INVALID_FIELD;
		}
		id->address = xstrdup(c->advertise);
		id->address[colon - c->advertise] = '\0';
	} else {
		id->address = xstrdup(c->advertise);
	}
	if (strchr(id->address, ':') != NULL)
		buf_addf(&url, "http://[%s]:%d", id->address, id->port);
	else
		buf_addf(&url, "http://%s:%d", id->address, id->port);
	id->url = xstrdup(buf_str(&url));
	buf_fini(&url);
	return ERR_OK;
}

enum err
identity_init(struct identity *id, const struct config *c, int port, char *why, size_t why_size)
{
	struct buf b = BUF_INIT;
	char hostname[256] = "";
	enum err e;

	memset(id, 0, sizeof(*id));
	id->port = port;
	id_nonce(id->nonce);
	gethostname(hostname, sizeof(hostname) - 1);
	id->hostname = xstrdup(*hostname != '\0' ? hostname : "localhost");
	buf_addf(&b, "muster:{%s}:", c->namespace);
	id->prefix = xstrdup(buf_str(&b));
	buf_reset(&b);
	buf_addf(&b, "%s:%d", id->hostname, port);
	id->candidate = xstrdup(*c->cluster != '\0' ? c->cluster : buf_str(&b));
	buf_fini(&b);

	if (!id_valid(c->namespace, strlen(c->namespace)))
		e = fail(why, why_size, ERR_INVALID_ID, "namespace", c->namespace);
	else if (!id_valid(id->candidate, strlen(id->candidate)))
		e = fail(why, why_size, ERR_INVALID_ID, "cluster", id->candidate);
	else if (*c->zone != '\0' && !id_valid(c->zone, strlen(c->zone)))
		e = fail(why, why_size, ERR_INVALID_ID, "zone", c->zone);
	else
		e = ERR_OK;
	if (e == ERR_OK && strcmp(c->role, "worker") != 0 && strcmp(c->role, "standby") != 0 &&
	    strcmp(c->role, "replica") != 0) {
		snprintf(why, why_size, "role: '%s' is not worker, standby or replica", c->role);
		e = ERR_INVALID_FIELD;
	}
	if (e == ERR_OK)
		e = take_services(id, c->services, why, why_size);
	if (e == ERR_OK)
		e = take_labels(id, c->labels, why, why_size);
	if (e == ERR_OK)
		e = take_address(id, c, why, why_size);
	if (e != ERR_OK)
		identity_fini(id);
	return e;
}

void
identity_fini(struct identity *id)
{
	free(id->prefix);
	free(id->candidate);
	free(id->hostname);
	free(id->address);
	free(id->url);
	free(id->services);
	free(id->labels);
	memset(id, 0, sizeof(*id));
}
