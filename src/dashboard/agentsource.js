/*
 * Fetches agents from the API, page by page. A list fetches one page at a time; a search reads at
 * most SEARCH_MOST agents at a time. Invariant: a page that was shown can be fetched again.
 */
import { get, path } from "./api.js";

const SEARCH_PAGE = 1000;
const SEARCH_MOST = 10000;
const EMPTY_PAGES = 10; /* with a filter, pages may be empty: skip at most this many */

async function findExact(id) {
	if (!/^[A-Za-z0-9][A-Za-z0-9._:@-]{0,127}$/.test(id))
		return null;
	try {
		return await get(path("assignments", id));
	} catch (e) {
		if (e.status === 404)
			return null;
		throw e;
	}
}

function list(filters, limit) {
	const cursors = [""];
	let next = "";

	async function load(at) {
		let cursor = cursors[at];
		let page, tries = 0;

		do {
			page = await get("assignments", { ...filters, limit, cursor });
			cursor = page.next_cursor ?? "";
		} while (page.assignments.length === 0 && cursor !== "" && ++tries < EMPTY_PAGES);
		next = cursor;
		cursors[at + 1] = next;
		return { agents: page.assignments, more: next !== "", note: "" };
	}
	return { load };
}

function matches(agent, filters) {
	return (!filters.node_id || agent.node_id === filters.node_id)
		&& (!filters.status || agent.status === filters.status)
		&& (!filters.service || agent.services.includes(filters.service));
}

function search(filters, wanted, limit) {
	const needle = wanted.toLowerCase();
	let found = null;
	let cursor = "";
	let ended = false;
	let looked = 0;

	async function begin() {
		const hit = await findExact(wanted);

		found = hit !== null && matches(hit, filters) ? [hit] : [];
	}

	/* Reads on until page `at` is full, all agents were read, or SEARCH_MOST agents were
	 * read. */
	async function load(at) {
		const stop = looked + SEARCH_MOST;

		if (found === null)
			await begin();
		while (!ended && found.length < (at + 1) * limit && looked < stop) {
			const page = await get("assignments", { ...filters, limit: SEARCH_PAGE, cursor });

			for (const agent of page.assignments)
				if ((agent.agent_id.toLowerCase().includes(needle) || agent.group === wanted)
					&& agent.agent_id !== found[0]?.agent_id)
					found.push(agent);
			looked += page.assignments.length;
			cursor = page.next_cursor ?? "";
			ended = cursor === "";
		}
		return {
			agents: found.slice(at * limit, (at + 1) * limit),
			more: !ended || found.length > (at + 1) * limit,
			note: ended ? "" : `${looked.toLocaleString("en")} agents searched so far.`,
		};
	}
	return { load };
}

/*
 * The agents that match filters (node_id, status, service) and, unless `text` is "", have
 * `text` in their id or as their group. Returns {load(at)}, which returns page `at`, counted from 0, as {agents,
 * more, note}. Pages must be loaded in order.
 */
export function agentSource(filters, text, limit) {
	return text === "" ? list(filters, limit) : search(filters, text, limit);
}
