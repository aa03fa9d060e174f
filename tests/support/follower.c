/* Copies of all assignments, made from events and from lists. */
#include "support/follower.h"

#include "support/api.h"

#include <stdio.h>
#include <string.h>

static json_t *
place(const json_t *v)
{
	return json_pack("[O,O]", json_object_get(v, "node_id"), json_object_get(v, "epoch"));
}

void
follower_fold(json_t *copy, const struct sse_event *e)
{
	json_t *data = json_loads(e->data, 0, NULL);
	const char *id = json_string_value(json_object_get(data, "agent_id"));

	if (strcmp(e->type, "agent.released") == 0)
		json_object_del(copy, id);
	else if (strncmp(e->type, "agent.", 6) == 0)
		json_object_set_new(copy, id, place(data));
	json_decref(data);
}

json_t *
follower_listing(int port)
{
	json_t *all = json_object(), *page, *item;
	char cursor[160] = "";
	size_t i;

	do {
		page = api(port, 200, "GET",
		    fmt("/api/cluster/assignments?limit=1000%s%s", *cursor != '\0' ? "&cursor=" : "",
		        cursor), NULL);
		json_array_foreach(json_find(page, "assignments"), i, item)
		    json_object_set_new(all, get_str(item, "agent_id"), place(item));
		snprintf(cursor, sizeof(cursor), "%s",
		    json_is_string(json_find(page, "next_cursor")) ? get_str(page, "next_cursor")
		                                                   : "");
	} while (*cursor != '\0');
	return all;
}
