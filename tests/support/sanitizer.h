/*
 * What the sanitizers find in processes that a test starts. They write it to a folder, so that the
 * test that started the process can fail. A build without sanitizers has no reports.
 */
#ifndef SUPPORT_SANITIZER_H
#define SUPPORT_SANITIZER_H

#include <stdbool.h>

/*
 * Processes that are started from now on write their reports to `dir`, borrowed, and end with
 * SANITIZER_STATUS after one.
 */
void sanitizer_reports_to(const char *dir);

enum { SANITIZER_STATUS = 99 }; /* no program of ours ends with it by itself */

/* Prints the reports that have come since the last call. Returns whether there were any. */
bool sanitizer_reported(void);

#endif
