/* Bodies of requests. They are made from what the scripts are told, so both say the same. */
#include "support/requirements_json.h"

#include <stdlib.h>
#include <string.h>

/* Undoes the percent-escapes of a label's value, in place. */
static void
unescape(char *text)
{
	char *to = text, hex[3] = "";

	for (; *text != '\0'; text++, to++) {
		*to = *text;
		if (*text == '%') {
			memcpy(hex, text + 1, 2);
			*to = (char)strtol(hex, NULL, 16);
			text += 2;
		}
	}
	*to = '\0';
}

/* Adds "key=value,…" to an object; NULL for none. Values are texts, or numbers. */
static void
add_pairs(json_t *to, char *list, bool numbers)
{
	char *pair, *value;

	while (list != NULL && (pair = strsep(&list, ",")) != NULL) {
		value = strchr(pair, '=');
		*value++ = '\0';
		unescape(value);
		json_object_set_new(to, pair,
		    numbers ? json_integer(strtoll(value, NULL, 10)) : json_string(value));
	}
}

static json_t *
list_json(char *list)
{
	json_t *array = json_array();
	char *item;

	while (list != NULL && (item = strsep(&list, ",")) != NULL)
		json_array_append_new(array, json_string(item));
	return array;
}

static json_t *
pairs_json(char *list, bool numbers)
{
	json_t *object = json_object();

	add_pairs(object, list, numbers);
	return object;
}

json_t *
node_json(const struct oracle_node *node)
{
	struct buf services = BUF_INIT, labels = BUF_INIT, amounts = BUF_INIT;
	json_t *body;

	add_services(&services, node->services);
	add_labels(&labels, node);
	add_amounts(&amounts, node->resource);
	body = json_pack("{s:s, s:s, s:i, s:i, s:o, s:o, s:o}", "id", node->id, "role",
	    role_names[node->role], "max_agents", node->max_agents, "weight", node->weight,
	    "services", list_json(services.data), "labels", pairs_json(labels.data, false),
	    "resources", pairs_json(amounts.data, true));
	if (node->zone != 0)
		json_object_set_new(body, "zone", json_string(zone_name(node->zone)));
	buf_fini(&services);
	buf_fini(&labels);
	buf_fini(&amounts);
	return body;
}

/* {"by":…,"max":…,"max_skew":…,"prefer":…} from BY/MAX/SKEW/SOFT. */
static json_t *
spread_json(char *text)
{
	json_t *spread = json_object();
	const char *by = strsep(&text, "/"), *most = strsep(&text, "/"), *skew = strsep(&text, "/");

	json_object_set_new(spread, "by", json_string(by));
	if (*most != '\0')
		json_object_set_new(spread, "max", json_integer(strtoll(most, NULL, 10)));
	if (*skew != '\0')
		json_object_set_new(spread, "max_skew", json_integer(strtoll(skew, NULL, 10)));
	if (*text != '\0')
		json_object_set_new(spread, "prefer", json_true());
	return spread;
}

/* Adds the field that one word of the requirements stands for. */
static void
add_word(json_t *body, char *word)
{
	static const char *const lists[][2] = { { "zone", "zones" }, { "node", "node_ids" },
		{ "not", "exclude_node_ids" } };
	static const char *const pairs[][2] = { { "label", "labels" },
		{ "resource", "resources" } };
	char *value = strchr(word, ':');
	size_t i;

	*value++ = '\0';
	for (i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		if (strcmp(word, lists[i][0]) == 0)
			json_object_set_new(body, lists[i][1], list_json(value));
	for (i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		if (strcmp(word, pairs[i][0]) == 0) {
			if (json_object_get(body, pairs[i][1]) == NULL)
				json_object_set_new(body, pairs[i][1], json_object());
			add_pairs(json_object_get(body, pairs[i][1]), value, i == 1);
		}
	if (strcmp(word, "group") == 0)
		json_object_set_new(body, "group", json_string(value));
	if (strcmp(word, "spread") == 0)
		json_object_set_new(body, "spread", spread_json(value));
}

json_t *
request_json(const struct oracle *o, const char *agent_id, const struct wants *w, int strategy)
{
	struct buf services = BUF_INIT, words = BUF_INIT;
	json_t *body = json_object();
	char *rest, *word;

	json_object_set_new(body, "agent_id", json_string(agent_id));
	if (strategy >= 0)
		json_object_set_new(body, "strategy", json_string(oracle_strategies[strategy]));
	add_services(&services, w->services);
	json_object_set_new(body, "services", list_json(services.data));
	add_requirements(&words, o, w);
	rest = words.data;
	while (rest != NULL && (word = strsep(&rest, " ")) != NULL)
		add_word(body, word);
	buf_fini(&services);
	buf_fini(&words);
	return body;
}
