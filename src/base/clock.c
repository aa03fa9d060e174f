/* Clocks, and times as text. */
#include "base/clock.h"

#include <string.h>
#include <time.h>

static int64_t
read_ms(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

int64_t
clock_mono_ms(void)
{
	return read_ms(CLOCK_MONOTONIC);
}

int64_t
clock_mono_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

int64_t
clock_wall_ms(void)
{
	return read_ms(CLOCK_REALTIME);
}

/* Writes `n`, 0 to 99, as two digits, and then `mark`. Returns the end. */
static char *
put(char *to, unsigned n, char mark)
{
	to[0] = (char)('0' + n / 10 % 10);
	to[1] = (char)('0' + n % 10);
	to[2] = mark;
	return to + 3;
}

/*
 * Writes the date and time up to the '.' before the milliseconds. It does its own arithmetic, because
 * a list shows thousands of times and gmtime is slow; counting years from March, so that the leap day
 * comes last, keeps that short.
 */
static void
put_second(int64_t second, char *to)
{
	int64_t day = second / 86400 + 719468; /* since 0000-03-01 */
	int64_t era = day / 146097, of_era = day % 146097;
	int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
	int64_t month = (5 * of_year + 2) / 153; /* 0 is March */

	year += era * 400 + (month >= 10);
	to = put(to, (unsigned)(year / 100), ' ') - 1;
	to = put(to, (unsigned)(year % 100), '-');
	to = put(to, (unsigned)(month < 10 ? month + 3 : month - 9), '-');
	to = put(to, (unsigned)(of_year - (153 * month + 2) / 5 + 1), 'T');
	to = put(to, (unsigned)(second / 3600 % 24), ':');
	to = put(to, (unsigned)(second / 60 % 60), ':');
	put(to, (unsigned)(second % 60), '.');
}

const char *
clock_text(int64_t ms, char out[CLOCK_TEXT_SIZE])
{
	/* Kept from the last call: successive times are mostly in the same second. */
	static _Thread_local char text[] = "1970-01-01T00:00:00.";
	static _Thread_local int64_t second;
	char *to = out + sizeof(text) - 1;

	if (ms / 1000 != second) {
		second = ms / 1000;
		put_second(second, text);
	}
	memcpy(out, text, sizeof(text) - 1);
	*to++ = (char)('0' + ms / 100 % 10);
	*put(to, (unsigned)(ms % 100), 'Z') = '\0';
	return out;
}

const char *
clock_http_date(void)
{
	/* Kept from the last call: many replies are made within a second. */
	static _Thread_local char text[CLOCK_TEXT_SIZE];
	static _Thread_local time_t second;
	time_t now = (time_t)(clock_wall_ms() / 1000);
	struct tm tm;

	if (now != second) {
		second = now;
		gmtime_r(&second, &tm);
		strftime(text, sizeof(text), "%a, %d %b %Y %H:%M:%S GMT", &tm);
	}
	return text;
}
