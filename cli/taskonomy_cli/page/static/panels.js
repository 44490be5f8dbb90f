// The panels of "Look deeper": matrix, tree, significance, stability, gallery.

import { get, newest, post } from "./api.js";
import { filled } from "./deeper.js";
import { html, put } from "./dom.js";
import { gallery } from "./gallery.js";
import { supervised } from "./layout.js";
import { cellSaid, drawMatrix, ordered, ranked } from "./matrix.js";
import { drawMeasure } from "./significance.js";
import { body } from "./state.js";
import { drawTree } from "./tree.js";
import { listed, number, share } from "./words.js";

/**
 * All panels that these measurements have something for.
 *
 * title: task -> what people read; answer: gives the taxonomy that is shown now.
 */
export function panels(measured, title, answer) {
  const once = new Map();
  const kept = (path) => {
    if (!once.has(path))
      once.set(
        path,
        get(path).catch((error) => (once.delete(path), Promise.reject(error))),
      );
    return once.get(path);
  };
  return [
    { name: "matrix", title: "Affinity matrix", draw: matrix(measured, title, kept) },
    { name: "tree", title: "Similarity", draw: tree(title, kept) },
    { name: "significance", title: "Significance", draw: significance() },
    measured.has.bootstrap && { name: "stability", title: "Stability", draw: stability(title, answer) },
    measured.has.gallery && { name: "gallery", title: "Pictures", draw: gallery(measured, title, answer) },
  ].filter(Boolean);
}

function matrix(measured, title, kept) {
  const groups = new Map(measured.tasks.map((task) => [task.name, task.group]));
  const chosen = { view: "after", by: "group" };
  return (element) => {
    if (element.querySelector("svg")) return;
    filled(
      element,
      () => Promise.all([kept("/api/affinity"), kept("/api/similarity").catch(() => ({ order: [] }))]),
      ([scores, tree]) => {
        const readout = html(
          "p",
          { class: "readout", role: "status" },
          "Point at a cell, or go through them with the arrow keys.",
        );
        const frame = html("div", {
          class: "scroll drawing",
          tabindex: 0,
          role: "region",
          "aria-label": "Affinity matrix",
        });
        const caption = html("p", { class: "said" });
        const before = scores.before_is ?? { name: "gain", better: "higher" };
        const views = {
          after: [
            "After AHP",
            scores.affinity ?? scores.after,
            "higher",
            "affinity",
            "Affinities, shaded by rank in each row: they compare only as ranks. " +
              "A framed cell is the target's own network, which is not ranked.",
          ],
          before: [
            "Before AHP",
            scores.before,
            before.better,
            before.name,
            `Before AHP: ${before.name}, ${before.better} is better, on one ` +
              `${before.logarithmic ? "logarithmic " : ""}scale.`,
          ],
        };
        const draw = () => {
          const [, values, better, what, said] = views[chosen.view];
          const data = sorted({ targets: scores.targets, sources: scores.sources, values, better }, chosen.by, {
            title,
            groups,
            leaves: tree.order,
          });
          const em = parseFloat(getComputedStyle(frame).fontSize);
          const tell = (cell) => put(readout, cellSaid(cell, title, what));
          const lines =
            chosen.by === "group" ? { rows: edges(data.targets, groups), columns: edges(data.sources, groups) } : {};
          put(
            frame,
            drawMatrix(data, {
              width: Math.min(frame.clientWidth || 600, 75 * em),
              em,
              title,
              tell,
              lines,
              byRow: chosen.view === "after",
              log: Boolean(before.logarithmic),
            }),
          );
          put(caption, said);
        };
        const views_ = segments(
          "Show",
          "view",
          Object.entries(views).map(([name, [said]]) => [name, said]),
          chosen,
          draw,
        );
        const sorts = segments(
          "Sort by",
          "by",
          [
            ["group", "group"],
            ["similarity", "similarity"],
            ["value", "value"],
            ["name", "name"],
          ],
          chosen,
          draw,
        );
        requestAnimationFrame(draw);
        new ResizeObserver(draw).observe(frame);
        return [html("div", { class: "row" }, views_, sorts), caption, frame, readout];
      },
    );
  };
}

function sorted(data, by, how) {
  const ranks = data.values.map((row) => ranked(row, data.better));
  const meanRank = (places) => {
    const known = places.filter((rank) => rank !== null);
    return known.length ? known.reduce((sum, rank) => sum + rank, 0) / known.length : Infinity;
  };
  const column = (task) => meanRank(ranks.map((row) => row[data.sources.indexOf(task)]));
  const row = (task) =>
    Math.min(...data.values[data.targets.indexOf(task)].filter((value) => value !== null).map((value) => -value));
  const targets = ordered(data.targets, by, { ...how, score: row });
  const sources = ordered(data.sources, by, { ...how, score: column });
  const values = targets.map((t) => sources.map((s) => data.values[data.targets.indexOf(t)][data.sources.indexOf(s)]));
  return { ...data, targets, sources, values };
}

function edges(tasks, groups) {
  return tasks.flatMap((task, n) => (n && groups.get(task) !== groups.get(tasks[n - 1]) ? [n] : []));
}

function segments(legend, name, options, chosen, changed) {
  const inputs = options.map(([value, said]) =>
    html(
      "label",
      {},
      html("input", {
        type: "radio",
        name,
        value,
        checked: chosen[name] === value,
        change: () => ((chosen[name] = value), changed()),
      }),
      said,
    ),
  );
  return html("fieldset", { class: "segments" }, html("legend", {}, legend), inputs);
}

function tree(title, kept) {
  return (element) => {
    if (element.querySelector("svg")) return;
    filled(
      element,
      () => kept("/api/similarity"),
      (found) => {
        const frame = html("div", { class: "drawing" });
        const draw = () => {
          const em = parseFloat(getComputedStyle(frame).fontSize);
          put(
            frame,
            drawTree(found.tree, found.groups ?? [], { width: Math.min(frame.clientWidth || 600, 60 * em), em, title }),
          );
        };
        requestAnimationFrame(draw);
        new ResizeObserver(draw).observe(frame);
        return [
          html(
            "p",
            { class: "said" },
            "Tasks that serve the same targets well and badly meet early ",
            "(Ward linkage on the logarithms of first-order affinities).",
          ),
          frame,
        ];
      },
    );
  };
}

function significance() {
  const latest = newest();
  return (element, state) =>
    filled(
      element,
      () => latest((signal) => post("/api/significance", body(state), signal)),
      (found) => {
        const em = parseFloat(getComputedStyle(element).fontSize);
        const width = Math.min(element.clientWidth || 600, 50 * em) - em;
        const parts = found.measures.map((measure) => [
          html("h3", {}, measure.name === "objective" ? `objective (${found.objective})` : `mean ${measure.name}`),
          drawMeasure(measure, { width, em }),
          html("p", {}, told(measure)),
        ]);
        return [
          html(
            "p",
            { class: "said" },
            `The taxonomy (dot) against ${found.draws} random feasible ones of the same budget: `,
            "their mean ± one standard deviation (bar) and their best (line).",
          ),
          parts,
        ];
      },
    );
}

function told({ name, value, mean, spread, best, p }) {
  const said = name === "objective" ? (at) => number(at, 3) : share;
  return `${said(value)}; random: ${said(mean)} ± ${said(spread)}, at best ${said(best)}; p = ${number(p, 2)}.`;
}

function stability(title, answer) {
  const latest = newest();
  const often = (part) =>
    html(
      "td",
      { class: "often" },
      html("meter", { min: 0, max: 1, value: part, "aria-label": share(part) }),
      ` ${share(part)}`,
    );
  const served = (edge) =>
    html(
      "tr",
      {},
      html("th", { scope: "row" }, title(edge.target)),
      html("td", {}, supervised(edge) ? "its own labels" : listed(edge.sources.map(title))),
      often(edge.chosen),
    );
  return (element, state) =>
    filled(
      element,
      () => latest((signal) => post("/api/bootstrap", body(state), signal)),
      (found) => {
        const here = new Set((answer()?.edges ?? []).map(named));
        const links = ["target", "features from", "chosen"];
        const sources = Object.entries(found.sources).filter(([, part]) => part > 0);
        return [
          html(
            "p",
            {},
            `Of ${found.draws} resamples of the test images, ${share(found.same_sources)} label exactly these tasks.`,
          ),
          table(
            "How often each task is labelled; all others never",
            ["task", "labelled"],
            sources.map(([task, part]) => html("tr", {}, html("th", { scope: "row" }, title(task)), often(part))),
          ),
          table(
            "How often each target is served as it is here",
            links,
            found.edges.filter((edge) => here.has(named(edge))).map(served),
          ),
          html(
            "details",
            {},
            html("summary", {}, "How else"),
            table(
              "How often each target is served otherwise",
              links,
              found.edges.filter((edge) => !here.has(named(edge))).map(served),
            ),
          ),
        ];
      },
    );
}

function table(caption, head, rows) {
  const heads = head.map((said) => html("th", { scope: "col" }, said));
  return html(
    "table",
    {},
    html("caption", {}, caption),
    html("thead", {}, html("tr", {}, heads)),
    html("tbody", {}, rows),
  );
}

function named(edge) {
  return JSON.stringify([edge.target, [...edge.sources].sort()]);
}
