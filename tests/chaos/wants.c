/* What agents require and nodes offer. There is less of everything than the agents want together. */
#include "chaos/wants.h"

#include "support/api.h"

#include <string.h>

enum { ZONES = 3, SLOTS = 3, IN_A_ZONE = 2, ON_A_NODE = 1 };

static int
digit_of(const char *node)
{
	return node[strlen(node) - 1] - '0';
}

const char *
wants_json(int agent)
{
	switch (agent % 6) {
	case 0:
		return "";
	case 1:
		return ",\"resources\":{\"slot\":1}";
	case 2:
		return fmt(
		    ",\"group\":\"zones\",\"spread\":{\"by\":\"zone\",\"max\":%d}", IN_A_ZONE);
	case 3:
		return ",\"labels\":{\"parity\":\"even\"}";
	case 4:
		return fmt(
		    ",\"group\":\"apart\",\"spread\":{\"by\":\"node\",\"max\":%d}", ON_A_NODE);
	default:
		return ",\"resources\":{\"slot\":2},\"group\":\"even\","
		       "\"spread\":{\"by\":\"label:parity\",\"max_skew\":2}";
	}
}

const char *
offers_zone(const char *node)
{
	return fmt("z%d", digit_of(node) % ZONES);
}

static const char *
parity(const char *node)
{
	return digit_of(node) % 2 == 0 ? "even" : "odd";
}

const char *
offers_labels(const char *node)
{
	return fmt("parity=%s", parity(node));
}

const char *
offers_resources(void)
{
	return fmt("slot=%d", SLOTS);
}

const char *
offers_json(const char *node)
{
	return fmt(",\"zone\":\"%s\",\"labels\":{\"parity\":\"%s\"},\"resources\":{\"slot\":%d}",
	    offers_zone(node), parity(node), SLOTS);
}

const char *
wants_domain(const char *group, const char *node)
{
	return strcmp(group, "zones") == 0 ? offers_zone(node) : node;
}

int
wants_most(const char *group)
{
	return strcmp(group, "zones") == 0 ? IN_A_ZONE
	    : strcmp(group, "apart") == 0  ? ON_A_NODE
	                                   : 0;
}
