/* The published examples: each is a node of a real cluster, is deleted once behind its back,
 * registers again, and leaves when it is told to end. */
#include "support/cluster.h"

#include <stdio.h>
#include <unistd.h>

#define NODE "/api/cluster/nodes/edge"

static const char *
build_dir(void)
{
	const char *musterd = musterd_path();

	return fmt("%.*s", (int)(strlen(musterd) - strlen("/musterd")), musterd);
}

/* Writes the first code block in this language of a page to a file in the cluster's folder. Returns
 * its path. */
static const char *
block_of(struct cluster *c, const char *page, const char *language)
{
	char *text = file_read(page), *begin = strstr(text, fmt("```%s\n", language)), *end;
	const char *path = fmt("%s/example.%s", c->dir, language);

	assert_non_null(begin);
	begin = strchr(begin, '\n') + 1;
	end = strstr(begin, "\n```");
	assert_non_null(end);
	end[1] = '\0';
	assert_true(file_write(path, begin));
	free(text);
	return path;
}

/* Runs the program as the node "edge" and checks everything that a node must do. */
static void
check_node(struct cluster *c, const char *program, const char *argument)
{
	struct musterd *m = musterd_start(c, "-heartbeat-ttl", "1s", "-grace", "0");
	const char *address = fmt("http://127.0.0.1:%d", m->port);
	const char *argv[] = { program, argument, NULL };
	pid_t pid;

	setenv("MUSTER_ADDR", address, 1);
	setenv("NODE", "edge", 1);
	setenv("INTERVAL", "0.2", 1);
	pid = process_start((char *const *)(uintptr_t)argv, fmt("%s/example.log", c->dir));
	assert_true(pid > 0);
	wait_json(m->port, NODE, "healthy", "true", API_WAIT_MS);
	wait_json(m->port, NODE, "max_agents", "20", API_WAIT_MS);
	api(m->port, 201, "POST", "/api/cluster/assignments", "{\"agent_id\":\"a\"}");
	redis_do(c, "FLUSHALL");
	wait_json(m->port, NODE, "healthy", "true", API_WAIT_MS);
	kill(pid, SIGTERM);
	assert_int_equal(process_wait(pid, PROCESS_WAIT_MS), 0);
	api_problem(m->port, 404, "node_not_found", "GET", NODE, NULL);
}

/* Runs the program as a node whose id another process takes over: it must end by itself. */
static void
check_replaced(struct cluster *c, int status, const char *program, const char *argument)
{
	struct musterd *m = musterd_start(c, "-heartbeat-ttl", "1s", "-grace", "0");
	const char *argv[] = { program, argument, NULL };
	long long next;
	pid_t pid;

	setenv("MUSTER_ADDR", fmt("http://127.0.0.1:%d", m->port), 1);
	pid = process_start((char *const *)(uintptr_t)argv, fmt("%s/example.log", c->dir));
	assert_true(pid > 0);
	wait_json(m->port, NODE, "healthy", "true", API_WAIT_MS);
	next = get_int(api(m->port, 200, "GET", NODE, NULL), "incarnation") + 1;
	api(m->port, 200, "POST", "/api/cluster/nodes", "{\"id\":\"edge\"}");
	assert_int_equal(process_wait(pid, PROCESS_WAIT_MS), status);
	assert_int_equal(get_int(api(m->port, 200, "GET", NODE, NULL), "incarnation"), next);
}

static void
the_c_example_is_a_node(void **state)
{
	struct cluster *c = *state;
	const char *program = fmt("%s/examples/node", build_dir());
	char *log;

	check_node(c, program, "edge");
	log = file_read(fmt("%s/example.log", c->dir));
	assert_non_null(strstr(log, "registered, incarnation 1"));
	free(log);
	check_replaced(c, 0, program, "edge");
}

static void
the_curl_example_is_a_node(void **state)
{
	struct cluster *c = *state;
	const char *script = block_of(c, "deploy/examples/curl.md", "sh");

	check_node(c, "sh", script);
	check_replaced(c, 1, "sh", script);
}

static void
the_python_example_is_a_node(void **state)
{
	struct cluster *c = *state;
	const char *script = block_of(c, "deploy/examples/python.md", "python");

	check_node(c, "python3", script);
	check_replaced(c, 1, "python3", script);
}

int
main(void)
{
	const struct CMUnitTest client_examples[] = {
		cluster_test(the_c_example_is_a_node),
		cluster_test(the_curl_example_is_a_node),
		cluster_test(the_python_example_is_a_node),
	};

	return test_program(client_examples);
}
