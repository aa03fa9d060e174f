/*
 * Snapshots. Invariant: the lines are sorted byte by byte, in whatever order Redis returns
 * elements.
 */
#include "support/snapshot.h"

enum { DIFFERENCES_MAX = 60 };

/*
 * A key's name and type begin each of its lines. A value of several words is taken as a set: of classes
 * that are open, whichever was the first to open. Replies that are kept under an Idempotency-Key are left
 * out, and so is the leader's `history`, which names the Redis itself.
 */
static const char source[] =
    "local lines, call = {}, redis.call\n"
    "local function add(...)\n"
    "	lines[#lines + 1] = string.gsub(table.concat({...}, ' '), '\\n', '\\\\n')\n"
    "end\n"
    "local function sorted(value)\n"
    "	local words = {}\n"
    "	for word in string.gmatch(value, '[^ ]+') do words[#words + 1] = word end\n"
    "	table.sort(words)\n"
    "	return table.concat(words, ' ')\n"
    "end\n"
    "local readers = {\n"
    "	string = function(key) add(key, 'string', call('GET', key)) end,\n"
    "	set = function(key)\n"
    "		for _, v in ipairs(call('SMEMBERS', key)) do add(key, 'set', v) end\n"
    "	end,\n"
    "	list = function(key)\n"
    "		for i, v in ipairs(call('LRANGE', key, 0, -1)) do\n"
    "			add(key, 'list', string.format('%06d', i), v)\n"
    "		end\n"
    "	end,\n"
    "	hash = function(key)\n"
    "		local v = call('HGETALL', key)\n"
    "		for i = 1, #v, 2 do\n"
    "			if v[i] ~= 'history' then add(key, 'hash', v[i], sorted(v[i + 1])) end\n"
    "		end\n"
    "	end,\n"
    "	zset = function(key)\n"
    "		local v = call('ZRANGE', key, 0, -1, 'WITHSCORES')\n"
    "		for i = 1, #v, 2 do add(key, 'zset', v[i], v[i + 1]) end\n"
    "	end,\n"
    "	stream = function() end,\n"
    "}\n"
    "for _, key in ipairs(call('KEYS', '*')) do\n"
    "	if not string.find(key, '" KEY_PREFIX "', 1, true) then\n"
    "		readers[call('TYPE', key).ok](key)\n"
    "		local left = call('PTTL', key)\n"
    "		if left >= 0 then add(key, 'life', left) end\n"
    "	end\n"
    "end\n"
    "table.sort(lines)\n"
    "return table.concat(lines, '\\n') .. '\\n'\n";

const char *
snapshot(struct scripts *s)
{
	return scripts_redis(s, "EVAL %s 0", source);
}

static size_t
line_length(const char *line)
{
	return strcspn(line, "\n") + 1;
}

static int
line_compare(const char *a, const char *b)
{
	size_t a_len = line_length(a), b_len = line_length(b);
	int order = memcmp(a, b, a_len < b_len ? a_len : b_len);

	return order != 0 ? order : (a_len > b_len) - (a_len < b_len);
}

void
snapshot_difference(
    struct buf *to, const char *a_name, const char *a, const char *b_name, const char *b)
{
	int n = 0;

	while ((*a != '\0' || *b != '\0') && n < DIFFERENCES_MAX) {
		int order = *a == '\0' ? 1 : *b == '\0' ? -1 : line_compare(a, b);
		const char *line = order <= 0 ? a : b;

		if (order != 0) {
			buf_addf(to, "  %s: %.*s", order < 0 ? a_name : b_name,
			    (int)line_length(line), line);
			n++;
		}
		a += order <= 0 ? line_length(a) : 0;
		b += order >= 0 ? line_length(b) : 0;
	}
}
