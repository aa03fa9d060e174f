/* Reports of sanitizers: files of the folder whose names begin with PREFIX. */
#include "support/sanitizer.h"

#include "support/process.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PREFIX "sanitizer."

static const char *folder;

void
sanitizer_reports_to(const char *dir)
{
	static const char *const names[] = { "ASAN_OPTIONS", "TSAN_OPTIONS", "UBSAN_OPTIONS" };
	size_t i;

	folder = dir;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *given = getenv(names[i]);
		char options[1024];

		/* Of an option that is given twice, the last counts. */
		snprintf(options, sizeof(options), "%s log_path=%s/" PREFIX "log exitcode=%d",
		    given != NULL ? given : "", dir, SANITIZER_STATUS);
		setenv(names[i], options, 1);
	}
}

bool
sanitizer_reported(void)
{
	DIR *files = folder != NULL ? opendir(folder) : NULL;
	const struct dirent *file;
	bool any = false;

	while (files != NULL && (file = readdir(files)) != NULL) {
		char path[512], *text;

		if (strncmp(file->d_name, PREFIX, strlen(PREFIX)) != 0)
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, file->d_name);
		text = file_read(path);
		fprintf(stderr, "%s\n", text);
		free(text);
		remove(path);
		any = true;
	}
	if (files != NULL)
		closedir(files);
	return any;
}
