/* Control groups. Invariant: a level is one whose files can be read; others are passed over. */
#include "cluster/cgroup.h"

#include "base/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_SIZE = 1024, TEXT_SIZE = 8192 };

/* A level of the tree of a controller. */
struct level {
	char dir[PATH_SIZE];
	size_t top_len; /* the length of the folder where the tree begins */
	bool v2;
};

/* True if the list "cpu,cpuacct" has this word. */
static bool
has_word(const char *list, size_t len, const char *word)
{
	size_t word_len = strlen(word), n;

	for (; len > 0; list += n, len -= n) {
		n = strcspn(list, ",:");
		if (n == word_len && memcmp(list, word, n) == 0)
			return true;
		n += n < len;
	}
	return false;
}

/*
 * Finds the group of this process in the tree of `controller`. The lines of /proc/self/cgroup are
 * "number:controllers:path"; version 2 is the one without controllers. Version 1 counts where it has the
 * controller. Returns false if there is no tree.
 */
static bool
find_level(const char *proc, const char *root, const char *controller, struct level *l)
{
	char name[PATH_SIZE], text[TEXT_SIZE], *line, *rest = text;

	l->top_len = 0;
	snprintf(name, sizeof(name), "%s/self/cgroup", proc);
	if (!file_read_start(name, text, sizeof(text)))
		return false;
	while ((line = strsep(&rest, "\n")) != NULL) {
		char *list = strchr(line, ':'), *path = list != NULL ? strchr(list + 1, ':') : NULL;
		size_t len = path != NULL ? (size_t)(path - ++list) : 0;
		bool v2 = len == 0;

		if (path == NULL || (v2 ? l->top_len > 0 : !has_word(list, len, controller)))
			continue;
		path++;
		/* The path begins above our root where the group is outside of our name space. */
		if (strncmp(path, "/..", 3) == 0 || strcmp(path, "/") == 0)
			path = "";
		l->v2 = v2;
		l->top_len = (size_t)snprintf(
		    name, sizeof(name), "%s%s%.*s", root, v2 ? "" : "/", (int)len, list);
		snprintf(l->dir, sizeof(l->dir), "%.512s%.500s", name, path);
		if (!v2)
			break;
	}
	return l->top_len > 0 && l->top_len <= strlen(l->dir);
}

/* Goes to the level above. Returns false from the top of the tree. */
static bool
go_up(struct level *l)
{
	if (strlen(l->dir) <= l->top_len)
		return false;
	*strrchr(l->dir, '/') = '\0';
	return strlen(l->dir) >= l->top_len;
}

/* Reads a file of the level. */
static bool
read_file(const struct level *l, const char *name, char text[TEXT_SIZE])
{
	char path[PATH_SIZE + 64];

	snprintf(path, sizeof(path), "%s/%s", l->dir, name);
	return file_read_start(path, text, TEXT_SIZE);
}

/* Reads the number that a file of the level consists of; -1 if there is none, as in "max". */
static double
read_number(const struct level *l, const char *name)
{
	char text[TEXT_SIZE], *end;
	double n;

	if (!read_file(l, name, text))
		return -1;
	n = strtod(text, &end);
	return n >= 0 && end > text ? n : -1;
}

/* The number after `name` in a text of lines "name number"; 0 if it is not there. */
static uint64_t
find_number(const char *text, const char *name)
{
	size_t len = strlen(name);

	while (text != NULL && (strncmp(text, name, len) != 0 || text[len] != ' '))
		text = (text = strchr(text, '\n')) != NULL ? text + 1 : NULL;
	return text != NULL ? strtoull(text + len, NULL, 10) : 0;
}

/* Processors that the level allows; -1 for no limit. */
static double
read_cpu_limit(const struct level *l)
{
	char text[TEXT_SIZE], *end;
	double quota = -1, period = -1;

	if (!l->v2) {
		quota = read_number(l, "cpu.cfs_quota_us");
		period = read_number(l, "cpu.cfs_period_us");
	} else if (read_file(l, "cpu.max", text)) {
		quota = strtod(text, &end);
		period = end > text ? strtod(end, NULL) : -1;
	}
	return quota > 0 && period > 0 ? quota / period : -1;
}

/* Version 1 keeps the time in another controller, which usually has the same folder. */
static uint64_t
read_cpu_used_us(const struct level *l, const char *root)
{
	struct level other = { 0 };
	double ns = read_number(l, "cpuacct.usage");

	if (ns < 0) {
		snprintf(other.dir, sizeof(other.dir), "%.400s/cpuacct%.600s", root,
		    l->dir + l->top_len);
		ns = read_number(&other, "cpuacct.usage");
	}
	return ns > 0 ? (uint64_t)(ns / 1000) : 0;
}

bool
cgroup_read_cpu(const char *proc, const char *root, struct cgroup_cpu *cpu)
{
	char text[TEXT_SIZE];
	bool limited = false;
	struct level l;

	if (!find_level(proc, root, "cpu", &l))
		return false;
	do {
		double limit = read_cpu_limit(&l);

		if (limit < 0 || (limited && limit >= cpu->limit) ||
		    !read_file(&l, "cpu.stat", text))
			continue;
		limited = true;
		cpu->limit = limit;
		cpu->used_us = l.v2 ? find_number(text, "usage_usec") : read_cpu_used_us(&l, root);
		cpu->periods = find_number(text, "nr_periods");
		cpu->stopped = find_number(text, "nr_throttled");
	} while (go_up(&l));
	return limited;
}

double
cgroup_read_memory(const char *proc, const char *root, double machine_bytes)
{
	char text[TEXT_SIZE];
	double most = -1;
	struct level l;

	if (!find_level(proc, root, "memory", &l))
		return -1;
	do {
		double limit = read_number(&l, l.v2 ? "memory.max" : "memory.limit_in_bytes");
		double used = read_number(&l, l.v2 ? "memory.current" : "memory.usage_in_bytes");
		double cached;

		if (limit <= 0 || limit > machine_bytes || used < 0)
			continue;
		cached = read_file(&l, "memory.stat", text)
		    ? (double)find_number(text, l.v2 ? "inactive_file" : "total_inactive_file")
		    : 0;
		used = cached < used ? (used - cached) / limit * 100 : 0;
		if (used > most)
			most = used < 100 ? used : 100;
	} while (go_up(&l));
	return most;
}
