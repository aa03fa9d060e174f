/*
 * Calls the API with fetch. Invariant: a call either returns a body or throws a Problem, within
 * TIMEOUT_MS.
 */

const TIMEOUT_MS = 8000;

/* A call that was refused or failed. Has the fields of the server's problem document, if it sent
 * one. */
export class Problem extends Error {
	constructor(status, body) {
		super(body.detail || body.title);
		this.status = status;
		this.code = body.code ?? "";
		this.title = body.title ?? "";
		this.detail = body.detail ?? "";
		this.retryable = body.retryable === true;
		this.reasons = body.reasons ?? {};
	}
}

/* The API's root, relative to the page, so that a proxy may serve both under a prefix. */
const root = new URL("api/cluster/", document.baseURI);

export function url(path, params = {}) {
	const target = new URL(path, root);

	for (const [name, value] of Object.entries(params))
		if (value !== "" && value !== null && value !== undefined)
			target.searchParams.set(name, value);
	return target;
}

/* The path of one record. An id may contain '@' and ':', and "nodes/a:b" would be read as a URL
 * scheme. */
export function path(noun, id) {
	return `./${noun}/${encodeURIComponent(id)}`;
}

/* A new Idempotency-Key: a request that is repeated with the same key is applied once. */
export function newIdempotencyKey() {
	const bytes = crypto.getRandomValues(new Uint8Array(16));

	return Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");
}

function parsed(response, text) {
	if (text === "")
		return null;
	try {
		return JSON.parse(text);
	} catch {
		throw new Problem(response.status, {
			title: "The answer is not JSON",
			detail: `${response.status} ${response.statusText}`,
		});
	}
}

async function exchange(method, target, options) {
	const headers = {};

	if (options.body !== undefined)
		headers["Content-Type"] = "application/json";
	if (options.key)
		headers["Idempotency-Key"] = options.key;
	try {
		const response = await fetch(target, {
			method,
			headers,
			body: options.body === undefined ? undefined : JSON.stringify(options.body),
			cache: "no-store",
			signal: AbortSignal.timeout(TIMEOUT_MS),
		});

		return [response, await response.text()];
	} catch (e) {
		throw new Problem(0, {
			title: "No answer",
			detail: e.name === "TimeoutError" ? "The front-end did not answer in time."
				: "The front-end cannot be reached.",
			retryable: true,
		});
	}
}

/* `where` is a path under /api/cluster. options: params (the query), body, key (the
 * Idempotency-Key). */
export async function call(method, where, options = {}) {
	const [response, text] = await exchange(method, url(where, options.params), options);
	const body = parsed(response, text);

	if (!response.ok)
		throw new Problem(response.status, body ?? { title: response.statusText });
	return body;
}

export const get = (where, params) => call("GET", where, { params });
