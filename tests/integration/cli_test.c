/* The `muster` command with a real cluster: its output for people and for programs, and its exit
 * status. */
#include "support/cluster.h"

#include <stdio.h>

enum { ARGS_MAX = 32 };

struct run {
	int status;
	char *out, *err;
};

static const char *
muster_path(void)
{
	const char *musterd = musterd_path();

	return fmt("%.*s", (int)strlen(musterd) - 1, musterd);
}

/* Runs muster with the words in `line`. */
static struct run
run(struct cluster *c, const char *line)
{
	const char *argv[ARGS_MAX] = { "sh", "-c", "exec \"$@\" >\"$0/out\" 2>\"$0/err\"", c->dir,
		muster_path() };
	char *words = strdup(line), *word = strtok(words, " ");
	struct run r;
	size_t i;
	pid_t pid;

	for (i = 5; word != NULL && i + 1 < ARGS_MAX; word = strtok(NULL, " "))
		argv[i++] = word;
	pid = process_start((char *const *)(uintptr_t)argv, fmt("%s/sh.log", c->dir));
	assert_true(pid > 0);
	r.status = process_wait(pid, PROCESS_WAIT_MS);
	r.out = file_read(fmt("%s/out", c->dir));
	r.err = file_read(fmt("%s/err", c->dir));
	free(words);
	return r;
}

static void
run_fini(struct run *r)
{
	free(r->out);
	free(r->err);
}

/* Checks the exit status, and that stdout and stderr contain these texts; "" means that it must be
 * empty. */
static void
check(struct cluster *c, const char *line, int status, const char *out, const char *err)
{
	struct run r = run(c, line);
	bool good = r.status == status && strstr(r.out, out) != NULL &&
	    strstr(r.err, err) != NULL && (*out != '\0' || *r.out == '\0') &&
	    (*err != '\0' || *r.err == '\0');

	if (!good)
		print_error(
		    "muster %s: status %d\nout: %s\nerr: %s\n", line, r.status, r.out, r.err);
	run_fini(&r);
	assert_true(good);
}

/* Runs a command with -json. Its output must be one JSON value on one line. */
static json_t *
run_json(struct cluster *c, const char *line)
{
	struct run r = run(c, line);
	json_t *v = json_loads(r.out, 0, NULL);

	assert_int_equal(r.status, 0);
	assert_non_null(v);
	assert_ptr_equal(strchr(r.out, '\n'), r.out + strlen(r.out) - 1);
	run_fini(&r);
	return v;
}

/* Starts a cluster with one member "n", which is the leader, and sets MUSTER_ADDR to it. */
static struct musterd *
begin(struct cluster *c)
{
	struct musterd *m = musterd_start(
	    c, "-cluster", "n", "-services", "a,b", "-heartbeat-ttl", "1h", "-lease-ttl", "1m");

	wait_json(m->port, "/api/cluster/leader", "leader_id", "\"n\"", API_WAIT_MS);
	setenv("MUSTER_ADDR", fmt("127.0.0.1:%d", m->port), 1);
	return m;
}

static void
node_commands_work(void **state)
{
	struct cluster *c = *state;
	struct musterd *m = begin(c);
	json_t *v;

	api(m->port, 201, "POST", "/api/cluster/nodes",
	    "{\"id\":\"edge-1\",\"zone\":\"z\",\"port\":7,\"ip_address\":\"::1\",\"labels\":{\"k\":"
	    "\"v\"}}");
	check(c, "nodes", 0, "edge-1  worker  online  healthy    0/10", "");
	check(c, "nodes", 0, "[::1]:7", "");
	check(c, "nodes -zone z -quiet", 0, "edge-1\n", "");
	check(c, "nodes -zone y", 0, "no nodes\n", "");
	check(c, "node get edge-1", 0, "labels       k=v\n", "");
	check(c, "node drain edge-1", 0, "draining", "");
	check(c, "nodes -status draining -quiet", 0, "edge-1\n", "");
	check(c, "node undrain edge-1", 0, "online", "");
	v = run_json(c, "nodes -json");
	check_json(v, "count", "2");
	check_json(v, "nodes.0.id", "\"edge-1\"");
	json_decref(v);
	v = run_json(c, "node get edge-1 -json");
	check_json(v, "ip_address", "\"::1\"");
	json_decref(v);
	check(c, "node leave edge-1 -incarnation x", 2, "", "muster: -incarnation: ");
	check(c, "node leave edge-1 -incarnation 2", 1, "", "muster: invalid_field: incarnation");
	check(c, "node leave edge-1 -incarnation 1", 0, "left     edge-1\nmoved    0\n", "");
	check(c, "node get edge-1", 4, "", "muster: not_found: there is no node 'edge-1'");
}

static void
agent_commands_work(void **state)
{
	struct cluster *c = *state;
	json_t *v;

	begin(c);
	check(c, "agent assign x-1 -services a,b -metadata k=v,l=w=x -strategy random", 0,
	    "metadata  k=v\n          l=w=x\n", "");
	check(c, "agents", 0, "x-1    n     assigned", "");
	check(c, "agents -node n -quiet", 0, "x-1\n", "");
	check(c, "agents -status pending", 0, "no agents\n", "");
	check(c, "agent get x-1", 0, "services  a,b\n", "");
	check(c, "agent assign x-2 -services gpu", 1, "", "muster: no_capacity: ");
	check(c, "agent assign x-2 -services gpu", 1, "", "(service 1)\n");
	check(c, "agent assign x-2 -services gpu -queue", 0, "status    pending\n", "");
	check(c, "agent release x-1 -epoch 5", 1, "", "muster: stale_epoch: ");
	v = run_json(c, "agent release x-1 -json");
	check_json(v, "released", "true");
	json_decref(v);
	check(c, "agent release x-2", 0, "released x-2\n", "");
	check(c, "agent get x-1", 4, "", "muster: not_found: ");
	check(c, "agents -json", 0, "{\"assignments\":[],\"count\":0}\n", "");
}

static void
agents_have_requirements(void **state)
{
	struct cluster *c = *state;
	struct musterd *m = begin(c);
	json_t *v;

	api(m->port, 201, "POST", "/api/cluster/nodes",
	    "{\"id\":\"gpu-1\",\"zone\":\"z\",\"labels\":{\"pool\":\"a,b\"},\"resources\":{\"gpu\":"
	    "2}}");
	check(c,
	    "agent assign x -label pool=a,b -zone y,z -node gpu-1,n -exclude-node n -resource "
	    "gpu=1 "
	    "-group g -spread label:pool:max_skew=2:max=3:prefer -priority 5 -explain",
	    0,
	    "labels    pool=a,b\nzones     y,z\nnodes     gpu-1,n\nnot on    n\ntakes     gpu 1\n"
	    "group     g\nspread    by label:pool, max 3, max_skew 2, preferred\npriority  5\n",
	    "");
	check(c, "node get gpu-1", 0, "resources    gpu: 1 of 2\n", "");
	check(c, "agent why x", 0, "eligible  1\nexcluded  ", "");
	v = run_json(c, "agent why x -json");
	check_json(v, "assignment.agent_id", "\"x\"");
	check_json(v, "explanation.top.0.node_id", "\"gpu-1\"");
	json_decref(v);
	check(c, "agent set x -priority 0 -metadata k=v", 0, "metadata  k=v\n", "");
	check(c, "agent set x -priority 1 -epoch 1", 1, "", "muster: stale_epoch: ");
	check(c, "agent assign y -resource gpu=1 -dry-run", 0, "node      gpu-1\n", "");
	check(c, "agent get y", 4, "", "muster: not_found: ");
	check(
	    c, "agent assign y -resource gpu=2 -queue -queue-ttl 1h", 0, "status    pending\n", "");
	check(c, "agent why y", 0, "because   resource 2\n", "");
	check(c, "stats", 0, "resources   gpu: 1 of 2\nwaiting     resource 1\n", "");
	check(c, "agent assign z -label a=1 -label b=2", 1, "", "(label 2)\n");
	check(c, "agent assign x2 -resource gpu=1", 0, "node      gpu-1\n", "");
	check(c, "agent why x2", 0, "eligible  0\nexcluded  resource 2\n", "");
}

static void
cluster_commands_work(void **state)
{
	struct cluster *c = *state;
	json_t *v;

	begin(c);
	check(c, "balance weighted", 0, "previous  least_loaded\n", "");
	check(c, "balance", 0, "strategy    weighted\n", "");
	check(c, "balance best", 1, "", "muster: unknown_strategy: ");
	check(c, "leader", 0, "leader     n\n", "");
	check(c, "leader promote", 0, "leader     n\n", "");
	check(c, "leader promote x", 4, "", "muster: node_not_found: ");
	check(c, "stats", 0, "nodes       1: 1 online, 0 draining, 0 offline; 1 healthy\n", "");
	v = run_json(c, "stats --json");
	check_json(v, "leader_id", "\"n\"");
	json_decref(v);
	check(c, "hold", 0, "hold    off\n", "");
	check(c, "hold enter", 0, "hold    on\nwhy     operator\n", "");
	check(c, "hold release", 0, "hold    off\n", "");
	check(c, "check", 0, "no violations\n", "");
	check(c, "top -once", 0, "agents     0  of 10  [....................] 0.0%", "");
	redis_do(c, "ZADD muster:{default}:nodes 0 ghost");
	check(c, "check", 5, "node_missing  ghost", "");
	check(c, "check -json", 5, "\"count\":1}\n", "");
}

static void
ids_may_be_shortened_where_nothing_is_changed(void **state)
{
	struct cluster *c = *state;
	struct musterd *m = begin(c);
	int i;

	api(m->port, 201, "POST", "/api/cluster/nodes", "{\"id\":\"edge-1\"}");
	api(m->port, 201, "POST", "/api/cluster/nodes", "{\"id\":\"edge-10\"}");
	api(m->port, 201, "POST", "/api/cluster/nodes", "{\"id\":\"fog\"}");
	check(c, "node get f", 0, "node         fog\n", "");
	check(c, "node get edge-1", 0, "node         edge-1\n", "");
	check(c, "node get edge-10", 0, "node         edge-10\n", "");
	check(c, "node get edge", 2, "",
	    "node: 'edge' is ambiguous, it may be 'edge-1' or 'edge-10'\n");
	check(c, "node get x", 4, "", "there is no node 'x', and none whose id begins with that");
	check(c, "agent assign abc", 0, "agent     abc\n", "");
	check(c, "agent get a", 0, "agent     abc\n", "");
	check(c, "agent assign abd", 0, "agent     abd\n", "");
	check(c, "agent assign abe", 0, "agent     abe\n", "");
	check(c, "agent get ab", 2, "", "it may be 'abc', 'abd' or 'abe'\n");
	check(c, "agent get x", 4, "", "there is no agent 'x', and none whose id begins with that");
	check(c, "node get a/b", 2, "", "muster: bad_argument: id: an id matches");
	for (i = 10; i < 21; i++)
		api(m->port, 201, "POST", "/api/cluster/nodes", fmt("{\"id\":\"many-%d\"}", i));
	check(c, "node get many", 2, "", "'many-10', 'many-11', ");
	check(c, "node get many", 2, "", "'many-18', 'many-19' or others\n");
}

static void
a_short_id_is_not_looked_for_among_too_many_agents(void **state)
{
	struct cluster *c = *state;
	struct musterd *m = begin(c);
	int i, k;

	api(m->port, 201, "POST", "/api/cluster/nodes", "{\"id\":\"big\",\"max_agents\":30000}");
	for (i = 0; i < 21; i++) {
		json_t *body = json_pack("{s:[]}", "agents");
		char *text;

		for (k = 0; k < 1000; k++)
			json_array_append_new(
			    json_object_get(body, "agents"), json_string(fmt("a-%02d-%03d", i, k)));
		text = json_dumps(body, 0);
		check_json(api(m->port, 200, "POST", "/api/cluster/assignments/batch", text),
		    "failed", "0");
		free(text);
		json_decref(body);
	}
	check(c, "agent get a-20-999", 0, "agent     a-20-999\n", "");
	check(c, "agent get a-19", 2, "", "it may be 'a-19-000', 'a-19-001', ");
	check(c, "agent get z", 2, "",
	    "agent: there are too many to find out what begins with 'z': the whole id is "
	    "expected\n");
}

/* Repeated, a command on a short id would mean another one, as the first has gone. */
static void
commands_that_change_something_take_whole_ids(void **state)
{
	struct cluster *c = *state;
	struct musterd *m = begin(c);

	api(m->port, 201, "POST", "/api/cluster/nodes", "{\"id\":\"edge-12\"}");
	check(c, "agent assign game-1", 0, "agent     game-1\n", "");
	check(c, "agent assign game-12", 0, "agent     game-12\n", "");
	check(c, "agent release game-1", 0, "released game-1\n", "");
	check(c, "agent release game-1", 4, "", "there is no assignment of 'game-1'");
	check(c, "agents -quiet", 0, "game-12\n", "");
	check(c, "node drain edge-1", 4, "", "muster: node_not_found: ");
	check(c, "node undrain edge-1", 4, "", "muster: node_not_found: ");
	check(c, "node leave edge-1", 4, "", "muster: node_not_found: ");
	check(c, "leader promote edge-1", 4, "", "muster: node_not_found: ");
	check(c, "leader promote edge-12", 1, "", "muster: not_a_candidate: ");
	check(c, "node get edge-1", 0, "status       online\n", "");
}

static void
a_wrong_command_line_fails_before_any_request(void **state)
{
	struct cluster *c = *state;

	setenv("MUSTER_ADDR", fmt("127.0.0.1:%d", unused_port()), 1);
	check(c, "", 2, "", "muster: a command is expected; muster -help lists the commands\n");
	check(c, "frob", 2, "", "unknown command 'frob'");
	check(c, "node frob", 2, "", "unknown command 'node frob'");
	check(c, "nodes -frob", 2, "", "unknown option '-frob'");
	check(c, "nodes x", 2, "", "usage: muster nodes");
	check(c, "node get", 2, "", "usage: muster node get ID\n");
	check(c, "stats -zone z", 2, "", "stats does not take -zone");
	check(c, "stats -timeout soon", 2, "", "-timeout: ");
	check(c, "stats -addr ftp://x", 2, "", "-addr: a comma-separated list of addresses");
	check(c, "agent assign a -metadata k", 2, "", "-metadata: ");
	check(c, "agent release a -epoch x", 2, "", "-epoch: ");
	check(c, "agent assign a -label k", 2, "", "-label: 'k' is not name=value");
	check(c, "agent assign a -resource gpu=x", 2, "", "-resource: 'gpu=x' is not name=amount");
	check(c, "agent assign a -resource gpu=1000000000001", 2, "", "-resource: ");
	check(c, "agent assign a -zone x,,y", 2, "", "-zone: ");
	check(c, "agent assign a -node x/y", 2, "", "-node: ");
	check(c, "agent assign a -exclude-node x/y", 2, "", "-exclude-node: ");
	check(c, "agent assign a -group x/y", 2, "", "-group: an id is expected");
	check(c, "agent assign a -spread node", 2, "", "-spread: ");
	check(c, "agent assign a -spread node:max=x", 2, "", "-spread: ");
	check(c, "agent assign a -priority 101", 2, "", "-priority: ");
	check(c, "agent assign a -queue-ttl soon", 2, "", "-queue-ttl: ");
	check(c, "agent assign a -group x -group y", 2, "", "-group is given twice");
	check(c, "agent set a", 2, "", "-priority or -metadata is expected");
	check(c, "top -json", 2, "", "top prints no JSON");
	check(c, "top", 2, "", "top needs a terminal");
	check(c, "-version", 0, "muster 0.", "");
	check(c, "-help", 0, "  agent assign ID ", "");
	check(c, "agent assign --help", 0, "  -services LIST ", "");
	check(c, "stats", 3, "", "muster: unreachable: http://127.0.0.1:");
	check(c, "node get n", 3, "", "muster: unreachable: ");
	setenv("MUSTER_ADDR", "nonsense://", 1);
	check(c, "stats", 2, "", "MUSTER_ADDR: a comma-separated list of addresses");
}

static void
addresses_are_tried_in_turn(void **state)
{
	struct cluster *c = *state;
	struct musterd *m = begin(c), *second;

	second = musterd_start(c, "-heartbeat-ttl", "1h");
	check(c, fmt("leader -addr 127.0.0.1:%d,127.0.0.1:%d", unused_port(), m->port), 0,
	    "leader     n", "");
	setenv("MUSTER_ADDR", fmt("127.0.0.1:%d,127.0.0.1:%d", second->port, m->port), 1);
	musterd_kill(second);
	check(c, "agent assign a", 0, "node      n\n", "");
	check(c, "events -types agent", 0, "agent.assigned    agent a  node n", "");
}

static void
a_cluster_without_a_leader_shows_none(void **state)
{
	struct cluster *c = *state;
	struct musterd *m = musterd_start(c, "-role", "replica", "-heartbeat-ttl", "1h");

	check(c, fmt("leader -addr localhost:%d", m->port), 4, "", "muster: no_leader: ");
	check(c, fmt("top -once -addr localhost:%d", m->port), 0, "leader none", "");
}

static void
text_from_a_server_cannot_control_the_terminal(void **state)
{
	struct cluster *c = *state;
	struct run r;

	begin(c);
	/* A front-end would refuse such a text, so it is written to Redis directly. */
	redis_do(c, "HSET muster:{default}:node:n address \033[2J\033]0;x\007\t10.0.0.1\t0");
	check(c, "node get n", 0, "hostname     ?[2J?]0;x?\n", "");
	r = run(c, "node get n -json");
	assert_null(strchr(r.out, '\033'));
	assert_non_null(strstr(r.out, "\"hostname\":\"\\u001B[2J\\u001B]0;x\\u0007\""));
	run_fini(&r);
	r = run(c, "nodes");
	assert_null(strchr(r.out, '\033'));
	run_fini(&r);
}

static void
events_are_printed_and_followed(void **state)
{
	struct cluster *c = *state;
	struct musterd *m = begin(c);
	const char *log = fmt("%s/events.log", c->dir);
	const char *argv[] = { muster_path(), "events", "-f", "-types", "agent", "-json", NULL };
	struct musterd follower = { .pid = 0 };
	json_t *v;
	char *text;

	api(m->port, 201, "POST", "/api/cluster/assignments", "{\"agent_id\":\"first\"}");
	check(c, "events -types agent", 0,
	    "agent.assigned    agent first  node n  reason requested\n", "");
	check(c, "events -agent another", 0, "", "");
	check(c, "events -types nonsense", 1, "", "muster: invalid_field: types: ");
	check(c, "events -agent a/b", 2, "", "muster: -node, -agent and -since: an id is expected");

	snprintf(follower.log, sizeof(follower.log), "%s", log);
	follower.pid = process_start((char *const *)(uintptr_t)argv, log);
	assert_true(follower.pid > 0);
	/* The command prints nothing until an event arrives, so events are made until it has
	 * connected. */
	do {
		api_try(m->port, "DELETE", "/api/cluster/assignments/x", NULL, &v);
		api(m->port, 201, "POST", "/api/cluster/assignments", "{\"agent_id\":\"x\"}");
	} while (!musterd_says(&follower, "\"agent.assigned\"", 50));
	kill(follower.pid, SIGINT);
	assert_int_equal(process_wait(follower.pid, PROCESS_WAIT_MS), 0);
	text = file_read(log);
	v = json_loads(text, JSON_DISABLE_EOF_CHECK, NULL);
	assert_string_equal(get_str(v, "data.agent_id"), "x");
	json_decref(v);
	free(text);
}

static void
completion_offers_the_possible_words(void **state)
{
	static const char script[] =
	    ". deploy/completion/muster.bash\n"
	    "muster() { command \"$MUSTER\" \"$@\"; }\n"
	    "offers() { COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); COMPREPLY=(); _muster\n"
	    "  echo \"$*: ${COMPREPLY[*]}\"; }\n"
	    "offers muster n\noffers muster node ''\noffers muster node get e\n"
	    "offers muster --addr x agent assign y -s\noffers muster nodes -status o\n"
	    "offers muster agent release ''\n";
	struct cluster *c = *state;
	struct musterd *m = begin(c);
	const char *path = fmt("%s/complete.sh", c->dir), *log = fmt("%s/complete.log", c->dir);
	const char *argv[] = { "bash", path, NULL };
	pid_t pid;
	char *text;

	api(m->port, 201, "POST", "/api/cluster/nodes", "{\"id\":\"edge-1\"}");
	api(m->port, 201, "POST", "/api/cluster/assignments", "{\"agent_id\":\"a-1\"}");
	setenv("MUSTER", muster_path(), 1);
	assert_true(file_write(path, script));
	pid = process_start((char *const *)(uintptr_t)argv, log);
	assert_int_equal(process_wait(pid, PROCESS_WAIT_MS), 0);
	text = file_read(log);
	assert_string_equal(text,
	    "muster n: nodes node\n"
	    "muster node : get drain undrain leave\n"
	    "muster node get e: edge-1\n"
	    "muster --addr x agent assign y -s: -services -strategy -spread\n"
	    "muster nodes -status o: online offline\n"
	    "muster agent release : a-1\n");
	free(text);
}

/* Expects that the command shows the address without "user:secret@". */
static void
check_secret(struct cluster *c, const char *line, int status, const char *address)
{
	struct run r = run(c, line);

	assert_int_equal(r.status, status);
	if (strstr(r.out, "secret") != NULL || strstr(r.err, "secret") != NULL ||
	    (strstr(r.out, address) == NULL && strstr(r.err, address) == NULL))
		fail_msg("muster %s: %s%s", line, r.out, r.err);
	run_fini(&r);
}

static void
a_password_in_an_address_is_sent_and_not_shown(void **state)
{
	struct cluster *c = *state;
	int port = musterd_start_plain(c)->port, silent = unused_port();
	const char *live = fmt("127.0.0.1:%d", port), *dead = fmt("127.0.0.1:%d", silent);

	setenv("MUSTER_ADDR", fmt("http://user:secret@%s", dead), 1);
	check_secret(c, "stats", 3, fmt("http://%s: ", dead));
	check_secret(c, "stats -json", 3, fmt("http://%s: ", dead));
	check_secret(c, "top -once", 3, fmt("http://%s: ", dead));
	setenv("MUSTER_ADDR", fmt("user:s@/secret@%s", dead), 1);
	check_secret(c, "stats", 2, "MUSTER_ADDR");
	setenv("MUSTER_ADDR", fmt("http://user:secret@%s", live), 1);
	check_secret(c, "top -once", 0, fmt("http://%s", live));
	unsetenv("MUSTER_ADDR");
	check_secret(c, fmt("nodes -addr user:secret@%s", dead), 3, fmt("http://%s: ", dead));
}

int
main(void)
{
	const struct CMUnitTest cli[] = {
		cluster_test(node_commands_work),
		cluster_test(agent_commands_work),
		cluster_test(agents_have_requirements),
		cluster_test(cluster_commands_work),
		cluster_test(ids_may_be_shortened_where_nothing_is_changed),
		cluster_test(a_short_id_is_not_looked_for_among_too_many_agents),
		cluster_test(commands_that_change_something_take_whole_ids),
		cluster_test(a_wrong_command_line_fails_before_any_request),
		cluster_test(addresses_are_tried_in_turn),
		cluster_test(a_cluster_without_a_leader_shows_none),
		cluster_test(text_from_a_server_cannot_control_the_terminal),
		cluster_test(events_are_printed_and_followed),
		cluster_test(completion_offers_the_possible_words),
		cluster_test(a_password_in_an_address_is_sent_and_not_shown),
	};

	unsetenv("NO_COLOR");
	return test_program(cli);
}
