// A taxonomy as an SVG drawing: what is labelled, and where every other target gets its features.

import { html, svg } from "./dom.js";
import { layout, strongestOf, supervised, widthOf } from "./layout.js";
import { listed, number, share, short, summary } from "./words.js";

const TINTS = 7;
const TYPE = 0.92; // ems of the page
const SMALLEST = 0.7;
const LETTER = 0.58; // the mean width of a letter in its own ems

/**
 * The drawing of a taxonomy. Pure: data in, element out; colours are classes (drawings.css).
 *
 * taxonomy: as `tk taxonomy --json` prints it, feasible. options: width and em in px; title: task -> what people read;
 * chosen: task -> called when a node is clicked, or nothing.
 * Nodes are one tab stop; arrow keys go from one to the next, and what a node is joined to stands out.
 */
export function drawGraph(taxonomy, { width, em = 16, title = (task) => task, chosen = null }) {
  const plan = layout(taxonomy, width, em);
  const said = `Taxonomy. ${summary(taxonomy, title)}`;
  const drawing = svg("svg", {
    class: "graph",
    width: plan.width,
    height: plan.height,
    viewBox: `0 0 ${plan.width} ${plan.height}`,
    role: "group",
    "aria-label": said,
    "font-size": em * TYPE,
  });
  const lines = plan.lines.map((line) => ({ ...line, element: lineOf(line) }));
  const joins = plan.joins.map((join) => ({ to: join.task, element: joinOf(join) }));
  const nodes = [
    ...plan.left.map((node) => ({ ...node, element: labelled(node, plan, title) })),
    ...plan.right.map((node) => ({ ...node, element: served(node, plan, title) })),
  ];
  drawing.append(...headings(plan));
  drawing.append(...lines.map((line) => line.element), ...joins.map((join) => join.element));
  drawing.append(...nodes.map((node) => node.element));
  link(drawing, nodes, lines, joins, chosen);
  return drawing;
}

/** What the marks and widths of a drawing mean, as HTML. */
export function legend(taxonomy, em = 16) {
  const strongest = strongestOf(taxonomy.edges.filter((edge) => !supervised(edge)));
  const marks = [
    ["supervised", "labelled, served by its own network"],
    ["source", "labelled for other tasks alone"],
    ["transferred", "served by features from the left"],
    ["unused", "neither labelled nor served"],
  ].map(([kind, said]) => html("li", {}, small(em, mark(kind, 0.6 * em, 0.6 * em, em)), said));
  const widths = (strongest ? [1, 1 / 4, 1 / 16] : []).map((part) =>
    html(
      "li",
      {},
      small(
        2 * em,
        svg("line", {
          class: "line",
          x1: 0,
          x2: 2 * em,
          y1: 0.6 * em,
          y2: 0.6 * em,
          "stroke-width": widthOf(part, 1) * em,
        }),
        em,
      ),
      number(part * strongest, 2),
    ),
  );
  const last = strongest
    ? html("li", {}, "affinity of a transfer: its width, as the square root; targets compare as ranks alone")
    : null;
  return html("ul", { class: "legend" }, marks, widths, last);
}

/** The tasks that take no part, as a list with crosses; nothing where there are none. */
export function idle(tasks, title, em = 16) {
  if (!tasks.length) return null;
  const entries = tasks.map((task) => html("li", {}, small(em, mark("unused", 0.6 * em, 0.6 * em, em)), title(task)));
  return html("ul", { class: "idle", "aria-label": "Neither labelled nor served" }, entries);
}

/** The mark of a task: kinds differ in shape and fill, so that colour need not be seen. */
function mark(kind, x, y, em, tint = -1) {
  const r = 0.36 * em;
  const look = { class: `mark ${kind} ${tintOf(tint)}` };
  if (kind === "source") return svg("rect", { ...look, x: x - r, y: y - r, width: 2 * r, height: 2 * r });
  if (kind === "unused")
    return svg("path", { ...look, d: `M${x - r} ${y - r}L${x + r} ${y + r}M${x + r} ${y - r}L${x - r} ${y + r}` });
  return svg("circle", { ...look, cx: x, cy: y, r });
}

function tintOf(tint) {
  return tint < 0 ? "" : `tint${tint % TINTS} dash${Math.min(3, Math.floor(tint / TINTS))}`;
}

function lineOf({ from, to, d, width, tint }) {
  return svg("path", {
    class: `line ${tintOf(tint)}`,
    d,
    "stroke-width": width.toFixed(2),
    "data-from": from,
    "data-to": to,
  });
}

function joinOf({ x, y, radius }) {
  return svg("circle", { class: "join", cx: x, cy: y, r: radius });
}

function labelled({ task, x, y, edge, tint }, plan, title) {
  const kind = edge ? "supervised" : "source";
  const how = edge ? `labelled, served by its own network, ${scored(edge)}` : "labelled for other tasks alone";
  const name = x - 0.75 * plan.em;
  return node(task, kind, `${title(task)}: ${how}`, [
    hit(0, x + 0.6 * plan.em, y, plan),
    mark(kind, x, y, plan.em, tint),
    words(title(task), name, y, plan, "end", Boolean(edge)),
    edge ? (plan.narrow ? below(edge, name, y, plan, "end") : columns(edge, 0.3 * plan.em, y, plan)) : null,
  ]);
}

function served({ task, x, y, edge }, plan, title) {
  const name = x + 0.75 * plan.em;
  const how = `from ${listed(edge.sources.map(title))}, affinity ${number(edge.affinity, 3)}, ${scored(edge)}`;
  return node(task, "transferred", `${title(task)}: ${how}`, [
    hit(x - 0.6 * plan.em, plan.width, y, plan),
    mark("transferred", x, y, plan.em),
    words(title(task), name, y, plan, "start", true),
    plan.narrow ? below(edge, name, y, plan, "start") : columns(edge, plan.width - 7.6 * plan.em, y, plan),
  ]);
}

function node(task, kind, said, parts) {
  const attributes = { class: `node ${kind}`, role: "img", "aria-label": said, tabindex: -1, "data-task": task };
  return svg("g", attributes, svg("title", {}, said), parts);
}

/** Where a node is pointed at: its whole row. */
function hit(left, right, y, plan) {
  return svg("rect", { class: "hit", x: left, y: y - plan.row / 2, width: right - left, height: plan.row });
}

function words(text, x, y, plan, anchor, raised) {
  const lift = plan.narrow && raised ? -0.28 : 0.32;
  // A long title gets smaller type before it is cut: its end may be what tells it from another.
  const space = (plan.name - 0.9 * plan.em) / LETTER;
  const size = Math.max(SMALLEST * plan.em, Math.min(TYPE * plan.em, space / [...text].length));
  return svg(
    "text",
    { class: "name", x, y: y + lift * plan.em, "text-anchor": anchor, "font-size": size },
    short(text, Math.floor(space / size)),
  );
}

function below(edge, x, y, plan, anchor) {
  const said = `${share(edge.gain)} · ${share(edge.quality)}`;
  return svg(
    "text",
    { class: "score", x, y: y + 0.78 * plan.em, "text-anchor": anchor, "font-size": 0.8 * plan.em },
    said,
  );
}

/** Gain and quality as numbers over bars. */
function columns(edge, x, y, plan) {
  const one = (value, kind, left) => [
    svg("rect", { class: "rail", x: left, y: y + 0.45 * plan.em, width: 3 * plan.em, height: 0.2 * plan.em }),
    svg("rect", {
      class: `bar ${kind}`,
      x: left,
      y: y + 0.45 * plan.em,
      width: 3 * plan.em * (value ?? 0),
      height: 0.2 * plan.em,
    }),
    svg("text", { class: "score", x: left, y: y + 0.25 * plan.em }, share(value)),
  ];
  return [one(edge.gain, "gain", x), one(edge.quality, "quality", x + 3.6 * plan.em)];
}

function headings(plan) {
  const y = 1.1 * plan.em;
  const said = (x, text, anchor = "start") =>
    svg("text", { class: "heading", x, y, "text-anchor": anchor, "aria-hidden": "true" }, text);
  const [left, right] = [plan.left[0], plan.right[0]];
  const scores = plan.narrow ? "gain · quality" : "";
  return [
    left && said(left.x, plan.narrow ? `Label` : "Label these", "end"),
    right &&
      said(
        plan.narrow ? plan.width : right.x,
        plan.narrow ? `Served (${scores})` : "Transferred to",
        plan.narrow ? "end" : "start",
      ),
    !plan.narrow && plan.left.some((one) => one.edge) && [said(0.3 * plan.em, "gain"), said(3.9 * plan.em, "quality")],
    !plan.narrow && right && [said(plan.width - 7.6 * plan.em, "gain"), said(plan.width - 4 * plan.em, "quality")],
  ]
    .flat()
    .filter(Boolean);
}

function scored(edge) {
  return `gain ${share(edge.gain)}, quality ${share(edge.quality)}`;
}

function small(width, shape, height = width) {
  return svg("svg", { width: 1.2 * width, height: 1.2 * height, "aria-hidden": "true" }, shape);
}

/** Hover and focus: what a node is joined to stays, the rest fades; arrow keys go through the nodes. */
function link(drawing, nodes, lines, joins, chosen) {
  const light = (task) => {
    const lit = new Set(task === null ? [] : [task]);
    for (const line of lines) if (line.from === task && task !== null) lit.add(line.to);
    for (const line of lines) if (line.to === task && line.from) lit.add(line.from);
    drawing.classList.toggle("dimmed", task !== null);
    const own = (line) =>
      task !== null && (line.to === task || (line.from ? line.from === task : feeds(lines, task, line.to)));
    for (const line of lines) line.element.classList.toggle("lit", own(line));
    for (const join of joins) join.element.classList.toggle("lit", join.to === task || feeds(lines, task, join.to));
    for (const one of nodes) one.element.classList.toggle("lit", lit.has(one.task));
  };
  const go = (place) => {
    for (const one of nodes) one.element.setAttribute("tabindex", -1);
    nodes[place].element.setAttribute("tabindex", 0);
    nodes[place].element.focus();
  };
  const steps = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1, Home: -Infinity, End: Infinity };
  nodes.forEach(({ task, element }, place) => {
    element.addEventListener("pointerenter", () => light(task));
    element.addEventListener("pointerleave", () => light(null));
    element.addEventListener("focus", () => light(task));
    element.addEventListener("blur", () => light(null));
    if (chosen) element.addEventListener("click", () => chosen(task));
    element.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && chosen) chosen(task);
      else if (event.key in steps) go(Math.max(0, Math.min(nodes.length - 1, place + steps[event.key])));
      else return;
      event.preventDefault();
    });
  });
  nodes[0]?.element.setAttribute("tabindex", 0);
}

function feeds(lines, source, target) {
  return lines.some((line) => line.from === source && line.to === target);
}
