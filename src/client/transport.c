/* HTTP requests with libcurl. Invariant: an answer uses at most ANSWER_MAX bytes of memory. */
#include "client/transport.h"

#include "base/memory.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { ANSWER_MAX = 64 * 1024 * 1024 };

struct transport {
	CURL *curl;
	atomic_bool cancelled;
};

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void
setup_once(void)
{
	curl_global_init(CURL_GLOBAL_DEFAULT);
}

void
transport_setup(void)
{
	pthread_once(&once, setup_once);
}

struct transport *
transport_new(void)
{
	struct transport *t = xcalloc(1, sizeof(*t));

	transport_setup();
	t->curl = curl_easy_init();
	if (t->curl == NULL)
		abort();
	return t;
}

void
transport_free(struct transport *t)
{
	if (t == NULL)
		return;
	curl_easy_cleanup(t->curl);
	free(t);
}

void
transport_cancel(struct transport *t, bool on)
{
	atomic_store(&t->cancelled, on);
}

static size_t
on_body(char *data, size_t size, size_t n, void *arg)
{
	struct exchange *x = arg;

	if (x->answer.len + size * n > ANSWER_MAX)
		return 0;
	buf_add(&x->answer, data, size * n);
	return size * n;
}

static size_t
on_header(char *data, size_t size, size_t n, void *arg)
{
	static const char name[] = "X-Cluster-Index:";
	struct exchange *x = arg;
	size_t len = size * n, at = sizeof(name) - 1;

	if (len > at && strncasecmp(data, name, at) == 0) {
		while (at < len && data[at] == ' ')
			at++;
		while (len > at && (unsigned char)data[len - 1] <= ' ')
			len--;
		snprintf(x->index, sizeof(x->index), "%.*s", (int)(len - at), data + at);
	}
	return size * n;
}

static int
on_progress(void *arg, curl_off_t down, curl_off_t downed, curl_off_t up, curl_off_t upped)
{
	struct transport *t = arg;

	(void)down;
	(void)downed;
	(void)up;
	(void)upped;
	return atomic_load(&t->cancelled);
}

static struct curl_slist *
setup(struct transport *t, struct exchange *x, char why[CURL_ERROR_SIZE])
{
	struct curl_slist *headers = curl_slist_append(NULL, "Accept: application/json");
	struct buf line = BUF_INIT;
	CURL *curl = t->curl;

	curl_easy_reset(curl);
	if (x->body != NULL) {
		headers = curl_slist_append(headers, "Content-Type: application/json");
		curl_easy_setopt(curl, CURLOPT_POSTFIELDS, x->body);
		curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)strlen(x->body));
	}
	headers = curl_slist_append(headers, "Expect:");
	if (x->key != NULL) {
		buf_addf(&line, "Idempotency-Key: %s", x->key);
		headers = curl_slist_append(headers, buf_str(&line));
	}
	curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, x->method);
	curl_easy_setopt(curl, CURLOPT_URL, x->url);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(curl, CURLOPT_USERAGENT, "libmuster/" MUSTER_VERSION);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_PROXY, "");
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)x->connect_ms);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)x->total_ms);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, x);
	curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(curl, CURLOPT_HEADERDATA, x);
	curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, on_progress);
	curl_easy_setopt(curl, CURLOPT_XFERINFODATA, t);
	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, why);
	buf_fini(&line);
	return headers;
}

bool
transport_exchange(struct transport *t, struct exchange *x)
{
	char why[CURL_ERROR_SIZE] = "";
	struct curl_slist *headers;
	CURLcode rc;

	buf_reset(&x->answer);
	x->index[0] = '\0';
	headers = setup(t, x, why);
	rc = curl_easy_perform(t->curl);
	curl_easy_getinfo(t->curl, CURLINFO_RESPONSE_CODE, &x->status);
	curl_easy_setopt(t->curl, CURLOPT_ERRORBUFFER, NULL);
	curl_slist_free_all(headers);
	if (rc == CURLE_OK)
		return true;
	snprintf(x->why, sizeof(x->why), "%s", why[0] != '\0' ? why : curl_easy_strerror(rc));
	x->sent = rc != CURLE_COULDNT_CONNECT && rc != CURLE_COULDNT_RESOLVE_HOST;
	return false;
}
