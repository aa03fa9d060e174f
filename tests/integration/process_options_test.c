/* Options: where they come from, and the errors for invalid ones. */
#include "cluster/machine_address.h"
#include "support/cluster.h"

#include <sys/socket.h>
#include <unistd.h>

#define NODES "/api/cluster/nodes"

/* Runs musterd until it ends. Checks the exit status, and that the output contains both texts. */
static void
check_run(int status, const char *one, const char *other, const char *const options[])
{
	char *text;
	int got = musterd_run(options, &text);

	if (got != status || strstr(text, one) == NULL || strstr(text, other) == NULL) {
		print_error("exit status %d, output: %s\n", got, text);
		free(text);
		fail();
	}
	free(text);
}

static void
help_version_and_invalid_options_end_the_process(void **state)
{
	struct cluster *c = *state;
	struct musterd *m = musterd_start_plain(c);
	const char *port = fmt("%d", m->port), *no_file = fmt("%s/none.json", c->dir);
	char *text;

	check_run(0, "musterd ", ".", (const char *[]){ "-version", NULL });
	check_run(0, "-heartbeat-ttl", "-leave-on-exit", (const char *[]){ "--help", NULL });
	check_run(2, "there is no option", "-bogus", (const char *[]){ "-bogus", "1", NULL });
	check_run(2, "stray", "", (const char *[]){ "stray", NULL });
	check_run(2, "port", "70000", (const char *[]){ "-port", "70000", NULL });
	check_run(2, "grace", "soon", (const char *[]){ "--grace=soon", NULL });
	check_run(2, "role", "worker, standby or replica",
	    (const char *[]){ "-port", "0", "-role", "boss", NULL });
	check_run(2, "cluster", "a b", (const char *[]){ "-port", "0", "-cluster", "a b", NULL });
	check_run(
	    2, "redis", "scheme", (const char *[]){ "-port", "0", "-redis", "http://x", NULL });
	check_run(2, "log-level", "loud", (const char *[]){ "-log-level", "loud", NULL });
	check_run(2, "strategy", "fastest", (const char *[]){ "-strategy", "fastest", NULL });
	check_run(2, "trusted-proxies", "10.0.0.0/40",
	    (const char *[]){ "-port", "0", "-trusted-proxies", "::1,10.0.0.0/40", NULL });
	check_run(2, "path-prefix", "'/a/'",
	    (const char *[]){ "-port", "0", "-path-prefix", "/a/", NULL });
	check_run(2, "idle-timeout", "1000", (const char *[]){ "-idle-timeout", "999ms", NULL });
	check_run(2, "config", no_file, (const char *[]){ "-config", no_file, NULL });
	check_run(2, port, "in use", (const char *[]){ "-port", port, NULL });
	/* An error is reported on one line. */
	assert_int_equal(musterd_run((const char *[]){ "-bogus", NULL }, &text), 2);
	assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
	free(text);
}

static void
options_come_from_command_line_environment_and_file(void **state)
{
	struct cluster *c = *state;
	const char *path = fmt("%s/muster.json", c->dir);
	struct musterd *m;
	json_t *n;

	assert_true(file_write(path,
	    "{\"cluster\":\"n1\",\"max-agents\":7,\"zone\":\"file\",\"services\":\"a,b\","
	    "\"labels\":\"k=v\",\"resources\":\"gpu=2\",\"weight\":3,\"role\":\"standby\",\"leave-"
	    "on-exit\":false}"));
	setenv("MUSTER_CONFIG", path, 1);
	setenv("MUSTER_ZONE", "environment", 1);
	setenv("MUSTER_MAX_AGENTS", "8", 1);
	m = musterd_start(c, "--max-agents=9");
	unsetenv("MUSTER_CONFIG");
	unsetenv("MUSTER_ZONE");
	unsetenv("MUSTER_MAX_AGENTS");
	wait_json(m->port, NODES "/n1", "status", "\"online\"", API_WAIT_MS);
	n = api(m->port, 200, "GET", NODES "/n1", NULL);
	check_json(n, "max_agents", "9");
	check_json(n, "zone", "\"environment\"");
	check_json(n, "services", "[\"a\",\"b\"]");
	check_json(n, "labels", "{\"k\":\"v\"}");
	check_json(n, "resources", "{\"gpu\":2}");
	check_json(n, "weight", "3");
	assert_int_equal(musterd_end(m), 0);
	assert_string_equal(redis_do(c, "EXISTS muster:{default}:node:n1"), "1");
	m = musterd_start(c, "-config", path, "-role", "worker", "-cluster", "n2");
	wait_json(m->port, NODES "/n2", "zone", "\"file\"", API_WAIT_MS);
	check_json(api(m->port, 200, "GET", NODES "/n2", NULL), "max_agents", "7");
	wait_json(m->port, NODES "?role=standby", "count", "1", API_WAIT_MS);
}

/* The number of times that a text is in a file. */
static int
count_in(const char *path, const char *text)
{
	char *log = file_read(path);
	const char *at = log;
	int n = 0;

	while ((at = strstr(at, text)) != NULL) {
		at++;
		n++;
	}
	free(log);
	return n;
}

static void
the_command_line_of_earlier_scripts_starts(void **state)
{
	struct cluster *c = *state;
	const char *path = fmt("%s/apiserver", c->dir), *log = fmt("%s/apiserver.log", c->dir);
	int port = unused_port();
	const char *argv[] = { path, "-host", "0.0.0.0", "-port", fmt("%d", port), "-db",
		"data/wrapper.db", "-cluster", "node-2", NULL };
	char real[4096];
	pid_t pid;

	assert_non_null(realpath(musterd_path(), real));
	assert_int_equal(symlink(real, path), 0);
	setenv("MUSTER_REDIS", c->url, 1);
	pid = process_start((char *const *)(uintptr_t)argv, log);
	unsetenv("MUSTER_REDIS");
	wait_json(port, NODES "/node-2", "status", "\"online\"", API_WAIT_MS);
	kill(pid, SIGTERM);
	assert_int_equal(process_wait(pid, PROCESS_WAIT_MS), 0);
	assert_int_equal(count_in(log, "db: it has no effect: the state is in Redis"), 1);
}

static void
a_member_on_all_ipv6_addresses_tells_others_one_of_them(void **state)
{
	struct cluster *c = *state;
	struct sockaddr_in6 any = { .sin6_family = AF_INET6 };
	int fd = socket(AF_INET6, SOCK_STREAM, 0);
	bool has_ipv6 = fd >= 0 && bind(fd, (struct sockaddr *)&any, sizeof(any)) == 0;
	char *expected = machine_address(AF_INET6);
	struct musterd *m;
	json_t *n;

	close(fd);
	if (has_ipv6) {
		m = musterd_start(c, "-host", "::", "-cluster", "n1");
		n = wait_json(m->port, NODES "/n1", "status", "\"online\"", API_WAIT_MS);
		assert_string_equal(get_str(n, "ip_address"), expected);
	}
	free(expected);
	if (!has_ipv6)
		skip();
}

int
main(void)
{
	const struct CMUnitTest process_options[] = {
		cluster_test(help_version_and_invalid_options_end_the_process),
		cluster_test(options_come_from_command_line_environment_and_file),
		cluster_test(the_command_line_of_earlier_scripts_starts),
		cluster_test(a_member_on_all_ipv6_addresses_tells_others_one_of_them),
	};

	return test_program(process_options);
}
