/* Requests without a connection, for code that only reads them. */
#include "fixture.h"

#include <string.h>

struct request *
with_body(const char *body, size_t len)
{
	struct request *rq = request_new(NULL, NULL, "127.0.0.1");

	buf_add(&rq->body, body, len);
	return rq;
}

void
read_body(struct args *a, const char *body, size_t len, const struct in_field *fields, size_t n)
{
	struct request *rq = with_body(body, len);

	args_begin(a, SCRIPT_READY_CHECK);
	args_body(a, rq, fields, n);
	request_free(rq);
}

void
refuses_body(const struct in_field *fields, size_t n, const char *body, size_t len, enum err e,
    const char *detail)
{
	struct args a;

	read_body(&a, body, len, fields, n);
	if (a.failed != e || strncmp(a.detail, detail, strlen(detail)) != 0)
		fail_msg("%.200s: %d instead of %d: %s", body, (int)a.failed, (int)e, a.detail);
	assert_string_equal(args_get(&a, 0), "");
	script_args_fini(&a.script);
}
