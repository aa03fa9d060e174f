/* The identity of a process. Invariant: every id in it is valid. */
#include "cluster/identity.h"

#include "base/buf.h"
#include "base/memory.h"
#include "cluster/machine_address.h"

#include <arpa/inet.h>
#include <jansson.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LIST_MAX = 64, LABEL_MAX = 256 };

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

/* Checks and keeps -labels, as JSON. */
static enum err
take_labels(struct identity *id, const char *list, char *why, size_t why_size)
{
	json_t *labels = json_object();
	char *copy = xstrdup(list), *rest = copy, *item, *text;
	enum err e = ERR_OK;

	while (e == ERR_OK && *list != '\0' && (item = strsep(&rest, ",")) != NULL) {
		char *eq = strchr(item, '=');

		if (eq == NULL || !id_valid(item, (size_t)(eq - item))) {
			snprintf(why, why_size, "labels: '%s' is not key=value", item);
			e = ERR_INVALID_FIELD;
			break;
		}
		*eq = '\0';
		if (strlen(eq + 1) > LABEL_MAX || json_object_get(labels, item) != NULL ||
		    json_object_size(labels) == LIST_MAX ||
		    json_object_set_new(labels, item, json_string(eq + 1)) < 0) {
			snprintf(why, why_size,
			    "labels: '%s': at most %d labels, each once, with values of at most %d "
			    "bytes of UTF-8 are expected",
			    item, LIST_MAX, LABEL_MAX);
			e = ERR_INVALID_FIELD;
		}
	}
	text = json_dumps(labels, JSON_COMPACT | JSON_SORT_KEYS);
	id->labels = xstrdup(json_object_size(labels) > 0 ? text : "");
	free(text);
	json_decref(labels);
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
	free(id->ip);
	free(id->url);
	free(id->services);
	free(id->labels);
	memset(id, 0, sizeof(*id));
}
