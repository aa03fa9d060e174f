/*
 * The nodes for Prometheus' HTTP service discovery: all in one array, collected page by page. A node
 * that comes or goes meanwhile may be in it or not.
 */
#include "api/discovery.h"

#include "api/app.h"
#include "api/args.h"
#include "api/call.h"
#include "base/json.h"
#include "base/memory.h"
#include "http/reply.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define PAGE "500"

/* Columns in the row of lua/lib/node_row.lua. */
enum { IP_ADDRESS = 2, PORT = 3, SERVICES = 16, LABELS = 17 };

static const struct {
	size_t column;
	const char *label;
} meta[] = {
	{ 0, "__meta_muster_node_id" },
	{ 1, "__meta_muster_hostname" },
	{ IP_ADDRESS, "__meta_muster_ip_address" },
	{ PORT, "__meta_muster_port" },
	{ 4, "__meta_muster_role" },
	{ 5, "__meta_muster_status" },
	{ 6, "__meta_muster_healthy" },
	{ 18, "__meta_muster_zone" },
};

struct discovery {
	struct request *rq;
	struct buf targets; /* the array so far */
};

static void discovery_page(struct discovery *d, const char *cursor);

/* Adds a node's labels. Characters that Prometheus does not allow in names become '_'. */
static void
add_labels(struct buf *b, const struct reply *row)
{
	size_t len;
	const char *text = script_row_part(row, LABELS, &len);
	json_t *labels = len > 0 ? json_loadb(text, len, 0, NULL) : NULL, *value;
	struct buf name = BUF_INIT;
	const char *key;
	size_t i;

	json_object_foreach(labels, key, value)
	{
		buf_reset(&name);
		buf_addf(&name, "__meta_muster_label_%s", key);
		for (i = 0; i < name.len; i++)
			if (strchr(".:@-", name.data[i]) != NULL)
				name.data[i] = '_';
		/* If two labels become the same name, Prometheus takes the last. */
		json_add_text(b, buf_str(&name), json_string_value(value));
	}
	buf_fini(&name);
	json_decref(labels);
}

static void
add_node(struct buf *b, const struct reply *row)
{
	size_t ip_len, port_len, len, i;
	const char *ip = script_row_part(row, IP_ADDRESS, &ip_len);
	const char *port = script_row_part(row, PORT, &port_len), *text;
	bool bracketed = memchr(ip, ':', ip_len) != NULL;
	struct buf target = BUF_INIT, services = BUF_INIT;

	buf_addf(&target, bracketed ? "[%.*s]" : "%.*s", (int)ip_len, ip);
	if (port_len != 1 || *port != '0')
		buf_addf(&target, ":%.*s", (int)port_len, port);
	json_begin_object(b, NULL);
	json_begin_array(b, "targets");
	json_add_text(b, NULL, buf_str(&target));
	json_end_array(b);
	json_begin_object(b, "labels");
	for (i = 0; i < ARRAY_LEN(meta); i++) {
		text = script_row_part(row, meta[i].column, &len);
		json_add_string(b, meta[i].label, text, len);
	}
	/* With commas at both ends a regular expression can find each as ",name,". */
	text = script_row_part(row, SERVICES, &len);
	if (len > 0)
		buf_addf(&services, ",%.*s,", (int)len, text);
	json_add_text(b, "__meta_muster_services", buf_str(&services));
	add_labels(b, row);
	json_end_object(b);
	json_end_object(b);
	buf_fini(&target);
	buf_fini(&services);
}

static void
discovery_page_done(void *arg, enum err e, const struct reply *r)
{
	struct discovery *d = arg;
	size_t i;

	if (e == ERR_OK) {
		for (i = 3; i < r->n_members; i++)
			add_node(&d->targets, &r->members[i]);
		if (*script_reply_text(r, 2) != '\0') {
			discovery_page(d, script_reply_text(r, 2));
			return;
		}
		json_end_array(&d->targets);
		reply_json(d->rq, 200, &d->targets);
	} else {
		call_reply_failure(d->rq, e, r);
	}
	buf_fini(&d->targets);
	free(d);
}

static void
discovery_page(struct discovery *d, const char *cursor)
{
	const struct app *app = request_app(d->rq);
	struct args a;

	args_begin(&a, SCRIPT_NODE_LIST);
	args_text(&a, PAGE);
	args_text(&a, cursor);
	args_text(&a, "");
	args_text(&a, "");
	args_query(&a, d->rq, "service", NULL);
	args_text(&a, "");
	if (a.failed == ERR_OK) {
		script_call(app->redis, app->prefix, &a.script, discovery_page_done, d);
		return;
	}
	reply_problem(d->rq, a.failed, a.detail);
	script_args_fini(&a.script);
	buf_fini(&d->targets);
	free(d);
}

void
discovery_get(struct request *rq)
{
	struct discovery *d = xcalloc(1, sizeof(*d));

	d->rq = rq;
	json_begin_array(&d->targets, NULL);
	discovery_page(d, "");
}
