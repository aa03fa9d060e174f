/* The API's description, as part of the binary. */
#include "api/openapi.h"

#include "base/embed.h"
#include "http/reply.h"

EMBED(openapi_json, "src/api/openapi.json");

void
openapi_get(struct request *rq)
{
	reply_static(rq, "application/json", openapi_json, openapi_json_len);
}
