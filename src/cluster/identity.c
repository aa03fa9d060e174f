/* The identity of a process. Invariant: every id in it is valid. */
#include "cluster/identity.h"

#include "base/buf.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/pairs.h"
#include "cluster/machine_address.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LIST_MAX = 64, LABEL_MAX = 256, RESOURCES_MAX = 16 };

/* Checks and keeps -services. */
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
			snprintf(
			    why, why_size, "services: '%s' does not match %s", item, ID_PATTERN);
			e = ERR_INVALID_ID;
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

static bool
is_label(const char *value)
{
	size_t left = strlen(value), n = 1;

	if (left > LABEL_MAX)
		return false;
	for (; left > 0 && n > 0; value += n, left -= n)
		n = json_utf8_length((const unsigned char *)value, left);
	return n > 0;
}

/* True for a whole number that a resource may have. */
static bool
is_amount(const char *value)
{
	size_t len = strlen(value);

	return len > 0 && len <= 13 && strspn(value, "0123456789") == len &&
	    strtoll(value, NULL, 10) <= INT64_C(1000000000000);
}

static int
compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* An option that is a list key=value,…, and what its values may be. */
struct pairs_option {
	const char *name;
	size_t most; /* pairs, up to LIST_MAX */
	bool (*is_valid)(const char *value);
	const char *values; /* what is_valid accepts */
};

static const struct pairs_option labels_option = { "labels", LIST_MAX, is_label,
	"values of at most 256 bytes of UTF-8" };
static const struct pairs_option resources_option = { "resources", RESOURCES_MAX, is_amount,
	"whole numbers up to 1000000000000" };

/* Checks a list and keeps it as pairs (base/pairs.h) in ascending order. */
static enum err
take_pairs(char **to, const struct pairs_option *o, const char *list, char *why, size_t why_size)
{
	char *copy = xstrdup(list), *rest = *list != '\0' ? copy : NULL, *item,
	     *keys[LIST_MAX] = { NULL };
	struct buf pairs = BUF_INIT;
	enum err e = ERR_OK;
	size_t n = 0, i;

	while (e == ERR_OK && (item = strsep(&rest, ",")) != NULL) {
		char *eq = strchr(item, '=');

		if (eq == NULL || !id_valid(item, (size_t)(eq - item))) {
			snprintf(why, why_size, "%s: '%s' is not key=value", o->name, item);
			e = ERR_INVALID_FIELD;
			break;
		}
		*eq = '\0';
		for (i = 0; i < n && strcmp(keys[i], item) != 0; i++)
			continue;
		if (i < n || n == o->most || !o->is_valid(eq + 1)) {
			snprintf(why, why_size,
			    "%s: '%s': at most %zu, each once, with %s are expected", o->name, item,
			    o->most, o->values);
			e = ERR_INVALID_FIELD;
			break;
		}
		keys[n++] = item; /* a NUL follows it, and then its value */
	}
	qsort(keys, n, sizeof(*keys), compare);
	for (i = 0; i < n; i++) {
		const char *value = keys[i] + strlen(keys[i]) + 1;

		pairs_add(&pairs, keys[i], value, strlen(value));
	}
	*to = xstrdup(buf_str(&pairs));
	buf_fini(&pairs);
	free(copy);
	return e;
}

/* The numeric form of an address, which may be a name to look up; NULL if it is not found. */
static char *
numeric(const char *address)
{
	const struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM };
	struct addrinfo *found = NULL;
	char text[INET6_ADDRSTRLEN];
	char *ip;

	if (getaddrinfo(address, NULL, &hints, &found) != 0)
		return NULL;
	ip = getnameinfo(found->ai_addr, found->ai_addrlen, text, sizeof(text), NULL, 0,
	         NI_NUMERICHOST) == 0
	    ? xstrdup(text)
	    : NULL;
	freeaddrinfo(found);
	return ip;
}

/* True for a host in a URL, unless it is an IPv6 address. */
static bool
is_name(const char *s)
{
	return *s != '\0' && strcspn(s, ":/[]@?# \t") == strlen(s);
}

/*
 * Sets address and port from "host", "host:port", an IPv6 address, or one in brackets that ":port" may
 * follow. False if `text` has none of these forms.
 */
static bool
split_advertise(struct identity *id, const char *text)
{
	unsigned char parsed[sizeof(struct in6_addr)];
	bool brackets = *text == '[';
	char *host = xstrdup(brackets ? text + 1 : text);
	bool bare = inet_pton(AF_INET6, host, parsed) == 1;
	char *end = bare ? NULL : strchr(host, brackets ? ']' : ':');
	char *port = end != NULL && brackets ? end + 1 : end, *rest = NULL;
	long number = id->port;

	id->address = host;
	if (brackets && end == NULL)
		return false;
	if (port != NULL && *port == ':' && port[1] >= '0' && port[1] <= '9')
		number = strtol(port + 1, &rest, 10);
	if (port != NULL && (rest != NULL ? *rest != '\0' : *port != '\0'))
		return false;
	if (end != NULL)
		*end = '\0';
	id->port = number >= 1 && number <= 65535 ? (int)number : 0;
	return id->port != 0 &&
	    (brackets || bare ? inet_pton(AF_INET6, host, parsed) == 1 : is_name(host));
}

/* The family of a host that stands for all addresses of it; AF_UNSPEC for any other host. */
static int
wildcard_family(const char *host)
{
	struct in6_addr v6;
	struct in_addr v4;

	if (*host == '\0' || (inet_pton(AF_INET, host, &v4) == 1 && v4.s_addr == INADDR_ANY))
		return AF_INET;
	return inet_pton(AF_INET6, host, &v6) == 1 && IN6_IS_ADDR_UNSPECIFIED(&v6) ? AF_INET6
	                                                                           : AF_UNSPEC;
}

/* Sets address, ip, port and url from -advertise, else from the address that we listen on. */
static enum err
take_address(struct identity *id, const struct config *c, char *why, size_t why_size)
{
	int family = wildcard_family(c->host);
	struct buf url = BUF_INIT;

	if (*c->advertise == '\0') {
		id->address = family != AF_UNSPEC ? machine_address(family) : xstrdup(c->host);
	} else if (!split_advertise(id, c->advertise)) {
		snprintf(why, why_size, "advertise: '%s' is not host or host:port", c->advertise);
		return ERR_INVALID_FIELD;
	}
	/* Others may be able to look the name up even if we are not. */
	id->ip = numeric(id->address);
	if (id->ip == NULL)
		id->ip = machine_address(family == AF_INET6 ? AF_INET6 : AF_INET);
	if (strchr(id->address, ':') != NULL)
		buf_addf(&url, "http://[%s]:%d", id->address, id->port);
	else
		buf_addf(&url, "http://%s:%d", id->address, id->port);
	id->url = xstrdup(buf_str(&url));
	buf_fini(&url);
	return ERR_OK;
}

/* The id of a pure front-end: characters of the host name that an id may not have are replaced. */
static char *
candidate_of(const char *hostname, int port)
{
	struct buf b = BUF_INIT;
	char *id;

	buf_addf(&b, "%.100s:%d", hostname, port);
	id = xstrdup(buf_str(&b));
	buf_fini(&b);
	for (size_t i = 0; id[i] != '\0'; i++)
		if (!id_valid(id, i + 1))
			id[i] = i == 0 ? 'x' : '-';
	return id;
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
	buf_fini(&b);
	id->candidate =
	    *c->cluster != '\0' ? xstrdup(c->cluster) : candidate_of(id->hostname, port);

	e = take_services(id, c->services, why, why_size);
	if (e == ERR_OK)
		e = take_pairs(&id->labels, &labels_option, c->labels, why, why_size);
	if (e == ERR_OK)
		e = take_pairs(&id->resources, &resources_option, c->resources, why, why_size);
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
	free(id->ip);
	free(id->url);
	free(id->services);
	free(id->labels);
	free(id->resources);
	memset(id, 0, sizeof(*id));
}
