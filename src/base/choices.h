/*
 * The words that an option or a field may have, as initializers of arrays: { ROLES }, and {
 * STRATEGY_LIST } with STRATEGY_COUNT words, which the build makes from lua/lib/strategies.lua.
 */
#ifndef BASE_CHOICES_H
#define BASE_CHOICES_H

#include "strategies.h" /* made by lua/bundle.lua */

#define ROLES "worker", "standby", "replica"

#endif
