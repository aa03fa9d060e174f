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
#include "base/pairs.h"
#include "http/reply.h"

#include <stdlib.h>
#include <string.h>

enum { PAGE = 500 }; /* nodes */

static const struct {
	size_t column;
	const char *label;
} meta[] = {
	{ NODE_ROW_ID, "__meta_muster_node_id" },
	{ NODE_ROW_HOSTNAME, "__meta_muster_hostname" },
	{ NODE_ROW_IP_ADDRESS, "__meta_muster_ip_address" },
	{ NODE_ROW_PORT, "__meta_muster_port" },
	{ NODE_ROW_ROLE, "__meta_muster_role" },
	{ NODE_ROW_STATUS, "__meta_muster_status" },
	{ NODE_ROW_HEALTHY, "__meta_muster_healthy" },
	{ NODE_ROW_ZONE, "__meta_muster_zone" },
};

struct discovery {
	struct request *rq;
	struct buf targets; /* the array so far */
};

static void discovery_page(struct discovery *d, const char *cursor);

/* Adds a node's labels. Characters that Prometheus does not allow in names become '_'. */
static void
add_labels(struct buf *b, const struct script_row *row)
{
	const char *list = script_row_text(row, NODE_ROW_LABELS);
	const char *end = list + script_row_len(row, NODE_ROW_LABELS);
	struct buf name = BUF_INIT, value = BUF_INIT;
	struct pair p;
	size_t i;

	while (pairs_take(&list, end, &p)) {
		buf_reset(&name);
		buf_reset(&value);
		buf_add_str(&name, "__meta_muster_label_");
		buf_add(&name, p.key, p.key_len);
		for (i = 0; i < name.len; i++)
			if (strchr(".:@-", name.data[i]) != NULL)
				name.data[i] = '_';
		pairs_unescape(&value, p.value, p.value_len);
		/* If two labels become the same name, Prometheus takes the last. */
		json_add_string(b, buf_str(&name), buf_str(&value), value.len);
	}
	buf_fini(&name);
	buf_fini(&value);
}

static void
add_node(struct buf *b, const struct script_row *row)
{
	const char *ip = script_row_text(row, NODE_ROW_IP_ADDRESS);
	const char *port = script_row_text(row, NODE_ROW_PORT);
	const char *names = script_row_text(row, NODE_ROW_SERVICES);
	struct buf target = BUF_INIT, services = BUF_INIT;
	size_t i;

	buf_addf(&target, strchr(ip, ':') != NULL ? "[%s]" : "%s", ip);
	if (strcmp(port, "0") != 0)
		buf_addf(&target, ":%s", port);
	json_begin_object(b, NULL);
	json_begin_array(b, "targets");
	json_add_text(b, NULL, buf_str(&target));
	json_end_array(b);
	json_begin_object(b, "labels");
	for (i = 0; i < ARRAY_LEN(meta); i++)
		json_add_text(b, meta[i].label, script_row_text(row, meta[i].column));
	/* With commas at both ends a regular expression can find each as ",name,". */
	if (*names != '\0')
		buf_addf(&services, ",%s,", names);
	json_add_text(b, "__meta_muster_services", buf_str(&services));
	add_labels(b, row);
	json_end_object(b);
	json_end_object(b);
	buf_fini(&target);
	buf_fini(&services);
}

static void
discovery_page_done(void *arg, enum err e, const struct script_reply *r)
{
	struct discovery *d = arg;
	size_t i;

	if (e == ERR_OK) {
		const char *cursor = script_row_text(&r->head, PAGE_ROW_NEXT_CURSOR);

		for (i = 0; i < r->n_rows; i++)
			add_node(&d->targets, &r->rows[i]);
		if (*cursor != '\0') {
			discovery_page(d, cursor);
			return;
		}
		json_end_array(&d->targets);
		reply_json(d->rq, 200, &d->targets);
	} else {
		call_reply_failure(d->rq, e, r->error);
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
	args_int(&a, NODE_LIST_ARG_LIMIT, PAGE);
	args_text(&a, NODE_LIST_ARG_CURSOR, cursor);
	args_text(&a, NODE_LIST_ARG_STATUS, "");
	args_text(&a, NODE_LIST_ARG_ROLE, "");
	args_query(&a, NODE_LIST_ARG_SERVICE, d->rq, "service", NULL);
	args_text(&a, NODE_LIST_ARG_ZONE, "");
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
