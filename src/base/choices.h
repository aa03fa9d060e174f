/* Words of which an option or a field takes one, for X in { ROLES }. */
#ifndef BASE_CHOICES_H
#define BASE_CHOICES_H

#define ROLES "worker", "standby", "replica"

/* As in lua/lib/strategies.lua. */
#define STRATEGIES "round_robin", "least_loaded", "least_agents", "random", "weighted", "packed"

#endif
