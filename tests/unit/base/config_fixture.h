/* Reads options in tests. A test with `config_test` begins and ends without any in the environment. */
#ifndef UNIT_BASE_CONFIG_FIXTURE_H
#define UNIT_BASE_CONFIG_FIXTURE_H

#include "base/config.h"
#include "support/cluster.h"

/* Reads options into `c`, to be freed with config_fini. Fails the test if they are refused. */
#define accepted(c, ...) accepted_with(c, (const char *[]){ "prog", __VA_ARGS__, NULL })
void accepted_with(struct config *c, const char *argv[]);

/* Expects a refusal whose sentence contains `says`, and that nothing is left to free. */
#define refused(e, says, ...) refused_with(e, says, (const char *[]){ "prog", __VA_ARGS__, NULL })
void refused_with(enum err expected, const char *says, const char *argv[]);

#define config_test(fn) cmocka_unit_test_setup_teardown(fn, clean_environment, clean_environment)
int clean_environment(void **state);

#endif
