/* The process from outside: -dev, signals, program names, workers, its own usage. */
#include "support/cluster.h"
#include "support/http_client.h"

#include <hiredis/hiredis.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#define NODES       "/api/cluster/nodes"
#define ASSIGNMENTS "/api/cluster/assignments"

enum { SERVES_MS = 3000, CONNECTIONS = 32 };

static bool
is_closed(void *arg)
{
	redisContext *r = redisConnectUnix(arg);
	bool yes = r == NULL || r->err != 0;

	redisFree(r);
	return yes;
}

static struct musterd *
start_dev(struct cluster *c, const char *data_dir)
{
	return musterd_start(
	    c, "-dev", "-cluster", "n1", "-data-dir", data_dir, "-leave-on-exit=false");
}

static void
dev_starts_quickly_and_keeps_its_data(void **state)
{
	struct cluster *c = *state;
	char data_dir[128], socket_path[160];
	struct musterd *m;
	long since = now_ms();
	long long epoch;

	snprintf(data_dir, sizeof(data_dir), "%s/data", c->dir);
	snprintf(socket_path, sizeof(socket_path), "%s/redis.sock", data_dir);
	m = start_dev(c, data_dir);
	wait_json(m->port, NODES "/n1", "role", "\"leader\"", SERVES_MS);
	epoch = get_int(api(m->port, 201, "POST", ASSIGNMENTS, "{\"agent_id\":\"a\"}"), "epoch");
	assert_true(now_ms() - since < SERVES_MS);
	assert_string_equal(
	    redis_do(c, "DBSIZE"), "0"); /* it uses its private Redis, not this one */
	assert_int_equal(musterd_end(m), 0);
	assert_true(is_closed(socket_path));
	m = start_dev(c, data_dir);
	assert_true(get_int(api(m->port, 200, "GET", ASSIGNMENTS "/a", NULL), "epoch") == epoch);
	/* When it is killed, its redis-server ends too. After a restart, the data is still
	 * there. */
	musterd_kill(m);
	assert_true(poll_until(is_closed, socket_path, API_WAIT_MS));
	m = start_dev(c, data_dir);
	assert_true(get_int(api(m->port, 200, "GET", ASSIGNMENTS "/a", NULL), "epoch") == epoch);
}

static void
two_processes_cannot_share_a_data_dir(void **state)
{
	struct cluster *c = *state;
	char data_dir[128], *text;
	struct musterd *m;

	snprintf(data_dir, sizeof(data_dir), "%s/data", c->dir);
	m = start_dev(c, data_dir);
	assert_int_equal(
	    musterd_run(
	        (const char *[]){ "-dev", "-port", "0", "-data-dir", data_dir, NULL }, &text),
	    2);
	assert_non_null(strstr(text, fmt("data-dir: %s: in use by another process", data_dir)));
	free(text);
	api(m->port, 200, "GET", "/readyz", NULL);
}

static void
sigterm_answers_requests_in_flight(void **state)
{
	struct cluster *c = *state;
	struct musterd *m = musterd_start(c, "-heartbeat-ttl", "1h");
	const char *body = "{\"agent_id\":\"a\"}";
	struct http_client client, late;
	struct http_response r;

	api(m->port, 201, "POST", NODES, "{\"id\":\"n\"}");
	api(m->port, 200, "GET", ASSIGNMENTS, NULL);
	assert_true(http_client_open(&client, "127.0.0.1", m->port));
	assert_true(process_freeze(c->redis));
	assert_true(http_client_send_str(&client,
	    fmt("POST " ASSIGNMENTS " HTTP/1.1\r\nHost: t\r\nContent-Type: application/json\r\n"
	        "Content-Length: %zu\r\n\r\n%s",
	        strlen(body), body)));
	/* When this is answered, the request before it has been read. */
	api(m->port, 200, "GET", "/livez", NULL);
	kill(m->pid, SIGTERM);
	assert_true(musterd_says(m, "ending: ", API_WAIT_MS));
	assert_false(http_client_open(&late, "127.0.0.1", m->port));
	http_client_close(&late);
	process_thaw(c->redis);
	assert_true(http_client_read(&client, &r));
	assert_int_equal(r.status, 201);
	assert_non_null(strstr(r.body, "\"node_id\":\"n\""));
	assert_true(r.close);
	http_response_fini(&r);
	http_client_close(&client);
	assert_int_equal(process_wait(m->pid, PROCESS_WAIT_MS), 0);
	m->pid = 0;
	assert_string_equal(redis_do(c, "HLEN muster:{default}:roster:1"), "1");
}

/* As older scripts start it: with another name, on all addresses, with its Redis on TCP. */
static void
apiserver_is_the_same_program(void **state)
{
	struct cluster *c = *state;
	int port = unused_port(), redis_port = redis_on_tcp(c);
	char path[160], real[PATH_MAX], redis[64], text[16];
	char *argv[] = { path, "-host", "0.0.0.0", "-port", text, "-cluster", "node-1", "-redis",
		redis, NULL };
	json_t *n;
	pid_t pid;

	snprintf(path, sizeof(path), "%s/apiserver", c->dir);
	snprintf(redis, sizeof(redis), "redis://127.0.0.1:%d", redis_port);
	snprintf(text, sizeof(text), "%d", port);
	assert_non_null(realpath(musterd_path(), real));
	assert_int_equal(symlink(real, path), 0);
	pid = process_start(argv, fmt("%s/apiserver.log", c->dir));
	assert_true(pid > 0);
	n = wait_json(port, NODES "/node-1", "role", "\"leader\"", API_WAIT_MS);
	assert_int_equal(get_int(n, "port"), port);
	check_json(n, "status", "\"online\"");
	/* Others reach it at an address of this machine, not at the wildcard address. */
	assert_string_not_equal(get_str(n, "ip_address"), "0.0.0.0");
	assert_int_equal(redis_do(c, "EXISTS muster:{default}:node:node-1")[0], '1');
	kill(pid, SIGTERM);
	assert_int_equal(process_wait(pid, PROCESS_WAIT_MS), 0);
}

static int
count(const char *text, const char *what)
{
	int n = 0;

	while ((text = strstr(text, what)) != NULL) {
		n++;
		text++;
	}
	return n;
}

static void
four_workers_have_one_connection_each(void **state)
{
	struct cluster *c = *state;
	struct musterd *m =
	    musterd_start(c, "-cluster", "n1", "-workers", "4", "-max-agents", "100");
	struct http_client client[CONNECTIONS];
	int i;

	wait_json(m->port, NODES "/n1", "status", "\"online\"", API_WAIT_MS);
	for (i = 0; i < CONNECTIONS; i++)
		assert_true(http_client_open(&client[i], "127.0.0.1", m->port));
	for (i = 0; i < CONNECTIONS; i++) {
		struct http_response r;

		assert_true(http_client_call(
		    &client[i], "POST", ASSIGNMENTS, fmt("{\"agent_id\":\"a%d\"}", i), &r));
		assert_int_equal(r.status, 201);
		http_response_fini(&r);
		http_client_close(&client[i]);
	}
	check_json(
	    api(m->port, 200, "GET", NODES "/n1", NULL), "active_agents", fmt("%d", CONNECTIONS));
	assert_int_equal(count(redis_do(c, "CLIENT LIST"), " name=n1 "), 4);
	assert_int_equal(musterd_end(m), 0);
}

/* The share of memory that is not available, in percent, from /proc/meminfo. */
static double
memory_usage(void)
{
	char *text = file_read("/proc/meminfo");
	double total = strtod(strstr(text, "MemTotal:") + 9, NULL);
	double available = strtod(strstr(text, "MemAvailable:") + 13, NULL);

	free(text);
	return 100 - available / total * 100;
}

static bool
has_figures(void *arg)
{
	struct musterd *m = arg;
	json_t *n = api(m->port, 200, "GET", NODES "/n1", NULL);

	return get_num(n, "memory_usage") > 0 && get_num(n, "cpu_usage") > 0;
}

static void
a_member_reports_the_usage_of_the_machine(void **state)
{
	struct cluster *c = *state;
	struct musterd *m =
	    musterd_start(c, "-cluster", "n1", "-heartbeat-interval", "100ms", "-data-dir", "/");
	double memory, load;
	char *loadavg;
	json_t *n;

	wait_json(m->port, NODES "/n1", "status", "\"online\"", API_WAIT_MS);
	assert_true(poll_until(has_figures, m, API_WAIT_MS));
	n = api(m->port, 200, "GET", NODES "/n1", NULL);
	memory = memory_usage();
	loadavg = file_read("/proc/loadavg");
	load = strtod(loadavg, NULL);
	free(loadavg);
	assert_true(get_num(n, "cpu_usage") > 0 && get_num(n, "cpu_usage") <= 100);
	assert_true(get_num(n, "disk_usage") > 0 && get_num(n, "disk_usage") <= 100);
	assert_true(
	    get_num(n, "memory_usage") > memory - 5 && get_num(n, "memory_usage") < memory + 5);
	assert_true(get_num(n, "load_average") > load - 1 && get_num(n, "load_average") < load + 1);
}

int
main(void)
{
	const struct CMUnitTest process[] = {
		cluster_test(dev_starts_quickly_and_keeps_its_data),
		cluster_test(two_processes_cannot_share_a_data_dir),
		cluster_test(sigterm_answers_requests_in_flight),
		cluster_test(apiserver_is_the_same_program),
		cluster_test(four_workers_have_one_connection_each),
		cluster_test(a_member_reports_the_usage_of_the_machine),
	};

	return test_program(process);
}
