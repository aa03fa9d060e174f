/*
 * The URL's hash, such as "#/nodes/node-1?view=map". It holds everything that survives a reload,
 * including filters and sort order.
 */

export function href(name, id = "", params = {}) {
	const query = new URLSearchParams();

	for (const [key, value] of Object.entries(params))
		if (value !== "" && value !== null && value !== undefined)
			query.set(key, value);
	const text = query.toString();

	return `#/${name === "overview" ? "" : name}${id === "" ? "" : `/${encodeURIComponent(id)}`}`
		+ (text === "" ? "" : `?${text}`);
}

export const nodeLink = (id) => href("nodes", id);

function decode(s) {
	try {
		return decodeURIComponent(s);
	} catch {
		return s;
	}
}

/* Parses a hash into {name, id, params}. The name is "missing" if it is unknown. */
export function parse(hash) {
	const [where, query] = hash.replace(/^#\/?/, "").split(/\?(.*)/s);
	const [first, ...rest] = where.split("/");
	const name = first === "" ? "overview" : first;
	const id = decode(rest.join("/"));
	const known = id === "" ? ["overview", "nodes", "agents", "events"] : ["nodes"];

	return {
		name: !known.includes(name) ? "missing" : id === "" ? name : "node",
		id,
		params: Object.fromEntries(new URLSearchParams(query ?? "")),
	};
}

/* Changes the parameters of the current page without adding to the history. */
export function setParams(params) {
	const now = parse(location.hash);
	const name = now.name === "node" ? "nodes" : now.name;

	history.replaceState(null, "", href(name, now.id, { ...now.params, ...params }));
}
