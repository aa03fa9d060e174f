/* What `muster top` shows: one frame, drawn from three answers. Knows no terminal. */
#ifndef CLI_FRAME_H
#define CLI_FRAME_H

#include "cli/cli.h"

struct frame {
	size_t width, height; /* of the terminal; height 0: all rows */
	bool colour;
};

/* Asks the cluster and appends the frame's lines, each ended by a line feed. CLI_GOOD, or the exit
 * status for the call that failed, which is in the client's error. */
int frame_draw(const struct cli *cli, const struct frame *f, struct buf *out);

#endif
