/* The operations on agents: assign, update, release, get, list. */
#include "client/client.h"
#include "client/terms.h"

#include <inttypes.h>
#include <stdlib.h>

#define ASSIGNMENTS "/api/cluster/assignments"

/* Adds `text`, a JSON object, as the metadata. Returns false and sets c->error if it is malformed. */
static bool
add_metadata(muster_client *c, json_t *body, const char *text)
{
	json_t *metadata = json_loads(text, JSON_REJECT_DUPLICATES, NULL);

	if (!json_is_object(metadata)) {
		json_decref(metadata);
		client_bad_argument(c, "metadata: a JSON object is expected");
		return false;
	}
	return json_object_set_new(body, "metadata", metadata) == 0;
}

/* Adds the optional fields of the request to `body`. Returns false and sets c->error if one is
 * malformed. */
static bool
add_extras(muster_client *c, json_t *body, const struct muster_agent_request *rq)
{
	terms_add_to(body, rq->terms);
	if (rq->queue)
		json_object_set_new(body, "queue", json_true());
	if (rq->strategy != NULL &&
	    json_object_set_new(body, "strategy", json_string(rq->strategy)) != 0) {
		client_bad_argument(c, "strategy: it must be UTF-8");
		return false;
	}
	return rq->metadata == NULL || add_metadata(c, body, rq->metadata);
}

/* Returns the request's body, to be freed. Returns NULL and sets c->error if the request is
 * malformed. */
static char *
request_body(muster_client *c, const struct muster_agent_request *rq)
{
	json_t *body, *services;
	char *text = NULL;
	size_t i;

	if (!client_check_id(c, "agent_id", rq->agent_id))
		return NULL;
	for (i = 0; i < rq->n_services; i++)
		if (!client_check_id(c, "services", rq->services[i]))
			return NULL;
	body = json_pack("{s:s}", "agent_id", rq->agent_id);
	services = json_array();
	for (i = 0; i < rq->n_services; i++)
		json_array_append_new(services, json_string(rq->services[i]));
	json_object_set_new(body, "services", services);
	if (add_extras(c, body, rq))
		text = json_dumps(body, JSON_COMPACT);
	json_decref(body);
	return text;
}

muster_reply *
muster_agent_assign(muster_client *c, const struct muster_agent_request *request)
{
	char *body = request_body(c, request);
	muster_reply *r = body != NULL ? client_post(c, ASSIGNMENTS, body) : NULL;

	free(body);
	return r;
}

muster_reply *
muster_agent_update(
    muster_client *c, const char *agent_id, const char *metadata, int priority, int64_t epoch)
{
	struct buf path = BUF_INIT;
	json_t *body = json_object();
	muster_reply *r = NULL;
	char *text;

	if (priority >= 0)
		json_object_set_new(body, "priority", json_integer(priority));
	if (epoch > 0)
		json_object_set_new(body, "epoch", json_integer(epoch));
	if (client_check_id(c, "agent_id", agent_id) &&
	    (metadata == NULL || add_metadata(c, body, metadata))) {
		buf_addf(&path, ASSIGNMENTS "/%s", agent_id);
		text = json_dumps(body, JSON_COMPACT);
		r = client_post(c, buf_str(&path), text);
		free(text);
	}
	buf_fini(&path);
	json_decref(body);
	return r;
}

bool
muster_agent_release(muster_client *c, const char *agent_id, int64_t epoch)
{
	struct buf path = BUF_INIT;
	muster_reply *r;

	if (!client_check_id(c, "agent_id", agent_id))
		return false;
	buf_addf(&path, ASSIGNMENTS "/%s", agent_id);
	if (epoch > 0)
		buf_addf(&path, "?epoch=%" PRId64, epoch);
	r = client_delete(c, buf_str(&path));
	buf_fini(&path);
	muster_reply_free(r);
	return r != NULL;
}

muster_reply *
muster_agent_get(muster_client *c, const char *agent_id)
{
	struct buf path = BUF_INIT;
	muster_reply *r;

	if (!client_check_id(c, "agent_id", agent_id))
		return NULL;
	buf_addf(&path, ASSIGNMENTS "/%s", agent_id);
	r = client_get(c, buf_str(&path));
	buf_fini(&path);
	return r;
}

muster_reply *
muster_agent_list(muster_client *c, const struct muster_agents_filter *filter)
{
	static const struct muster_agents_filter all = { 0 };
	struct buf path = BUF_INIT;
	muster_reply *r;

	if (filter == NULL)
		filter = &all;
	buf_add_str(&path, ASSIGNMENTS);
	if (filter->limit != 0)
		buf_addf(&path, "?limit=%d", filter->limit);
	client_add_query(&path, "cursor", filter->cursor);
	client_add_query(&path, "node_id", filter->node_id);
	client_add_query(&path, "status", filter->status);
	client_add_query(&path, "service", filter->service);
	r = client_get(c, buf_str(&path));
	buf_fini(&path);
	return r;
}
