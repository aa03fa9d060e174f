/*
 * A test program: it runs its tests in a folder of its own. Nothing of it remains after the program,
 * however it ends. If a test fails, the logs of the processes are printed.
 */
#ifndef SUPPORT_PROGRAM_H
#define SUPPORT_PROGRAM_H

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The test program's folder. It is removed at the end of the program. */
const char *test_dir(void);

/*
 * Runs the tests of a program. Fails if a sanitizer has reported anything of a process that it
 * started. Returns main's exit status.
 */
#define test_program(tests) test_program_named(#tests, tests, sizeof(tests) / sizeof((tests)[0]))
int test_program_named(const char *name, const struct CMUnitTest *tests, size_t n);

#endif
