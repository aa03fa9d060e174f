/* How much room the ids take that Redis gives out, their NUL included. */
#ifndef REDIS_IDS_H
#define REDIS_IDS_H

enum {
	STREAM_ID_SIZE = 48,    /* "<milliseconds>-<sequence>", of an entry of a stream */
	REDIS_RUN_ID_SIZE = 41, /* of a redis-server, from its start to its end */
};

#endif
