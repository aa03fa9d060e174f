/* Options for the tests of them. */
#include "unit/base/config_fixture.h"

static char why[512];

static enum err
init_with(struct config *c, const char *argv[])
{
	int argc = 0;

	while (argv[argc] != NULL)
		argc++;
	why[0] = '\0';
	return config_init(c, argc, (char **)(uintptr_t)argv, why, sizeof(why));
}

void
accepted_with(struct config *c, const char *argv[])
{
	enum err e = init_with(c, argv);

	if (e != ERR_OK)
		fail_msg("%s", why);
}

void
refused_with(enum err expected, const char *says, const char *argv[])
{
	static const struct config nothing;
	struct config c;
	enum err e = init_with(&c, argv);

	if (e != expected || strstr(why, says) == NULL)
		fail_msg(
		    "%d instead of %d: '%s' instead of '%s'", (int)e, (int)expected, why, says);
	assert_memory_equal(&c, &nothing, sizeof(c));
}

int
clean_environment(void **state)
{
	static const char *const names[] = { "MUSTER_PORT", "MUSTER_HOST", "MUSTER_MAX_AGENTS",
		"MUSTER_DEV", "MUSTER_GRACE", "MUSTER_CONFIG", "MUSTER_CLUSTER",
		"MUSTER_NONSENSE" };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_LEN(names); i++)
		unsetenv(names[i]);
	return 0;
}
