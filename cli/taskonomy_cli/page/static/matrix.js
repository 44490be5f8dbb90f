// Targets by sources as an SVG drawing: the affinity matrix, before AHP and after it.

import { svg } from "./dom.js";
import { compare, number, short } from "./words.js";

const LEVELS = 9;

/**
 * The drawing of a matrix. Pure: data in, element out.
 *
 * data: {targets, sources, values: [targets][sources] with null where unmeasured, better: "higher" or "lower"}. A
 * task's cell with itself is its own network: framed, and not ranked. Rows are shaded each by itself where `byRow`,
 * since affinities of different targets compare only as ranks; else the values are, `log`arithmically where asked.
 * options: width and em in px; title: task -> what people read; tell: called with {target, source, value, rank, of}
 * of the cell under the pointer or the cursor; lines: {rows, columns}, places before which a group begins.
 */
export function drawMatrix(
  data,
  { width, em = 16, title = (task) => task, tell = () => {}, byRow = true, lines = {}, log = false },
) {
  const { targets, sources, values } = data;
  const type = 0.72 * em;
  const letters = width < 40 * em ? 18 : 20;
  const margin = letters * 0.56 * type + 0.6 * em;
  const cell = Math.max(0.8 * em, Math.min(1.9 * em, (width - margin - 0.5 * em - margin * 0.35) / sources.length));
  const above = margin * 0.86 + 0.4 * em;
  const size = {
    width: Math.max(width, margin + cell * sources.length + 0.5 * margin),
    height: above + cell * targets.length + 0.5 * em,
  };
  const ranks = values.map((row, n) =>
    ranked(
      row.map((value, m) => (targets[n] === sources[m] ? null : value)),
      data.better,
    ),
  );
  const levels = shaded(data, ranks, byRow, log);
  const name = (task) => short(title(task), letters);
  const fits = Math.min(type, cell * 0.85);
  const drawing = svg("svg", {
    class: "matrix",
    ...size,
    viewBox: `0 0 ${size.width} ${size.height}`,
    role: "application",
    tabindex: 0,
    "aria-roledescription": "matrix",
    "aria-label": `Matrix of ${targets.length} targets by ${sources.length} sources. Arrow keys go from cell to cell.`,
  });
  const cells = targets.map((target, row) =>
    sources.map((source, column) =>
      svg("rect", {
        class: `cell q${levels[row][column] ?? "none"}${target === source ? " own" : ""}`,
        x: margin + column * cell + 0.5,
        y: above + row * cell + 0.5,
        width: cell - 1,
        height: cell - 1,
      }),
    ),
  );
  const numbered = cell >= 1.25 * em;
  const numbers = numbered
    ? targets.map((target, row) =>
        sources.map((source, column) => {
          const place = ranks[row][column];
          return place === null
            ? null
            : svg(
                "text",
                {
                  class: `rank on${levels[row][column]}`,
                  x: margin + (column + 0.5) * cell,
                  y: above + (row + 0.68) * cell,
                  "text-anchor": "middle",
                  "font-size": 0.62 * em,
                },
                String(place),
              );
        }),
      )
    : [];
  drawing.append(
    ...cells.flat(),
    ...numbers.flat().filter(Boolean),
    ...targets.map((task, row) =>
      svg(
        "text",
        {
          class: "name",
          x: margin - 0.4 * em,
          y: above + (row + 0.5) * cell + 0.35 * fits,
          "text-anchor": "end",
          "font-size": fits,
        },
        svg("title", {}, title(task)),
        name(task),
      ),
    ),
    ...sources.map((task, column) => {
      const [x, y] = [margin + (column + 0.5) * cell + 0.3 * fits, above - 0.4 * em];
      return svg(
        "text",
        { class: "name", x, y, "font-size": fits, transform: `rotate(-60 ${x} ${y})` },
        svg("title", {}, title(task)),
        name(task),
      );
    }),
    ...(lines.rows ?? []).map((row) =>
      svg("line", {
        class: "rule",
        x1: margin,
        x2: margin + cell * sources.length,
        y1: above + row * cell,
        y2: above + row * cell,
      }),
    ),
    ...(lines.columns ?? []).map((column) =>
      svg("line", {
        class: "rule",
        x1: margin + column * cell,
        x2: margin + column * cell,
        y1: above,
        y2: above + cell * targets.length,
      }),
    ),
  );
  const cursor = svg("rect", { class: "cursor", width: cell, height: cell, visibility: "hidden" });
  drawing.append(cursor);
  const at = { row: -1, column: -1 };
  const go = (row, column) => {
    if (row < 0 || column < 0 || row >= targets.length || column >= sources.length) return;
    Object.assign(at, { row, column });
    cursor.setAttribute("x", margin + column * cell);
    cursor.setAttribute("y", above + row * cell);
    cursor.setAttribute("visibility", "visible");
    tell({
      target: targets[row],
      source: sources[column],
      value: values[row][column],
      rank: ranks[row][column],
      of: ranks[row].filter((rank) => rank !== null).length,
    });
  };
  drawing.addEventListener("pointermove", (event) => {
    const box = drawing.getBoundingClientRect();
    const scale = size.width / box.width;
    const row = Math.floor(((event.clientY - box.top) * scale - above) / cell);
    const column = Math.floor(((event.clientX - box.left) * scale - margin) / cell);
    if (row !== at.row || column !== at.column) go(row, column);
  });
  const steps = { ArrowDown: [1, 0], ArrowUp: [-1, 0], ArrowRight: [0, 1], ArrowLeft: [0, -1] };
  drawing.addEventListener("keydown", (event) => {
    if (!(event.key in steps)) return;
    event.preventDefault();
    const [down, right] = at.row < 0 ? [0, 0] : steps[event.key];
    go(Math.max(at.row, 0) + down, Math.max(at.column, 0) + right);
  });
  return drawing;
}

/** Rank per row, 1 for the best; equal values share the better rank; null stays null. */
export function ranked(row, better = "higher") {
  const known = row.filter((value) => value !== null);
  const beats = better === "higher" ? (one, other) => one > other : (one, other) => one < other;
  return row.map((value) => (value === null ? null : 1 + known.filter((other) => beats(other, value)).length));
}

/** A cell's sentence. */
export function cellSaid({ target, source, value, rank, of }, title, what) {
  const who = target === source ? `${title(target)}, its own network` : `${title(source)} → ${title(target)}`;
  const place = rank === null ? "" : `, rank ${rank} of ${of}`;
  return value === null ? `${who}: not measured.` : `${who}: ${what} ${number(value, 3)}${place}.`;
}

/**
 * Tasks in the order that is asked for.
 *
 * by: "group" (groups, a Map), "similarity" (leaves, of the tree), "value" (score, the lowest first) or "name".
 */
export function ordered(tasks, by, { title, groups, leaves, score }) {
  const places = {
    group: (task) => groups.get(task) ?? "~",
    similarity: (task) => place(leaves, task),
    value: (task) => score(task),
    name: () => 0,
  };
  const key = new Map(tasks.map((task) => [task, places[by](task)]));
  return [...tasks].sort((a, b) => compare(key.get(a), key.get(b)) || compare(title(a), title(b)));
}

function place(leaves, task) {
  const found = leaves.indexOf(task);
  return found < 0 ? Infinity : found;
}

/** A level of shade from 0 to 8 for every cell, the better the higher; null where unmeasured. */
function shaded({ values, better }, ranks, byRow, log) {
  const top = LEVELS - 1;
  if (byRow)
    return ranks.map((row, n) => {
      const last = Math.max(...row.map((rank) => rank ?? 0), 2);
      return row.map((rank, m) =>
        values[n][m] === null ? null : rank === null ? "own" : Math.round((top * (last - rank)) / (last - 1)),
      );
    });
  const scaled = (value) => (log ? Math.log(Math.max(value, 1e-12)) : value);
  const all = values
    .flat()
    .filter((value) => value !== null)
    .map(scaled);
  const [low, high] = [Math.min(...all), Math.max(...all)];
  const level = (value) => Math.round((top * (scaled(value) - low)) / (high - low || 1));
  return values.map((row) =>
    row.map((value) => (value === null ? null : better === "higher" ? level(value) : top - level(value))),
  );
}
