/* A client of the event stream that fails the test. */
#include "support/event_stream.h"

#include "support/api.h"
#include "support/program.h"

#include <jansson.h>

struct sse
events_follow(const struct musterd *m, const char *query, const char *from)
{
	struct sse s;

	assert_true(sse_open(&s, m->port, fmt("%s%s", EVENTS_PATH, query), from));
	assert_int_equal(s.status, 200);
	return s;
}

void
events_expect_at(const char *file, int line, struct sse *s, const char *type, const char *members)
{
	struct sse_event e;
	json_t *data, *wanted, *value;
	const char *key;

	if (!sse_next(s, &e, EVENTS_SOON_MS)) {
		print_error("no event comes; %s was expected\n", type);
		_fail(file, line);
	}
	data = json_loads(e.data, 0, NULL);
	wanted = json_loads(members, 0, NULL);
	json_object_foreach(wanted, key, value)
	{
		if (!json_equal(json_object_get(data, key), value)) {
			print_error("%s: %s is not as in %s\n", e.data, key, members);
			_fail(file, line);
		}
	}
	if (strcmp(e.type, type) != 0) {
		print_error("%s %s came; %s was expected\n", e.type, e.data, type);
		_fail(file, line);
	}
	json_decref(data);
	json_decref(wanted);
}
