/*
 * Words of which an option or a field takes one, for an initializer: { ROLES }, and { STRATEGY_LIST }, of which
 * there are STRATEGY_COUNT, from lua/lib/strategies.lua.
 */
#ifndef BASE_CHOICES_H
#define BASE_CHOICES_H

#include "strategies.h" /* made by lua/bundle.lua */

#define ROLES "worker", "standby", "replica"

#endif
