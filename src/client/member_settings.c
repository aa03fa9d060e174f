/* What a member registers with and reports: checks the values and makes the request bodies. */
#include "client/member_settings.h"

#include "base/choices.h"
#include "base/error.h"
#include "base/json.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
	AGENTS_MAX = 1000000,
	LIST_MAX = 64,
	VALUE_MAX = 256,
	HOSTNAME_MAX = 255,
	PORT_MAX = 65535,
	RESOURCES_MAX = 16,
};

#define AMOUNT_MAX INT64_C(1000000000000)

static bool
is_id(const char *s)
{
	return s != NULL && id_valid(s, strlen(s));
}

/* Sets a text in the record. Returns false if it is not UTF-8. */
static bool
set_text(muster_member *m, const char *name, const char *text)
{
	json_t *v = json_string(text);

	return v != NULL && json_object_set_new(m->record, name, v) == 0;
}

bool
muster_member_set_address(muster_member *m, const char *ip_address, int port)
{
	unsigned char bytes[sizeof(struct in6_addr)];

	if (port < 0 || port > PORT_MAX ||
	    (ip_address != NULL && inet_pton(AF_INET, ip_address, bytes) != 1 &&
	        inet_pton(AF_INET6, ip_address, bytes) != 1))
		return false;
	if (ip_address != NULL)
		set_text(m, "ip_address", ip_address);
	else
		json_object_del(m->record, "ip_address");
	return json_object_set_new(m->record, "port", json_integer(port)) == 0;
}

bool
muster_member_set_hostname(muster_member *m, const char *hostname)
{
	size_t len = hostname != NULL ? strlen(hostname) : 0;

	return len > 0 && len <= HOSTNAME_MAX && set_text(m, "hostname", hostname);
}

bool
muster_member_set_role(muster_member *m, const char *role)
{
	static const char *const roles[] = { ROLES };
	size_t i;

	for (i = 0; i < ARRAY_LEN(roles); i++)
		if (role != NULL && strcmp(role, roles[i]) == 0)
			return set_text(m, "role", role);
	return false;
}

bool
muster_member_set_capacity(muster_member *m, int max_agents, int weight)
{
	if (max_agents < 0 || max_agents > AGENTS_MAX || weight < -1 || weight > AGENTS_MAX)
		return false;
	json_object_set_new(m->record, "max_agents", json_integer(max_agents));
	if (weight >= 0)
		json_object_set_new(m->record, "weight", json_integer(weight));
	else
		json_object_del(m->record, "weight");
	return true;
}

bool
muster_member_set_zone(muster_member *m, const char *zone)
{
	return is_id(zone) && set_text(m, "zone", zone);
}

/* The record's list or object with this name. Makes it if it does not exist. */
static json_t *
member_list(muster_member *m, const char *name, json_t *(*make)(void))
{
	json_t *v = json_object_get(m->record, name);

	if (v == NULL) {
		json_object_set_new(m->record, name, make());
		v = json_object_get(m->record, name);
	}
	return v;
}

bool
muster_member_add_service(muster_member *m, const char *service)
{
	json_t *list = member_list(m, "services", json_array);

	if (!is_id(service) || json_array_size(list) >= LIST_MAX)
		return false;
	return json_array_append_new(list, json_string(service)) == 0;
}

bool
muster_member_add_label(muster_member *m, const char *name, const char *value)
{
	json_t *labels = member_list(m, "labels", json_object);
	json_t *v;

	if (!is_id(name) || value == NULL || strlen(value) > VALUE_MAX ||
	    json_object_size(labels) >= LIST_MAX)
		return false;
	v = json_string(value);
	return v != NULL && json_object_set_new(labels, name, v) == 0;
}

bool
muster_member_add_resource(muster_member *m, const char *name, int64_t amount)
{
	json_t *resources = member_list(m, "resources", json_object);

	return is_id(name) && amount >= 0 && amount <= AMOUNT_MAX &&
	    json_object_size(resources) < RESOURCES_MAX &&
	    json_object_set_new(resources, name, json_integer(amount)) == 0;
}

void
muster_member_set_callback(muster_member *m, muster_member_fn fn, void *arg)
{
	m->fn = fn;
	m->arg = arg;
}

void
muster_member_report_usage(
    muster_member *m, double cpu, double memory, double disk, double load_average)
{
	const double usage[MEMBER_USAGE] = { cpu, memory, disk, load_average };

	pthread_mutex_lock(&m->lock);
	memcpy(m->report.usage, usage, sizeof(usage));
	pthread_mutex_unlock(&m->lock);
}

void
muster_member_report_health(muster_member *m, bool healthy)
{
	pthread_mutex_lock(&m->lock);
	m->report.healthy = healthy;
	m->report.health_said = true;
	pthread_mutex_unlock(&m->lock);
}

void
muster_member_report_draining(muster_member *m, bool draining)
{
	pthread_mutex_lock(&m->lock);
	m->report.draining = draining;
	m->report.status_due = true;
	m->due_at = 0;
	pthread_cond_signal(&m->wake);
	pthread_mutex_unlock(&m->lock);
}

void
muster_member_report_seen(muster_member *m, int64_t term, int64_t epoch)
{
	pthread_mutex_lock(&m->lock);
	if (term > m->report.term_seen)
		m->report.term_seen = term;
	if (epoch > m->report.epoch_seen)
		m->report.epoch_seen = epoch;
	pthread_mutex_unlock(&m->lock);
}

/* Adds a usage value, limited to `most`. Leaves it out if it is negative or NAN. */
static void
add_usage(json_t *body, const char *name, double value, double most)
{
	if (!isnan(value) && value >= 0)
		json_object_set_new(body, name, json_real(value < most ? value : most));
}

char *
member_heartbeat_body(const struct member_report *r, int64_t incarnation)
{
	json_t *body = json_pack("{s:I}", "incarnation", (json_int_t)incarnation);
	char *text;

	add_usage(body, "cpu_usage", r->usage[0], 100);
	add_usage(body, "memory_usage", r->usage[1], 100);
	add_usage(body, "disk_usage", r->usage[2], 100);
	add_usage(body, "load_average", r->usage[3], 1000000);
	if (r->health_said)
		json_object_set_new(body, "healthy", json_boolean(r->healthy));
	if (r->status_due)
		json_object_set_new(
		    body, "status", json_string(r->draining ? "draining" : "online"));
	if (r->term_seen > 0)
		json_object_set_new(body, "term_seen", json_integer(r->term_seen));
	if (r->epoch_seen > 0)
		json_object_set_new(body, "epoch_seen", json_integer(r->epoch_seen));
	text = json_dumps(body, JSON_COMPACT | JSON_REAL_PRECISION(6));
	json_decref(body);
	return text;
}
