/*
 * Agents by the page, straight from the API: at most one page of them is ever asked for to show,
 * and a search looks through at most SEARCH_MOST at a time. Invariant: a page once shown can be
 * gone back to.
 */
import { get, path } from "./api.js";

const SEARCH_PAGE = 1000;
const SEARCH_MOST = 10000;
const EMPTY_PAGES = 10; /* a filter may leave pages empty: so many are passed over */

async function exact(id) {
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

function listing(filters, limit) {
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

function searching(filters, wanted, limit) {
	const needle = wanted.toLowerCase();
	let found = null;
	let cursor = "";
	let ended = false;
	let looked = 0;

	async function begin() {
		const hit = await exact(wanted);

		found = hit !== null && matches(hit, filters) ? [hit] : [];
	}

	/* Looks further until page `at` is full, all is seen, or enough has been looked at. */
	async function load(at) {
		const stop = looked + SEARCH_MOST;

		if (found === null)
			await begin();
		while (!ended && found.length < (at + 1) * limit && looked < stop) {
			const page = await get("assignments", { ...filters, limit: SEARCH_PAGE, cursor });

			for (const agent of page.assignments)
				if (agent.agent_id.toLowerCase().includes(needle) && agent.agent_id !== found[0]?.agent_id)
					found.push(agent);
			looked += page.assignments.length;
			cursor = page.next_cursor ?? "";
			ended = cursor === "";
		}
		return {
			agents: found.slice(at * limit, (at + 1) * limit),
			more: !ended || found.length > (at + 1) * limit,
			note: ended ? "" : `${looked.toLocaleString("en")} agents looked through so far.`,
		};
	}
	return { load };
}

/*
 * The agents that fit filters (node_id, status, service) and, where `search` is not "", have it
 * in their id. Returns {load(at)}: page `at`, from 0, each after the one before, as
 * {agents, more, note}.
 */
export function agentSource(filters, search, limit) {
	return search === "" ? listing(filters, limit) : searching(filters, search, limit);
}
