/* The API's description, as part of the binary. Only the path of the server is not known before. */
#include "api/openapi.h"

#include "api/app.h"
#include "base/embed.h"
#include "http/reply.h"

#include <assert.h>
#include <string.h>

EMBED(openapi_json, "src/api/openapi.json");

/* The place in the description where the path of the server stands. */
#define SERVER "\"servers\": [\n    { \"url\": \"/"

void
openapi_get(struct request *rq)
{
	const char *prefix = ((const struct app *)request_app(rq))->config->path_prefix;
	const char *at = memmem(openapi_json, openapi_json_len, SERVER, strlen(SERVER));
	struct buf b = BUF_INIT;
	size_t before;

	if (*prefix == '\0') {
		reply_static(rq, "application/json", openapi_json, openapi_json_len);
		return;
	}
	assert(at != NULL);
	at += strlen(SERVER);
	before = (size_t)(at - openapi_json);
	buf_add(&b, openapi_json, before);
	buf_add_str(&b, prefix + 1);
	buf_add(&b, at, openapi_json_len - before);
	reply_static(rq, "application/json", b.data, b.len);
	buf_fini(&b);
}
