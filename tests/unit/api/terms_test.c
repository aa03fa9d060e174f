/* The terms of a request: what its fields become, each limit and each refusal, and what is shown. */
#include "fixture.h"

#include "api/agent.h"
#include "base/json.h"

#include <string.h>

enum { TERMS = AGENT_ASSIGN_ITEM_TERMS };

/* Expects a request with these members beside agent_id to have these terms. */
static void
becomes(const char *members, const char *terms)
{
	struct buf body = BUF_INIT;
	struct args a;

	buf_addf(&body, "{\"agent_id\":\"a\"%s%s}", *members != '\0' ? "," : "", members);
	read_body(&a, body.data, body.len, assignment_in, ASSIGNMENT_IN);
	if (a.failed != ERR_OK)
		fail_msg("%.200s: %s", body.data, a.detail);
	assert_int_equal(a.script.count, AGENT_ASSIGN_ITEM_COUNT);
	assert_string_equal(args_get(&a, TERMS), terms);
	script_args_fini(&a.script);
	buf_fini(&body);
}

static void
refuses(const char *members, enum err e, const char *detail)
{
	struct buf body = BUF_INIT;

	buf_addf(&body, "{\"agent_id\":\"a\",%s}", members);
	refuses_body(assignment_in, ASSIGNMENT_IN, body.data, body.len, e, detail);
	buf_fini(&body);
}

/* Writes <before>0<after>, <before>1<after>, … `n` times within the two brackets. */
static const char *
many(struct buf *b, const char *field, const char *brackets, const char *before, const char *after,
    int n)
{
	int i;

	buf_reset(b);
	buf_addf(b, "\"%s\":%.1s", field, brackets);
	for (i = 0; i < n; i++)
		buf_addf(b, "%s%s%d%s", i > 0 ? "," : "", before, i, after);
	buf_add_str(b, brackets + 1);
	return b->data;
}

static void
a_plain_request_has_none(void **state)
{
	(void)state;
	becomes("", "");
	becomes("\"services\":[\"s\"],\"strategy\":\"random\",\"metadata\":{\"k\":\"v\"}", "");
	becomes(
	    "\"queue\":false,\"queue_ttl_ms\":0,\"priority\":0,\"dry_run\":false,\"explain\":false",
	    "");
	becomes(
	    "\"labels\":{},\"zones\":[],\"node_ids\":[],\"exclude_node_ids\":[],\"resources\":{}",
	    "");
	becomes("\"resources\":{\"gpu\":0,\"mb\":0.0}", "");
}

static void
each_field_has_its_word(void **state)
{
	(void)state;
	becomes("\"queue\":true", "queue");
	becomes("\"queue_ttl_ms\":31536000000", "ttl:31536000000");
	becomes("\"priority\":100", "priority:100");
	becomes("\"priority\":1e1", "priority:10");
	becomes("\"dry_run\":true", "dry");
	becomes("\"explain\":true", "explain");
	becomes("\"labels\":{\"pool\":\"canary\"}", "|label:pool=canary");
	becomes("\"labels\":{\"b\":\"1 2\",\"a\":\"\"}", "|label:a= label:b=1%202");
	becomes("\"zones\":[\"eu-2\",\"eu-1\",\"eu-2\"]", "|zone:eu-1,eu-2");
	becomes("\"node_ids\":[\"n2\",\"n1\"]", "|node:n1,n2");
	becomes("\"exclude_node_ids\":[\"n2\",\"n1\"]", "|not:n1,n2");
	becomes("\"resources\":{\"mb\":1000000000000,\"gpu\":1,\"x\":0}",
	    "|resource:gpu=1 resource:mb=1000000000000");
	becomes("\"group\":\"0\"", "|group:0");
	becomes(
	    "\"group\":\"g\",\"spread\":{\"by\":\"node\",\"max\":1}", "|group:g spread:node/1//");
	becomes("\"group\":\"g\",\"spread\":{\"max_skew\":1000000,\"by\":\"label:rack\",\"prefer\":"
	        "true}",
	    "|group:g spread:label:rack//1000000/1");
	becomes("\"group\":\"g\",\"spread\":{\"by\":\"zone\",\"max\":1000000,\"max_skew\":1,"
	        "\"prefer\":false}",
	    "|group:g spread:zone/1000000/1/");
}

static void
words_have_one_order(void **state)
{
	(void)state;
	becomes("\"spread\":{\"by\":\"zone\",\"max_skew\":1},\"group\":\"web\",\"resources\":{"
	        "\"gpu\":1},"
	        "\"zones\":[\"eu-2\",\"eu-1\"],\"labels\":{\"arch\":\"arm64\"},\"priority\":5,"
	        "\"queue\":true",
	    "queue priority:5|label:arch=arm64 zone:eu-1,eu-2 resource:gpu=1 group:web "
	    "spread:zone//1/");
	becomes(
	    "\"explain\":true,\"dry_run\":true,\"labels\":{\"pool\":\"canary\"},\"queue_ttl_ms\":7",
	    "ttl:7 dry explain|label:pool=canary");
	becomes("\"exclude_node_ids\":[\"c\"],\"node_ids\":[\"b\",\"a\"]", "|node:a,b not:c");
}

static void
fields_have_limits(void **state)
{
	static const char *const lists[] = { "zones", "node_ids", "exclude_node_ids" };
	struct buf b = BUF_INIT, detail = BUF_INIT, terms = BUF_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(lists); i++) {
		buf_reset(&detail);
		buf_addf(&detail, "%s: an array of at most 64 ids", lists[i]);
		refuses(many(&b, lists[i], "[]", "\"n", "\"", 65), ERR_INVALID_FIELD, detail.data);
		buf_reset(&detail);
		buf_addf(&detail, "%s: an id matches ", lists[i]);
		refuses(many(&b, lists[i], "[]", "\" ", "\"", 1), ERR_INVALID_ID, detail.data);
	}
	for (i = 10; i < 26; i++)
		buf_addf(&terms, "%sresource:r%zu=1", i == 10 ? "|" : " ", i);
	becomes(
	    "\"resources\":{\"r10\":1,\"r11\":1,\"r12\":1,\"r13\":1,\"r14\":1,\"r15\":1,\"r16\":1,"
	    "\"r17\":1,\"r18\":1,\"r19\":1,\"r20\":1,\"r21\":1,\"r22\":1,\"r23\":1,\"r24\":1,"
	    "\"r25\":1}",
	    terms.data);
	refuses(many(&b, "resources", "{}", "\"r", "\":1", 17), ERR_INVALID_FIELD,
	    "resources: at most 16 are expected");
	refuses(many(&b, "labels", "{}", "\"l", "\":\"v\"", 65), ERR_INVALID_FIELD,
	    "labels: at most 64 are expected");
	refuses(
	    "\"resources\":{\"gpu\":1000000000001}", ERR_INVALID_FIELD, "resources.gpu: a whole");
	refuses("\"resources\":{\"gpu\":-1}", ERR_INVALID_FIELD, "resources.gpu: a whole number");
	refuses("\"resources\":{\"gpu\":0.5}", ERR_INVALID_FIELD, "resources.gpu: a whole number");
	refuses("\"labels\":{\"a\":1}", ERR_INVALID_FIELD, "labels: all values must be strings");
	refuses("\"group\":\"\"", ERR_INVALID_ID, "group: an id matches ");
	refuses("\"group\":null", ERR_INVALID_FIELD, "group: a string is expected");
	refuses("\"priority\":101", ERR_INVALID_FIELD, "priority: a number from 0 to 100");
	refuses("\"priority\":-1", ERR_INVALID_FIELD, "priority: a number from 0 to 100");
	refuses(
	    "\"queue_ttl_ms\":31536000001", ERR_INVALID_FIELD, "queue_ttl_ms: a number from 0 to ");
	refuses("\"queue\":1", ERR_INVALID_FIELD, "queue: true or false is expected");
	refuses("\"dry_run\":\"yes\"", ERR_INVALID_FIELD, "dry_run: true or false is expected");
	refuses("\"explain\":null", ERR_INVALID_FIELD, "explain: true or false is expected");
	buf_fini(&b);
	buf_fini(&detail);
	buf_fini(&terms);
}

static void
a_spread_needs_a_group_and_a_limit(void **state)
{
	static const char group[] = "\"group\":\"g\",";
	static const struct {
		const char *spread;
		enum err e;
		const char *detail;
	} cases[] = {
		{ "[]", ERR_INVALID_FIELD, "spread: an object is expected" },
		{ "\"zone\"", ERR_INVALID_FIELD, "spread: an object is expected" },
		{ "null", ERR_INVALID_FIELD, "spread: an object is expected" },
		{ "{}", ERR_MISSING_FIELD, "spread.by: it is required" },
		{ "{\"max\":1}", ERR_MISSING_FIELD, "spread.by: it is required" },
		{ "{\"by\":\"rack\",\"max\":1}", ERR_INVALID_FIELD, "spread.by: node, zone or" },
		{ "{\"by\":\"zone\"}", ERR_INVALID_FIELD, "spread.by: max|max_skew is expected" },
		{ "{\"by\":\"zone\",\"prefer\":true}", ERR_INVALID_FIELD,
		    "spread.by: max|max_skew" },
		{ "{\"by\":\"zone\",\"max\":0}", ERR_INVALID_FIELD,
		    "spread.max: a number from 1 to" },
		{ "{\"by\":\"zone\",\"max\":1000001}", ERR_INVALID_FIELD, "spread.max: a number" },
		{ "{\"by\":\"zone\",\"max_skew\":0}", ERR_INVALID_FIELD, "spread.max_skew: a num" },
		{ "{\"by\":\"zone\",\"max_skew\":1.5}", ERR_INVALID_FIELD,
		    "spread.max_skew: a whole" },
		{ "{\"by\":\"zone\",\"max\":1,\"prefer\":1}", ERR_INVALID_FIELD,
		    "spread.prefer: tr" },
		{ "{\"by\":\"zone\",\"max\":1,\"least\":1}", ERR_UNKNOWN_FIELD,
		    "spread.least: there" },
	};
	struct buf b = BUF_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(cases); i++) {
		buf_reset(&b);
		buf_addf(&b, "%s\"spread\":%s", group, cases[i].spread);
		refuses(b.data, cases[i].e, cases[i].detail);
	}
	refuses("\"spread\":{\"by\":\"zone\",\"max\":1}", ERR_INVALID_FIELD,
	    "spread: group is expected with it");
	buf_fini(&b);
}

static void
options_are_found(void **state)
{
	static const char terms[] = "queue ttl:5 priority:1 explain|label:dry=queue";

	(void)state;
	assert_true(terms_have(terms, TERM_QUEUE));
	assert_true(terms_have(terms, TERM_QUEUE_TTL_MS));
	assert_true(terms_have(terms, TERM_EXPLAIN));
	assert_false(terms_have(terms, TERM_DRY_RUN));
	assert_false(terms_have("|group:dry queue", TERM_QUEUE));
	assert_false(terms_have("", TERM_QUEUE));
}

static void
shows(const char *requirements, const char *json)
{
	struct buf b = BUF_INIT;

	json_begin_object(&b, NULL);
	terms_write(&b, requirements, strlen(requirements));
	json_end_object(&b);
	assert_string_equal(buf_str(&b), json);
	buf_fini(&b);
}

static void
requirements_are_shown_as_they_were_asked(void **state)
{
	(void)state;
	shows("", "{}");
	shows("label:a= label:b=1%202 zone:eu-1,eu-2",
	    "{\"labels\":{\"a\":\"\",\"b\":\"1 2\"},\"zones\":[\"eu-1\",\"eu-2\"]}");
	shows("node:n1,n2 not:n3 resource:gpu=1 resource:mb=1000000000000 group:g",
	    "{\"node_ids\":[\"n1\",\"n2\"],\"exclude_node_ids\":[\"n3\"],\"resources\":{\"gpu\":1,"
	    "\"mb\":1000000000000},\"group\":\"g\"}");
	shows("group:g spread:zone/1//",
	    "{\"group\":\"g\",\"spread\":{\"by\":\"zone\",\"max\":1,\"prefer\":false}}");
	shows("spread:label:rack//2/1",
	    "{\"spread\":{\"by\":\"label:rack\",\"max_skew\":2,\"prefer\":true}}");
	shows("label:a=b", "{\"labels\":{\"a\":\"b\"}}");
	shows("word other:1 zone:z", "{\"zones\":[\"z\"]}");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_plain_request_has_none),
		cmocka_unit_test(each_field_has_its_word),
		cmocka_unit_test(words_have_one_order),
		cmocka_unit_test(fields_have_limits),
		cmocka_unit_test(a_spread_needs_a_group_and_a_limit),
		cmocka_unit_test(options_are_found),
		cmocka_unit_test(requirements_are_shown_as_they_were_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
