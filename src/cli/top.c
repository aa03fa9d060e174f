/*
 * `muster top`: takes over the terminal, draws a frame each second, and restores the terminal at
 * the end, unless killed by SIGKILL. Uses plain ANSI sequences that tmux, screen and xterm know.
 */
#include "cli/top.h"

#include "cli/top_frame.h"

#include "base/clock.h"

#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

enum { PERIOD_MS = 1000, KEY_CTRL_C = 3 };

#define ENTER "\033[?1049h\033[?25l\033[2J" /* alternate screen, cursor hidden, cleared */
#define LEAVE "\033[?25h\033[?1049l"

static volatile sig_atomic_t ending, resized;

static void
on_end(int sig)
{
	(void)sig;
	ending = 1;
}

static void
on_resize(int sig)
{
	(void)sig;
	resized = 1;
}

static void
catch_signals(void)
{
	static const int ends[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
	struct sigaction end = { .sa_handler = on_end }, resize = { .sa_handler = on_resize };
	size_t i;

	for (i = 0; i < ARRAY_LEN(ends); i++)
		sigaction(ends[i], &end, NULL);
	sigaction(SIGWINCH, &resize, NULL);
}

static void
measure(struct top_frame *f)
{
	struct winsize size;

	f->width = 80;
	f->height = 24;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 && size.ws_row > 0) {
		f->width = size.ws_col;
		f->height = size.ws_row;
	}
}

/* Draws the frame over the last one; each line erases the rest of its row. Leaves out the last line
 * feed, so that a full screen does not scroll. */
static void
paint(const struct buf *frame)
{
	const char *s = buf_str(frame), *end;
	struct buf out = BUF_INIT;

	buf_add_str(&out, "\033[H");
	for (; *s != '\0'; s = end + (*end == '\n')) {
		end = strchrnul(s, '\n');
		buf_add(&out, s, (size_t)(end - s));
		buf_add_str(&out, *end == '\n' && end[1] != '\0' ? "\033[K\r\n" : "\033[K");
	}
	buf_add_str(&out, "\033[J");
	cli_write(&out);
	buf_fini(&out);
}

/* Draws the error in place of a frame. The view goes on, because the error may be temporary. */
static void
draw_error(const struct cli *cli, const struct top_frame *f, struct buf *out)
{
	const muster_error *e = muster_client_error(cli->client);
	struct terminal_line l = { out, f->width, f->colour };

	terminal_put(&l, BOLD, "muster  ");
	terminal_put(&l, RED, muster_error_code(e));
	terminal_put(&l, PLAIN, ": ");
	terminal_put(&l, PLAIN, muster_error_detail(e));
	buf_add(out, "\n", 1);
}

/* Waits until `until` (monotonic ms), a key or a signal. Returns true if the view should end. */
static bool
wait_key(int64_t until)
{
	struct pollfd in = { STDIN_FILENO, POLLIN, 0 };
	int64_t ms;
	char key;

	while (!ending && !resized && (ms = until - clock_mono_ms()) > 0) {
		if (poll(&in, 1, (int)ms) <= 0)
			continue;
		if (read(STDIN_FILENO, &key, 1) != 1 || key == 'q' || key == 'Q' ||
		    key == KEY_CTRL_C)
			return true;
	}
	resized = 0;
	return ending;
}

static void
run(const struct cli *cli)
{
	struct top_frame f = { .colour = cli->colour };
	struct buf out = BUF_INIT;
	int64_t begun;

	do {
		begun = clock_mono_ms();
		measure(&f);
		buf_reset(&out);
		if (top_frame_draw(cli, &f, &out) != CLI_GOOD)
			draw_error(cli, &f, &out);
		paint(&out);
	} while (!wait_key(begun + PERIOD_MS));
	buf_fini(&out);
}

static int
print_once(const struct cli *cli)
{
	const struct top_frame f = { .width = TERMINAL_UNLIMITED, .colour = cli->colour };
	struct buf out = BUF_INIT;
	int status = top_frame_draw(cli, &f, &out);

	status = status == CLI_GOOD ? cli_write(&out) : cli_failed(cli);
	buf_fini(&out);
	return status;
}

int
command_top(const struct cli *cli)
{
	struct termios before, raw;
	struct buf text = BUF_INIT;

	if (cli->options.json)
		return cli_usage("top prints no JSON; muster stats and muster nodes do");
	if (cli->options.once)
		return print_once(cli);
	if (!isatty(STDOUT_FILENO) || tcgetattr(STDIN_FILENO, &before) != 0)
		return cli_usage("top needs a terminal; -once prints one frame");
	catch_signals();
	raw = before;
	raw.c_lflag &= (tcflag_t) ~(ICANON | ECHO);
	tcsetattr(STDIN_FILENO, TCSANOW, &raw);
	buf_add_str(&text, ENTER);
	cli_write(&text);
	run(cli);
	buf_reset(&text);
	buf_add_str(&text, LEAVE);
	cli_write(&text);
	tcsetattr(STDIN_FILENO, TCSANOW, &before);
	buf_fini(&text);
	return CLI_GOOD;
}
