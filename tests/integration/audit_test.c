/* The log of a running musterd: one line for each change, and no secrets. */
#include "support/cluster.h"
#include "support/http_client.h"

#include <stdio.h>

#define NODES       "/api/cluster/nodes"
#define ASSIGNMENTS "/api/cluster/assignments"
#define SECRET      "s3cr3t"

/* Requests to make in this order, and whether each changes something. */
static const struct step {
	const char *method, *path, *body;
	int status;
	bool changes;
} steps[] = {
	{ "POST", NODES, "{\"id\":\"n\"}", 201, true },
	{ "POST", NODES "/n", "{\"cpu_usage\":1}", 200, false },
	{ "POST", NODES "/n", "{\"status\":\"draining\"}", 200, true },
	{ "POST", NODES "/n", "{\"status\":\"online\"}", 200, true },
	{ "GET", NODES "/n", NULL, 200, false },
	{ "POST", ASSIGNMENTS, "{\"agent_id\":\"a\"}", 201, true },
	{ "POST", ASSIGNMENTS, "{\"agent_id\":\"a\"}", 200, false },
	{ "POST", ASSIGNMENTS, "{\"agent_id\":\"q\",\"services\":[\"g\"],\"queue\":true}", 202,
	    true },
	{ "POST", ASSIGNMENTS, "{\"agent_id\":\"c\",\"services\":[\"g\"]}", 409, false },
	{ "POST", ASSIGNMENTS, "{\"agent_id\":", 400, false },
	{ "GET", ASSIGNMENTS "?limit=1", NULL, 200, false },
	{ "POST", "/api/cluster/balance", "{\"strategy\":\"random\"}", 200, true },
	{ "POST", "/api/cluster/balance", "{\"strategy\":\"random\"}", 200, false },
	{ "POST", "/api/cluster/hold", "{\"action\":\"enter\"}", 200, true },
	{ "POST", "/api/cluster/leader", "{\"node_id\":\"x\"}", 404, false },
	{ "DELETE", ASSIGNMENTS "/a", NULL, 204, true },
	{ "DELETE", ASSIGNMENTS "/a", NULL, 404, false },
	{ "DELETE", NODES "/n", NULL, 200, true },
	{ "PUT", NODES "/n", NULL, 405, false },
	{ "GET", "/nowhere", NULL, 404, false },
};

enum { STEPS = sizeof(steps) / sizeof(steps[0]) };

/* Makes request `i` with the request id "step-<i>". Writes its X-Cluster-Index to `index`, "" if
 * there is none. */
static void
take_step(const struct musterd *m, int i, char index[64])
{
	const char *body = steps[i].body != NULL ? steps[i].body : "", *value;
	struct http_client c;
	struct http_response r;

	assert_true(http_client_open(&c, "127.0.0.1", m->port));
	assert_true(http_client_send_str(&c,
	    fmt("%s %s HTTP/1.1\r\nHost: t\r\nX-Request-Id: step-%d\r\nContent-Length: %zu\r\n"
	        "Content-Type: application/json\r\n\r\n%s",
	        steps[i].method, steps[i].path, i, strlen(body), body)));
	assert_true(http_client_read(&c, &r));
	if (r.status != steps[i].status)
		fail_msg("step %d: %d %s", i, r.status, r.body);
	value = http_response_header(&r, "X-Cluster-Index");
	snprintf(index, 64, "%s", value != NULL ? value : "");
	http_response_fini(&r);
	http_client_close(&c);
}

/* Ends the process, so that the log is complete. Returns the log, to be freed. */
static char *
log_of(struct musterd *m)
{
	assert_int_equal(musterd_end(m), 0);
	return file_read(m->log);
}

/* The lines of a JSON log as an array. Each line must be an object. */
static json_t *
lines_of(struct musterd *m)
{
	char *text = log_of(m), *rest = text, *line;
	json_t *all = json_array();

	while ((line = strsep(&rest, "\n")) != NULL && *line != '\0') {
		json_t *v = json_loads(line, JSON_REJECT_DUPLICATES, NULL);

		if (!json_is_object(v))
			fail_msg("no JSON object: %s", line);
		json_array_append_new(all, v);
	}
	free(text);
	return all;
}

/* The number of lines of this area for a request. Sets *found to the last one, borrowed. */
static int
count_lines(json_t *lines, const char *area, const char *request_id, json_t **found)
{
	json_t *v;
	size_t i;
	int n = 0;

	json_array_foreach(lines, i, v)
	{
		const char *id = json_string_value(json_object_get(v, "request_id"));

		if (strcmp(get_str(v, "area"), area) != 0 || id == NULL ||
		    strcmp(id, request_id) != 0)
			continue;
		n++;
		*found = v;
	}
	return n;
}

static void
each_change_has_one_line_with_client_action_and_result(void **state)
{
	struct musterd *m = musterd_start(*state, "-role", "replica", "-log-format", "json");
	char index[STEPS][64];
	json_t *lines, *line = NULL;
	int i;

	for (i = 0; i < STEPS; i++)
		take_step(m, i, index[i]);
	lines = lines_of(m);
	for (i = 0; i < STEPS; i++) {
		int n = count_lines(lines, "audit", fmt("step-%d", i), &line);

		if (n != steps[i].changes)
			fail_msg("step %d has %d lines", i, n);
		if (n == 0)
			continue;
		assert_string_equal(get_str(line, "level"), "info");
		assert_string_equal(get_str(line, "message"), "change");
		assert_string_equal(get_str(line, "peer"), "127.0.0.1");
		assert_string_equal(get_str(line, "method"), steps[i].method);
		assert_string_equal(get_str(line, "path"), steps[i].path);
		assert_int_equal(get_int(line, "status"), steps[i].status);
		assert_string_not_equal(index[i], "");
		assert_string_equal(get_str(line, "index"), index[i]);
		assert_int_equal(json_object_size(line), 10);
	}
	json_decref(lines);
}

static void
a_text_line_has_the_same_fields(void **state)
{
	struct musterd *m = musterd_start(*state, "-role", "replica");
	char index[64], *text;

	take_step(m, 0, index);
	text = log_of(m);
	assert_non_null(strstr(text,
	    fmt("Z info  audit: change peer=127.0.0.1 method=POST path=" NODES
	        " status=201 request_id=step-0 index=%s\n",
	        index)));
	free(text);
}

static void
a_change_with_unknown_outcome_has_a_line(void **state)
{
	struct cluster *c = *state;
	struct musterd *m = musterd_start(c, "-role", "replica", "-log-format", "json");
	json_t *lines, *line = NULL;

	assert_true(process_freeze(c->redis));
	assert_int_equal(api_try(m->port, "POST", ASSIGNMENTS, "{\"agent_id\":\"a\"}", NULL), 504);
	lines = json_pack("[s]", api_header("X-Request-Id"));
	process_thaw(c->redis);
	wait_status(m->port, "/readyz", 200, PROCESS_WAIT_MS);
	assert_int_equal(api_try(m->port, "GET", NODES, NULL, NULL), 200);
	json_array_append_new(lines, lines_of(m));
	assert_int_equal(count_lines(json_array_get(lines, 1), "audit",
	                     json_string_value(json_array_get(lines, 0)), &line),
	    1);
	assert_int_equal(get_int(line, "status"), 504);
	assert_string_equal(get_str(line, "index"), "");
	json_decref(lines);
}

/* Lines are written at the end of a turn of the event loop, even if the client has not waited for
 * the answer. */
static void
a_change_whose_client_disconnected_has_a_line(void **state)
{
	struct cluster *c = *state;
	struct musterd *m = musterd_start(c, "-role", "replica");
	struct http_client client;
	const char *body = "{\"id\":\"n\"}";

	assert_true(process_freeze(c->redis));
	assert_true(http_client_open(&client, "127.0.0.1", m->port));
	assert_true(http_client_send_str(&client,
	    fmt("POST " NODES " HTTP/1.1\r\nHost: t\r\nX-Request-Id: gone\r\n"
	        "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
	        strlen(body), body)));
	wait_json(m->port, "/livez", "status", "\"live\"", 5000);
	http_client_reset(&client);
	wait_json(m->port, "/livez", "status", "\"live\"", 5000);
	process_thaw(c->redis);
	assert_true(musterd_says(m, "request_id=gone", 10000));
}

static void
each_request_has_an_http_line_only_with_debug(void **state)
{
	static const char *const levels[] = { "info", "debug" };
	struct cluster *c = *state;
	json_t *lines, *line = NULL;
	char index[64];
	int k, i;

	for (k = 0; k < 2; k++) {
		struct musterd *m = musterd_start(
		    c, "-role", "replica", "-log-format", "json", "-log-level", levels[k]);

		redis_do(c, "FLUSHALL");
		for (i = 0; i < STEPS; i++)
			take_step(m, i, index);
		lines = lines_of(m);
		for (i = 0; i < STEPS; i++) {
			assert_int_equal(
			    count_lines(lines, "http", fmt("step-%d", i), &line), k == 1);
			if (k == 0)
				continue;
			assert_string_equal(get_str(line, "level"), "debug");
			assert_int_equal(get_int(line, "status"), steps[i].status);
			assert_true(get_int(line, "duration_us") >= 0);
			assert_non_null(strstr(steps[i].path, get_str(line, "path")));
		}
		json_decref(lines);
	}
}

/* Fails if a log contains the secret, or a control character other than line feeds. */
static void
check_clean(const char *text)
{
	const unsigned char *u = (const unsigned char *)text;

	assert_non_null(strchr(text, '\n'));
	if (strstr(text, SECRET) != NULL)
		fail_msg("the secret is in: %.200s", strstr(text, SECRET) - 60);
	for (; *u != '\0'; u++)
		assert_true(
		    *u == '\n' || (*u >= 0x20 && *u != 0x7f && !(*u == 0xc2 && u[1] < 0xa0)));
}

/* Sends the secret in every place where a client may put one. */
static void
send_secrets(const struct musterd *m)
{
	static const char *const targets[] = { NODES "?zone=" SECRET, "/nowhere?x=" SECRET,
		"http://user:" SECRET "@host" NODES "?x", "http://user:" SECRET "@host",
		"/%0a%1b%5b31m%c2%9b", "/a?b#" SECRET };
	static const char *const ids[] = { "a b", "\x1b[31m", "caf\xc2\x9b", "\"" SECRET "\"" };
	const char *body = "{\"agent_id\":\"a\",\"metadata\":{\"token\":\"" SECRET "\"}}";
	struct http_client c;
	struct http_response r;
	size_t i;

	for (i = 0; i < 24; i++) {
		assert_true(http_client_open(&c, "127.0.0.1", m->port));
		assert_true(http_client_send_str(&c,
		    fmt("GET %s HTTP/1.1\r\nHost: t\r\nX-Request-Id: %s\r\nAuthorization: "
		        "Bearer " SECRET "\r\nIdempotency-Key: " SECRET "\r\n\r\n",
		        targets[i % 6], ids[i % 4])));
		assert_true(http_client_read(&c, &r));
		http_response_fini(&r);
		http_client_close(&c);
	}
	for (i = 0; i < 2; i++) {
		assert_true(http_client_open(&c, "127.0.0.1", m->port));
		assert_true(http_client_send_str(&c,
		    fmt("POST " ASSIGNMENTS " HTTP/1.1\r\nHost: t\r\nIdempotency-Key: " SECRET
		        "\r\n"
		        "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
		        strlen(body) - i, body)));
		assert_true(http_client_read(&c, &r));
		assert_int_equal(r.status, i == 0 ? 201 : 400);
		http_response_fini(&r);
		http_client_close(&c);
	}
}

static void
a_log_has_no_secrets_and_no_control_characters(void **state)
{
	static const char *const formats[] = { "text", "json" };
	struct cluster *c = *state;
	struct musterd *m;
	int port = redis_on_tcp(c), k;
	char *text;

	redis_do(c, "ACL SETUSER app on >" SECRET " ~* &* +@all");
	snprintf(c->url, sizeof(c->url), "redis://app:" SECRET "@127.0.0.1:%d", port);
	for (k = 0; k < 2; k++) {
		m = musterd_start(
		    c, "-cluster", "n1", "-log-level", "debug", "-log-format", formats[k]);
		send_secrets(m);
		api(m->port, 204, "DELETE", ASSIGNMENTS "/a", NULL);
		redis_do(c, "FLUSHALL");
		text = log_of(m);
		assert_non_null(strstr(text, "audit"));
		check_clean(text);
		free(text);
	}
	/* The password is refused, and no error message shows it. */
	redis_do(c, "ACL SETUSER app resetpass >other");
	m = musterd_start_blind(c, "-log-level", "debug");
	assert_true(musterd_says(m, "WRONGPASS", 10000));
	text = file_read(m->log);
	check_clean(text);
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cluster_test(each_change_has_one_line_with_client_action_and_result),
		cluster_test(a_text_line_has_the_same_fields),
		cluster_test(a_change_with_unknown_outcome_has_a_line),
		cluster_test(a_change_whose_client_disconnected_has_a_line),
		cluster_test(each_request_has_an_http_line_only_with_debug),
		cluster_test(a_log_has_no_secrets_and_no_control_characters),
	};

	return test_program(tests);
}
