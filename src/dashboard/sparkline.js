/* A line chart of the recent samples of one value, with the latest value as text beside it. */
import { setAttr, setText, svg, h } from "./dom.js";

const WIDTH = 160;
const HEIGHT = 36;
const LEAST_SPAN = 60000; /* ms: with fewer samples than this, the line does not fill its box */

function span(samples) {
	const last = samples.at(-1)[0];

	return [Math.min(samples[0][0], last - LEAST_SPAN), last];
}

function points(samples, place, top) {
	const [from, to] = span(samples);
	const x = (t) => ((t - from) / (to - from)) * WIDTH;
	const y = (v) => HEIGHT - 1 - (Math.min(v, top) / top) * (HEIGHT - 2);

	return samples.map((s) => `${x(s[0]).toFixed(1)},${y(s[place]).toFixed(1)}`).join(" ");
}

/*
 * label; place: the index of the value in a sample (see store.js); text: formats a value; top: the
 * end of the scale, 0 to fit it to the samples. Returns {element, update(samples)}.
 */
export function sparkline(label, place, text, top = 0) {
	const line = svg("polyline", { class: "line" });
	const area = svg("polygon", { class: "area" });
	const image = svg("svg", {
		class: "spark", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img",
	}, area, line);
	const now = h("span", { class: "now" });
	const element = h("div", { class: "gauge" }, h("span", { class: "label" }, label), now, image);

	function update(samples) {
		const values = samples.map((s) => s[place]);
		const least = Math.min(...values);
		const most = Math.max(...values);
		const drawn = points(samples, place, top || Math.max(1, most * 1.2));
		const start = drawn.slice(0, drawn.indexOf(","));

		setText(now, text(values.at(-1)));
		setAttr(line, "points", drawn);
		setAttr(area, "points", `${start},${HEIGHT} ${drawn} ${WIDTH},${HEIGHT}`);
		setAttr(image, "aria-label", `${label}: now ${text(values.at(-1))}, from ${text(least)} to ${text(most)} while this page was open`);
	}
	return { element, update };
}
