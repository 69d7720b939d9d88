"use strict";
// The page that tools/plinth-trace makes of a log: a timeline of CPUs and vCPUs, the exits by reason,
// and what happened in between. tools/trace/page.py says what the data holds. What is looked at is
// kept in the address (#from=…&to=…&vm=…&exit=…), so that a view can be sent to somebody.

const data = JSON.parse(document.getElementById("data").textContent);
const [CPU, VCPU, START, END, REASON, RIP, QUAL, DID, COST] = [0, 1, 2, 3, 4, 5, 6, 7, 8];
const PALETTE = ["#4a7bd0", "#d9822b", "#3c9d6b", "#b8559a", "#8a6fd1", "#c2a51f", "#2f9fb0", "#cf5151",
	"#7d8f2c", "#946b4a", "#e07bb0", "#5b6f8c"];
const REST = "#8b93a0";
const VM_COLOURS = ["#9db9e8", "#f0c08f", "#9ed3b6", "#dcaacc", "#c3b5ec", "#e2d27e", "#97d0d8", "#e9a5a5"];
const CPU_LANE = 34, LANE = 22, RATE = 22, GAP = 6, GUTTER = 130, AXIS = 22, NAME = 16;
const byId = (id) => document.getElementById(id);

// --- what to show ---------------------------------------------------------------------------

const vmIds = [...new Set(data.vcpus.map((v) => v.vm))];
const vcpuName = (index) => index < 0 ? "" : `${data.vcpus[index].name}.${data.vcpus[index].id}`;
const vmColour = (index) => VM_COLOURS[vmIds.indexOf(data.vcpus[index].vm) % VM_COLOURS.length];

function reasonColours() {
	const counts = data.reasons.map(() => 0);
	for (const exit of data.exits) counts[exit[REASON]]++;
	const ranked = counts.map((count, reason) => [count, reason]).sort((a, b) => b[0] - a[0]);
	const colours = data.reasons.map(() => REST);
	ranked.slice(0, PALETTE.length).forEach(([, reason], rank) => { colours[reason] = PALETTE[rank]; });
	return colours;
}
const colours = reasonColours();

const view = { from: data.from, to: data.to, vm: "", exit: -1 };

function readAddress() {
	const asked = new URLSearchParams(location.hash.slice(1));
	const number = (key, otherwise) => {
		const value = parseFloat(asked.get(key));
		return Number.isFinite(value) ? value : otherwise;
	};
	show(number("from", data.from), number("to", data.to));
	view.vm = vmIds.includes(number("vm", NaN)) ? number("vm", NaN) : "";
	const exit = number("exit", -1);
	view.exit = data.exits[exit] ? exit : -1;
}

function writeAddress() {
	const parts = [`from=${view.from.toFixed(3)}`, `to=${view.to.toFixed(3)}`];
	if (view.vm !== "") parts.push(`vm=${view.vm}`);
	if (view.exit >= 0) parts.push(`exit=${view.exit}`);
	history.replaceState(null, "", "#" + parts.join("&"));
}

// Never empty, never outside of the run.
function show(from, to) {
	const whole = Math.max(data.to - data.from, 0.001);
	const width = Math.min(Math.max(to - from, 0.01), whole);
	view.from = Math.min(Math.max(from, data.from), data.from + whole - width);
	view.to = view.from + width;
}

// --- the timeline ---------------------------------------------------------------------------

const canvas = byId("tracks"), pen = canvas.getContext("2d");
let pixels = 0; // of time: the canvas without its gutter

const lanes = [
	...data.cpus.map((cpu) => ({ name: `CPU ${cpu}`, cpu, height: CPU_LANE })),
	...data.vcpus.flatMap((vcpu, index) => [
		{ name: vcpuName(index), vcpu: index, height: LANE },
		{ name: "exits", vcpu: index, rate: true, height: RATE },
	]),
];
let height = AXIS;
for (const lane of lanes) {
	lane.top = height;
	height += lane.height + (lane.rate || lane.cpu !== undefined ? GAP : 2);
}

const toX = (time) => GUTTER + (time - view.from) / (view.to - view.from) * pixels;
const toTime = (x) => view.from + (x - GUTTER) / pixels * (view.to - view.from);
const inView = (start, end) => end >= view.from && start <= view.to;
const inLane = (lane, row) => lane.cpu !== undefined ? row[CPU] === lane.cpu : row[VCPU] === lane.vcpu;

function formatTime(us, step) {
	const digits = Math.max(0, Math.min(3, -Math.floor(Math.log10(step))));
	return us.toFixed(digits).replace(/\B(?=(\d{3})+(?!\d)(?=\.|$))/g, " ") + " µs";
}

function drawAxis(ink, line) {
	const rough = (view.to - view.from) / Math.max(1, pixels / 130);
	const power = 10 ** Math.floor(Math.log10(rough));
	const step = [1, 2, 5, 10].map((n) => n * power).find((n) => n >= rough);
	pen.font = "12px system-ui, sans-serif";
	for (let time = Math.ceil(view.from / step) * step; time <= view.to; time += step) {
		pen.fillStyle = line;
		pen.fillRect(Math.round(toX(time)), AXIS - 6, 1, height);
		pen.fillStyle = ink;
		pen.fillText(formatTime(time, step), toX(time) + 3, AXIS - 9);
	}
}

function drawSpan(lane, start, end, colour, above, below) {
	const left = Math.max(toX(start), GUTTER), right = Math.min(toX(end), GUTTER + pixels);
	pen.fillStyle = colour;
	pen.fillRect(left, lane.top + above, Math.max(right - left, 1), lane.height - above - below);
	return right - left;
}

// How many exits begin in each column of four pixels, the fullest column as high as the lane.
function drawRate(lane, ink) {
	const columns = new Array(Math.ceil(pixels / 4)).fill(0);
	for (const exit of data.exits)
		if (inLane(lane, exit) && exit[START] >= view.from && exit[START] < view.to)
			columns[Math.min(columns.length - 1, Math.floor((toX(exit[START]) - GUTTER) / 4))]++;
	const most = Math.max(1, ...columns);
	pen.fillStyle = ink;
	columns.forEach((count, i) => {
		const high = count / most * lane.height;
		pen.fillRect(GUTTER + 4 * i, lane.top + lane.height - high, 3, high);
	});
}

function drawLane(lane, ink, dim, ground) {
	pen.fillStyle = ground;
	pen.fillRect(GUTTER, lane.top, pixels, lane.height);
	pen.fillStyle = lane.rate ? dim : ink;
	pen.fillText(lane.name, 8, lane.top + lane.height / 2 + 4, GUTTER - 12);
	if (lane.rate) {
		drawRate(lane, dim);
		return;
	}
	for (const run of data.runs) {
		if (!inLane(lane, run) || !inView(run[START], run[END])) continue;
		const wide = drawSpan(lane, run[START], run[END], vmColour(run[VCPU]), 1, 1);
		if (lane.cpu !== undefined && wide > 40) {
			pen.fillStyle = "#1c2330";
			pen.fillText(vcpuName(run[VCPU]), Math.max(toX(run[START]), GUTTER) + 4,
				lane.top + NAME - 3, wide - 8);
		}
	}
	data.exits.forEach((exit, index) => {
		if (!inLane(lane, exit) || !inView(exit[START], exit[END])) return;
		// Below the names, and what was clicked in full height.
		const above = lane.cpu !== undefined ? NAME : 5;
		drawSpan(lane, exit[START], exit[END], colours[exit[REASON]], index === view.exit ? 0 : above,
			index === view.exit ? 0 : 4);
	});
}

function drawTracks() {
	const style = getComputedStyle(document.documentElement);
	const [ink, dim, line, ground] = ["--ink", "--dim", "--line", "--lane"].map((name) => style.getPropertyValue(name));
	const scale = window.devicePixelRatio || 1, width = byId("view").clientWidth;
	pixels = Math.max(width - GUTTER - 8, 50);
	canvas.style.height = `${height}px`;
	canvas.width = width * scale;
	canvas.height = height * scale;
	pen.setTransform(scale, 0, 0, scale, 0, 0);
	pen.clearRect(0, 0, width, height);
	drawAxis(dim, line);
	for (const lane of lanes) drawLane(lane, ink, dim, ground);
	byId("range").textContent = `${formatTime(view.from, 0.001)} to ${formatTime(view.to, 0.001)} since Plinth began, ` +
		`${data.exits.filter((exit) => inView(exit[START], exit[END])).length} exits`;
}

// The exit under a point, else the nearest within four pixels; -1: none.
function exitAt(x, y) {
	const lane = lanes.find((l) => !l.rate && y >= l.top && y < l.top + l.height);
	let best = -1, nearest = 4;
	if (!lane || x < GUTTER) return -1;
	data.exits.forEach((exit, index) => {
		if (!inLane(lane, exit)) return;
		const away = Math.max(toX(exit[START]) - x, x - toX(exit[END]), 0);
		if (away < nearest) { best = index; nearest = away; }
	});
	return best;
}

// --- tables ---------------------------------------------------------------------------------

function row(cells, kinds) {
	const tr = document.createElement("tr");
	cells.forEach((cell, i) => {
		const td = document.createElement("td");
		if (kinds && kinds[i]) td.className = kinds[i];
		if (cell instanceof Node) td.append(cell); else td.textContent = cell;
		tr.append(td);
	});
	return tr;
}

function drawHistogram() {
	const rows = data.statistics.filter((s) => view.vm === "" || s.vm === view.vm);
	const all = rows.reduce((sum, s) => sum + s.total, 0) || 1;
	const grouped = new Map();
	for (const s of rows) grouped.set(s.reason, [...(grouped.get(s.reason) || []), s]);
	const lines = [...grouped].map(([reason, parts]) => ({
		reason,
		count: parts.reduce((n, s) => n + s.count, 0),
		total: parts.reduce((n, s) => n + s.total, 0),
		min: Math.min(...parts.map((s) => s.min)),
		max: Math.max(...parts.map((s) => s.max)),
		// Of several vCPUs the one with most exits stands for all.
		main: parts.reduce((a, b) => b.count > a.count ? b : a),
	})).sort((a, b) => b.total - a.total);
	byId("histogram").tBodies[0].replaceChildren(...lines.map((l) => {
		const bar = document.createElement("i");
		bar.style.width = `${(100 * l.total / all).toFixed(2)}%`;
		bar.style.background = colours[data.reasons.indexOf(l.reason)] || REST;
		bar.title = `${(100 * l.total / all).toFixed(1)} %`;
		return row([l.reason, l.count, l.total, l.min, l.main.median, l.main.p99, l.max, bar],
			["text", "", "", "", "", "", "", "bar"]);
	}));
	byId("histogram-note").textContent = data.statisticsNote;
}

const MOST_EVENTS = 200;

function drawEvents() {
	const seen = data.events.filter((e) => e[2] >= view.from && e[2] <= view.to);
	const rows = seen.slice(0, MOST_EVENTS).map((e) => row([formatTime(e[2], 0.001), e[0], vcpuName(e[1]), e[3], e[4]]));
	if (seen.length > MOST_EVENTS) rows.push(row(["…", "", "", "", `${seen.length - MOST_EVENTS} more: zoom in`]));
	byId("events").tBodies[0].replaceChildren(...rows);
}

function storyOf(exit) {
	return [["exit", data.reasons[exit[REASON]]], ["vCPU", vcpuName(exit[VCPU])], ["CPU", exit[CPU]],
		["time", formatTime(exit[START], 0.001)], ["rip", exit[RIP]], ["qualification", exit[QUAL]],
		["done", data.deeds[exit[DID]]], ["cost", exit[COST] < 0 ? "not known" : `${exit[COST]} ticks`]];
}

function drawStory() {
	const story = byId("story");
	story.hidden = view.exit < 0;
	if (story.hidden) return;
	story.replaceChildren(...storyOf(data.exits[view.exit]).flatMap(([name, value]) => {
		const dt = document.createElement("dt"), dd = document.createElement("dd");
		dt.textContent = name;
		dd.textContent = value;
		return [dt, dd];
	}));
}

function drawLegend() {
	byId("legend").replaceChildren(...data.reasons.map((name, reason) => {
		const span = document.createElement("span"), square = document.createElement("i");
		square.style.background = colours[reason];
		span.append(square, name);
		return span;
	}));
}

// --- moving about ---------------------------------------------------------------------------

let queued = false;
function redraw() {
	if (queued) return;
	queued = true;
	requestAnimationFrame(() => {
		queued = false;
		drawTracks();
		drawEvents();
		drawStory();
		writeAddress();
	});
}

function zoom(factor, around) {
	show(around - (around - view.from) * factor, around + (view.to - around) * factor);
	redraw();
}

function move(part) {
	const by = (view.to - view.from) * part;
	show(view.from + by, view.to + by);
	redraw();
}

const box = byId("view");
const place = (event) => {
	const at = canvas.getBoundingClientRect();
	return [event.clientX - at.left, event.clientY - at.top];
};
let held = null;

box.addEventListener("wheel", (event) => {
	event.preventDefault();
	zoom(event.deltaY > 0 ? 1.25 : 0.8, toTime(place(event)[0]));
}, { passive: false });
box.addEventListener("pointerdown", (event) => {
	held = { x: event.clientX, from: view.from, to: view.to, moved: false };
	box.setPointerCapture(event.pointerId);
});
box.addEventListener("pointermove", (event) => {
	const [x, y] = place(event), tip = byId("tip");
	if (held) {
		const by = (held.x - event.clientX) / pixels * (held.to - held.from);
		held.moved = held.moved || Math.abs(held.x - event.clientX) > 3;
		show(held.from + by, held.to + by);
		redraw();
	}
	const exit = exitAt(x, y);
	tip.hidden = exit < 0;
	if (exit < 0) return;
	tip.textContent = storyOf(data.exits[exit]).map(([name, value]) => `${name} ${value}`).join("\n");
	tip.style.left = `${Math.min(x + 12, canvas.clientWidth - tip.offsetWidth - 4)}px`;
	tip.style.top = `${Math.max(0, Math.min(y + 12, canvas.clientHeight - tip.offsetHeight - 4))}px`;
});
box.addEventListener("pointerup", (event) => {
	if (held && !held.moved) {
		view.exit = exitAt(...place(event));
		redraw();
	}
	held = null;
});
box.addEventListener("pointerleave", () => { byId("tip").hidden = true; });
box.addEventListener("keydown", (event) => {
	const middle = (view.from + view.to) / 2;
	const does = { "+": () => zoom(0.8, middle), "-": () => zoom(1.25, middle), ArrowLeft: () => move(-0.2),
		ArrowRight: () => move(0.2), 0: () => { show(data.from, data.to); redraw(); } }[event.key];
	if (!does) return;
	event.preventDefault();
	does();
});
byId("vm").addEventListener("change", (event) => {
	view.vm = event.target.value === "" ? "" : Number(event.target.value);
	drawHistogram();
	redraw();
});
window.addEventListener("resize", redraw);

// --- start ----------------------------------------------------------------------------------

byId("title").textContent = data.title;
byId("summary").textContent = data.summary;
byId("vm").append(new Option("all", ""), ...vmIds.map((vm) =>
	new Option(`${vm} (${data.vcpus.find((v) => v.vm === vm).name})`, vm)));
window.addEventListener("hashchange", () => { readAddress(); drawHistogram(); redraw(); });
readAddress();
byId("vm").value = view.vm;
drawLegend();
drawHistogram();
drawTracks();
drawEvents();
drawStory();
document.body.dataset.ready = "yes";
