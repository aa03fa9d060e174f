/* The sizes of ids that Redis gives out, with their NUL. */
#ifndef REDIS_IDS_H
#define REDIS_IDS_H

enum {
	STREAM_ID_SIZE = 48,    /* "<milliseconds>-<sequence>", of an entry of a stream */
	REDIS_RUN_ID_SIZE = 41, /* of a redis-server; each start has a new one */
};

#endif
