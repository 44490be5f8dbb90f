// What came out: the drawing, every target's scores, what another budget or set of labels would change; or why
// nothing did.

import { emOf, html, onWidth, put, refused, scrolling } from "./dom.js";
import { drawGraph, idle, legend } from "./graph.js";
import { supervised } from "./layout.js";
import { numbers, scores, servedFrom, table } from "./tables.js";
import { compare, listed, number, proof, share, summary } from "./words.js";

/**
 * The answer in the elements {line, picture, beside, table}.
 *
 * title: task -> what people read. open: called with a task that is clicked. go: called with a budget to go to.
 * Gives show(answer, unused), more(answer) for what comes later (neighbours, next-best sets), and fail(error).
 */
export function answers(places, title, open, go) {
  let shown = null;
  let unused = [];

  function show(answer, idleTasks) {
    shown = answer;
    unused = idleTasks;
    put(places.line, summary(answer, title));
    if (answer.status === "infeasible") {
      put(places.picture, reasons(answer.reason));
      put(places.table);
      put(places.beside);
      return;
    }
    draw();
    put(places.table, everyTarget(answer, title));
  }

  function draw() {
    if (!shown || shown.status === "infeasible") return;
    const em = emOf(places.picture);
    const focused = places.picture.contains(document.activeElement)
      ? document.activeElement.getAttribute("data-task")
      : null;
    const drawing = drawGraph(shown, { width: Math.min(places.picture.clientWidth, 75 * em), em, title, chosen: open });
    put(places.picture, drawing, idle(unused, title, em), legend(shown, em));
    if (focused)
      [...drawing.querySelectorAll(".node")].find((node) => node.getAttribute("data-task") === focused)?.focus();
  }

  function more(answer) {
    if (answer.status === "infeasible") return;
    put(places.beside, neighbours(answer, title, go), nextBest(answer, title));
  }

  function fail(error) {
    shown = null;
    put(places.line, "No answer.");
    put(places.picture, refused(error, { role: "alert" }));
    put(places.table);
    put(places.beside);
  }

  onWidth(places.picture, draw);
  return { show, more, fail };
}

/** Why no choice of labels serves every target: a line for each. */
function reasons(reason) {
  const said = reason.split("; ").map((part) => html("li", {}, `${part.charAt(0).toUpperCase()}${part.slice(1)}.`));
  return html(
    "div",
    { class: "infeasible" },
    html("h3", {}, "This cannot be had"),
    html("ul", {}, said),
    html("p", {}, "Raise the budget, let more tasks be sources, or serve fewer targets."),
  );
}

function everyTarget(answer, title) {
  const edges = [...answer.edges].sort(
    (a, b) => supervised(b) - supervised(a) || compare(title(a.target), title(b.target)),
  );
  const rows = edges.map((edge) =>
    html(
      "tr",
      { "data-target": edge.target, "data-sources": edge.sources.join(" ") },
      html("th", { scope: "row" }, title(edge.target)),
      servedFrom(edge, title),
      numbers(number(edge.affinity, 3)),
      scores(edge),
    ),
  );
  const caption = [
    "Gain: share of test images on which it beats training from scratch on the same labels; ",
    "quality: beats the fully supervised network (50 %: as good).",
  ];
  return table(["target", "features from", "affinity", "gain", "quality"], rows, { caption, numbers: 2 });
}

function neighbours(answer, title, go) {
  const { less, more } = answer.neighbours ?? {};
  const one = (said, other) => {
    if (!other)
      return html("li", {}, html("b", {}, said), said === "One more" ? "would buy nothing." : "is not possible.");
    const button = html(
      "button",
      { type: "button", "data-budget": other.budget, click: () => go(other.budget) },
      `Budget ${number(other.budget)}`,
    );
    return html("li", {}, html("b", {}, said), button, " ", changed(other, title));
  };
  return html(
    "section",
    { class: "neighbours" },
    html("h3", {}, "A unit less or more of budget"),
    html("ul", {}, one("One less", less), one("One more", more)),
  );
}

function changed(other, title) {
  if (other.status === "infeasible") return "serves not every target.";
  const parts = [];
  if (other.leaves?.length) parts.push(`without ${listed(other.leaves.map(title))}`);
  if (other.enters?.length) parts.push(`with ${listed(other.enters.map(title))}`);
  if (!parts.length) return "changes nothing.";
  const { mean, change } = other;
  const scores = `mean gain ${share(mean.gain)} (${points(change.gain)}), quality ${share(mean.quality)}`;
  return `${parts.join(", ")}: ${scores} (${points(change.quality)}).`;
}

function nextBest(answer, title) {
  const others = answer.alternatives ?? [];
  const best = Math.max(Math.abs(answer.objective.value), 1e-12);
  const rows = others.map((other) => {
    const out = answer.sources.filter((source) => !other.sources.includes(source));
    const into = other.sources.filter((source) => !answer.sources.includes(source));
    const swap = [into.length ? `+ ${listed(into.map(title))}` : "", out.length ? `− ${listed(out.map(title))}` : ""]
      .filter(Boolean)
      .join("  ");
    const lost = other.loss <= 0 ? "a tie" : `−${number(other.loss, 2)} (${number((100 * other.loss) / best, 2)} %)`;
    return html("tr", {}, html("th", { scope: "row" }, swap), numbers(number(other.cost), lost), scores(other.mean));
  });
  const head = ["instead", "cost", "objective", "gain", "quality"];
  const heading = "Next-best sets of labels";
  const none =
    answer.status === "optimal"
      ? "No other set of labels serves every target within the budget."
      : "The best is not proved, so no next best can be told.";
  return html(
    "section",
    { class: "next-best" },
    html("h3", {}, heading),
    rows.length ? scrolling(heading, {}, table(head, rows, { numbers: 1 })) : html("p", {}, none),
    html(
      "p",
      { class: "said" },
      `${proof(answer)} Objective ${number(answer.objective.value)} (${answer.objective.name}), `,
      `found in ${number(1000 * answer.seconds, 2)} ms.`,
    ),
  );
}

function points(change) {
  if (change === null || change === undefined) return "–";
  const said = Math.round(100 * change);
  return said === 0 ? "±0" : said > 0 ? `+${said}` : `−${-said}`;
}
