/* Random numbers from a seed (splitmix64). Each thread has its own generator. */
#ifndef SUPPORT_RNG_H
#define SUPPORT_RNG_H

#include <stdint.h>

struct rng {
	uint64_t state;
};

static inline uint64_t
rng_next(struct rng *r)
{
	uint64_t x = r->state += 0x9e3779b97f4a7c15;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
	x = (x ^ x >> 27) * 0x94d049bb133111eb;
	return x ^ x >> 31;
}

/* A number from `least` to `most`, inclusive. */
static inline int
rng_between(struct rng *r, int least, int most)
{
	return least + (int)(rng_next(r) % (uint64_t)(most - least + 1));
}

#endif
