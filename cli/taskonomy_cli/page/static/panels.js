// The panels of "Look deeper": matrix, tree, significance, stability, gallery.

import { get, newest, post } from "./api.js";
import { filled } from "./deeper.js";
import { emOf, html, onWidth, put, scrolling } from "./dom.js";
import { gallery } from "./gallery.js";
import { cellSaid, drawMatrix, ordered, ranked } from "./matrix.js";
import { drawMeasure, teller } from "./significance.js";
import { body } from "./state.js";
import { servedFrom, table } from "./tables.js";
import { drawTree } from "./tree.js";
import { number, share } from "./words.js";

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
        const frame = scrolling("Affinity matrix", { class: "drawing" });
        const caption = html("p", { class: "said" });
        const before = scores.before_is;
        const views = {
          after: [
            "After AHP",
            scores.affinity,
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
          const em = emOf(frame);
          const tell = (cell) => put(readout, cellSaid(cell, title, what));
          const lines =
            chosen.by === "group" ? { rows: edges(data.targets, groups), columns: edges(data.sources, groups) } : {};
          put(
            frame,
            drawMatrix(data, {
              width: Math.min(frame.clientWidth, 75 * em),
              em,
              title,
              tell,
              lines,
              byRow: chosen.view === "after",
              log: before.logarithmic,
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
        onWidth(frame, draw);
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
          const em = emOf(frame);
          put(frame, drawTree(found.tree, found.groups, { width: Math.min(frame.clientWidth, 60 * em), em, title }));
        };
        onWidth(frame, draw);
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
        const em = emOf(element);
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

function told(measure) {
  const { value, mean, spread, best, p } = measure;
  const said = teller(measure);
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
    html("tr", {}, html("th", { scope: "row" }, title(edge.target)), servedFrom(edge, title), often(edge.chosen));
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
            ["task", "labelled"],
            sources.map(([task, part]) => html("tr", {}, html("th", { scope: "row" }, title(task)), often(part))),
            { caption: ["How often each task is labelled; all others never"] },
          ),
          table(links, found.edges.filter((edge) => here.has(named(edge))).map(served), {
            caption: ["How often each target is served as it is here"],
          }),
          html(
            "details",
            {},
            html("summary", {}, "How else"),
            table(links, found.edges.filter((edge) => !here.has(named(edge))).map(served), {
              caption: ["How often each target is served otherwise"],
            }),
          ),
        ];
      },
    );
}

function named(edge) {
  return JSON.stringify([edge.target, [...edge.sources].sort()]);
}
