/* One frame of `muster top`, drawn from two API calls. Does not access the terminal. */
#ifndef CLI_TOP_FRAME_H
#define CLI_TOP_FRAME_H

#include "cli/cli.h"

struct top_frame {
	size_t width, height; /* in columns and lines; height 0: no limit */
	bool colour;
};

/* Requests the data and appends the frame's lines to `out`, each ending in a line feed. Returns
 * CLI_GOOD; or CLI_REFUSED if a call failed, with the reason in the client's error. */
int top_frame_draw(const struct cli *cli, const struct top_frame *f, struct buf *out);

#endif
