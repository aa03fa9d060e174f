/* The options that say what an agent needs. */
#include "cli/terms.h"

#include "base/config_option.h"

#include <stdlib.h>
#include <string.h>

enum { PRIORITY_MAX = 100 };

/* A part of an option's value, with its NUL: at most this many bytes; more are no valid value. */
enum { PART_MAX = 512 };

typedef bool (*add_id_fn)(muster_terms *t, const char *id);

/* Copies the `n` bytes of a part. False if there are too many. */
static bool
copy_part(char part[PART_MAX], const char *text, size_t n)
{
	if (n >= PART_MAX)
		return false;
	memcpy(part, text, n);
	part[n] = '\0';
	return true;
}

/* Adds each id of a list with commas; `list` may be NULL. */
static bool
add_ids(muster_terms *t, const char *list, add_id_fn add)
{
	char id[PART_MAX];

	while (list != NULL) {
		size_t n = strcspn(list, ",");

		if (!copy_part(id, list, n) || !add(t, id))
			return false;
		list = list[n] == ',' ? list + n + 1 : NULL;
	}
	return true;
}

/* Reads a whole number. False if it is none, or above `most`. */
static bool
read_whole(const char *text, int64_t most, int64_t *n)
{
	size_t len = strlen(text);

	*n = strtoll(text, NULL, 10);
	return len > 0 && len <= 18 && strspn(text, "0123456789") == len && *n <= most;
}

static bool
add_label(muster_terms *t, const char *text)
{
	const char *equals = strchr(text, '=');
	char name[PART_MAX];

	return equals != NULL && copy_part(name, text, (size_t)(equals - text)) &&
	    muster_terms_add_label(t, name, equals + 1);
}

static bool
add_resource(muster_terms *t, const char *text)
{
	const char *equals = strchr(text, '=');
	char name[PART_MAX];
	int64_t amount;

	return equals != NULL && copy_part(name, text, (size_t)(equals - text)) &&
	    read_whole(equals + 1, INT64_MAX, &amount) &&
	    muster_terms_add_resource(t, name, amount);
}

/* Adds what "node:max=1:max_skew=1:prefer" says. What is before the limits may have colons itself. */
static bool
set_spread(muster_terms *t, const char *text)
{
	int64_t max = 0, max_skew = 0;
	bool prefer = false;
	char by[PART_MAX], *colon;

	if (!copy_part(by, text, strlen(text)))
		return false;
	while ((colon = strrchr(by, ':')) != NULL) {
		if (strcmp(colon, ":prefer") == 0)
			prefer = true;
		else if (strncmp(colon, ":max=", 5) == 0 ? !read_whole(colon + 5, INT32_MAX, &max)
		        : strncmp(colon, ":max_skew=", 10) == 0
		        ? !read_whole(colon + 10, INT32_MAX, &max_skew)
		        : true)
			break;
		*colon = '\0';
	}
	return muster_terms_set_spread(t, by, (int)max, (int)max_skew, prefer);
}

int
terms_read_priority(const struct cli *cli, int *priority)
{
	int64_t n = -1;

	*priority = -1;
	if (cli->options.priority != NULL && !read_whole(cli->options.priority, PRIORITY_MAX, &n))
		return cli_usage(
		    "-priority: a whole number from 0 to %d is expected", PRIORITY_MAX);
	*priority = (int)n;
	return CLI_GOOD;
}

/* Reads the options about how the request is carried out. */
static int
read_conduct(const struct cli *cli, muster_terms *t)
{
	const struct options *o = &cli->options;
	int priority, status = terms_read_priority(cli, &priority);

	if (status != CLI_GOOD)
		return status;
	if (priority > 0)
		muster_terms_set_priority(t, priority);
	if (o->queue_ttl != NULL &&
	    !muster_terms_set_queue_ttl(t, config_option_parse_ms(o->queue_ttl)))
		return cli_usage("-queue-ttl: a time up to a year is expected, such as 30s or 2h");
	if (o->dry_run)
		muster_terms_set_dry_run(t, true);
	if (o->explain)
		muster_terms_set_explain(t, true);
	return CLI_GOOD;
}

int
terms_read(const struct cli *cli, muster_terms **terms)
{
	const struct options *o = &cli->options;
	muster_terms *t = *terms = muster_terms_new();
	size_t i;

	for (i = 0; i < o->label.n; i++)
		if (!add_label(t, o->label.texts[i]))
			return cli_usage("-label: '%s' is not name=value", o->label.texts[i]);
	for (i = 0; i < o->resource.n; i++)
		if (!add_resource(t, o->resource.texts[i]))
			return cli_usage(
			    "-resource: '%s' is not name=amount", o->resource.texts[i]);
	if (!add_ids(t, o->zone, muster_terms_add_zone))
		return cli_usage("-zone: a comma-separated list of at most 64 ids is expected");
	if (!add_ids(t, o->node, muster_terms_add_node))
		return cli_usage("-node: a comma-separated list of at most 64 ids is expected");
	if (!add_ids(t, o->exclude_node, muster_terms_exclude_node))
		return cli_usage(
		    "-exclude-node: a comma-separated list of at most 64 ids is expected");
	if (o->group != NULL && !muster_terms_set_group(t, o->group))
		return cli_usage("-group: an id is expected");
	if (o->spread != NULL && !set_spread(t, o->spread))
		return cli_usage("-spread: node, zone or label:KEY is expected, and then :max=N or "
		                 ":max_skew=N, and :prefer");
	return read_conduct(cli, t);
}
