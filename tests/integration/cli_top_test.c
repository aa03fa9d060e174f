/* `muster top` on a real terminal (a pty): it follows the cluster, and restores the terminal. */
#include "support/cluster.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <utmp.h>
#include <unistd.h>

enum { SCREEN_MAX = 1 << 20, ROWS = 12, COLUMNS = 60 };

struct terminal {
	int fd;
	pid_t pid;
	struct termios before;
	char *text; /* everything that was written */
	size_t len, seen;
};

static const char *
muster_path(void)
{
	const char *musterd = musterd_path();

	return fmt("%.*s", (int)strlen(musterd) - 1, musterd);
}

static void
terminal_start(struct terminal *t)
{
	struct winsize size = { .ws_row = ROWS, .ws_col = COLUMNS };
	const char *path = muster_path();
	int slave;

	*t = (struct terminal){ .text = calloc(1, SCREEN_MAX) };
	assert_int_equal(openpty(&t->fd, &slave, NULL, NULL, &size), 0);
	tcgetattr(slave, &t->before);
	t->pid = fork();
	if (t->pid == 0) {
		alarm(60);
		close(t->fd);
		login_tty(slave);
		execl(path, path, "top", (char *)NULL);
		_exit(127);
	}
	close(slave);
	assert_true(t->pid > 0);
}

/* Reads what is available. Returns false at the end. */
static bool
terminal_read(struct terminal *t)
{
	struct pollfd p = { t->fd, POLLIN, 0 };
	ssize_t n;

	if (poll(&p, 1, 20) <= 0)
		return true;
	n = read(t->fd, t->text + t->len, SCREEN_MAX - 1 - t->len);
	if (n > 0)
		t->len += (size_t)n;
	return n > 0 && t->len < SCREEN_MAX - 1;
}

/* Waits for a text in the output after the last text that was waited for. */
static void
terminal_wait(struct terminal *t, const char *text)
{
	long deadline = now_ms() + API_WAIT_MS;
	const char *at;

	while ((at = strstr(t->text + t->seen, text)) == NULL) {
		if (!terminal_read(t) || now_ms() > deadline)
			fail_msg("'%s' does not come: %s", text, t->text + t->seen);
	}
	t->seen = (size_t)(at - t->text) + strlen(text);
}

/* Waits for the end and returns the exit status. Fails unless the terminal is restored. */
static int
terminal_end(struct terminal *t)
{
	struct termios after;
	int status;

	terminal_wait(t, "\033[?25h\033[?1049l");
	status = process_wait(t->pid, PROCESS_WAIT_MS);
	assert_int_equal(tcgetattr(t->fd, &after), 0);
	assert_int_equal(after.c_lflag, t->before.c_lflag);
	close(t->fd);
	free(t->text);
	return status;
}

static struct musterd *
begin(struct cluster *c)
{
	struct musterd *m =
	    musterd_start(c, "-cluster", "n", "-heartbeat-ttl", "1h", "-lease-ttl", "1m");

	wait_json(m->port, "/api/cluster/leader", "leader_id", "\"n\"", API_WAIT_MS);
	setenv("MUSTER_ADDR", fmt("127.0.0.1:%d", m->port), 1);
	return m;
}

static void
top_follows_the_cluster_and_q_quits(void **state)
{
	struct musterd *m = begin(*state);
	struct terminal t;

	terminal_start(&t);
	terminal_wait(&t, "\033[?1049h\033[?25l");
	terminal_wait(&t, "\033[H\033[1mmuster\033[0m");
	terminal_wait(&t, "1 online");
	api(m->port, 201, "POST", "/api/cluster/nodes", "{\"id\":\"fresh\"}");
	terminal_wait(&t, "\033[1mfresh\033[0m");
	assert_int_equal(write(t.fd, "x", 1), 1);
	api(m->port, 201, "POST", "/api/cluster/assignments", "{\"agent_id\":\"a\"}");
	terminal_wait(&t, "1/10");
	assert_int_equal(write(t.fd, "q", 1), 1);
	assert_int_equal(terminal_end(&t), 0);
}

static void
a_signal_restores_the_terminal(void **state)
{
	struct terminal t;

	begin(*state);
	terminal_start(&t);
	terminal_wait(&t, "1 online");
	kill(t.pid, SIGTERM);
	assert_int_equal(terminal_end(&t), 0);
	terminal_start(&t);
	terminal_wait(&t, "1 online");
	assert_int_equal(write(t.fd, "\003", 1), 1);
	assert_int_equal(terminal_end(&t), 0);
}

static void
top_shows_an_unreachable_cluster_and_recovers(void **state)
{
	struct cluster *c = *state;
	struct terminal t;

	begin(c);
	terminal_start(&t);
	terminal_wait(&t, "1 online");
	redis_kill(c);
	terminal_wait(&t, "store_unavailable");
	redis_start(c);
	terminal_wait(&t, "1 online");
	assert_int_equal(write(t.fd, "q", 1), 1);
	assert_int_equal(terminal_end(&t), 0);
}

/* The width of a line in columns, without its escape sequences. */
static size_t
shown_width(const char *line, size_t len)
{
	size_t i, n = 0;

	for (i = 0; i < len; i++) {
		if (line[i] != '\033') {
			n += line[i] != '\r';
			continue;
		}
		while (i + 1 < len && !(line[i] >= 'A' && line[i] <= 'Z') && line[i] != 'm')
			i++;
	}
	return n;
}

static void
a_frame_fits_the_screen_after_a_resize(void **state)
{
	struct musterd *m = begin(*state);
	struct winsize size = { .ws_row = ROWS, .ws_col = 200 };
	struct terminal t;
	const char *frame, *line, *end;
	size_t lines = 0;
	int i;

	for (i = 0; i < 30; i++)
		api(m->port, 201, "POST", "/api/cluster/nodes",
		    fmt("{\"id\":\"a-node-with-a-rather-long-name-%d\"}", i));
	terminal_start(&t);
	terminal_wait(&t, "31 online");
	terminal_wait(&t, "\033[J");
	frame = strstr(t.text, "\033[H");
	end = strstr(frame, "\033[J");
	for (line = frame; line < end; lines++) {
		const char *next = memchr(line, '\n', (size_t)(end - line));

		assert_true(
		    shown_width(line, (size_t)((next != NULL ? next : end) - line)) <= COLUMNS);
		line = next != NULL ? next + 1 : end;
	}
	assert_int_equal(lines, ROWS);
	assert_null(strstr(t.text, "SERVICES"));
	ioctl(t.fd, TIOCSWINSZ, &size);
	terminal_wait(&t, "SERVICES");
	assert_int_equal(write(t.fd, "q", 1), 1);
	assert_int_equal(terminal_end(&t), 0);
}

int
main(void)
{
	const struct CMUnitTest cli_top[] = {
		cluster_test(top_follows_the_cluster_and_q_quits),
		cluster_test(a_signal_restores_the_terminal),
		cluster_test(top_shows_an_unreachable_cluster_and_recovers),
		cluster_test(a_frame_fits_the_screen_after_a_resize),
	};

	setenv("TERM", "xterm", 1);
	unsetenv("NO_COLOR");
	return test_program(cli_top);
}
