// Where the nodes and lines of a taxonomy stand: numbers only, the same for the page and for tk report.

import { compare } from "./words.js";

const ROW = 1.75; // ems from one task to the next
const NARROW_ROW = 2.5; // with the scores below the title
const WIDEST = 0.62;
const HAIRLINE = 0.07;

/**
 * Lay out a taxonomy: labelled tasks on the left, the targets they feed on the right, transfers between them.
 *
 * A transfer of several sources is a hyper-edge: its sources meet at a join in front of the target, and go on as one.
 *
 * taxonomy: as `tk taxonomy --json` prints it. width: in px. em: the size of type in px.
 * Gives {narrow, width, height, em, row, name, left, right, joins, lines}, all in px. Lines are {from, to,
 * d, width, tint}, with the task at either end and tint the number of the source among those that feed others.
 */
export function layout(taxonomy, width, em) {
  const narrow = width < 44 * em;
  const { left, right, feeds } = places(taxonomy);
  const row = (narrow ? NARROW_ROW : ROW) * em;
  const feeding = left.filter((task) => feeds.get(task).length);
  const rows = Math.max(left.length, right.length, 1);
  const top = 2.1 * em;
  const name = Math.min(0.38 * width, (narrow ? 8.6 : 11) * em);
  const scores = narrow ? 0 : 8 * em;
  const at = { left: name + scores, right: width - name - scores };
  // Few targets stand beside the tasks that feed them, which are the upper ones.
  const beside = Math.max(feeding.length, right.length);
  const own = new Map(taxonomy.edges.filter((edge) => supervised(edge)).map((edge) => [edge.target, edge]));
  const nodes = left.map((task, n) => ({
    task,
    x: at.left,
    y: top + spread(n, left.length, rows, row),
    edge: own.get(task) ?? null,
    tint: feeding.indexOf(task),
  }));
  const targets = right.map((edge, n) => ({
    task: edge.target,
    x: at.right,
    y: top + spread(n, right.length, beside, row),
    edge,
  }));
  const strongest = strongestOf(right);
  const { lines, joins } = transfers(nodes, targets, strongest, em, Math.min(3.2 * em, 0.3 * (at.right - at.left)));
  return {
    narrow,
    width,
    height: top + rows * row + 0.4 * em,
    em,
    row,
    name,
    left: nodes,
    right: targets,
    lines,
    joins,
  };
}

/** A target that is served by its own network. */
export function supervised(edge) {
  return edge.sources.length === 1 && edge.sources[0] === edge.target;
}

/** The affinity of the widest transfer; 0 where there is none. */
export function strongestOf(transfers) {
  return Math.max(...transfers.map((edge) => edge.affinity ?? 0), 0);
}

/** How wide a transfer is drawn: by the square root of its affinity, as the usual objective weighs it; in ems. */
export function widthOf(affinity, strongest) {
  return Math.max(WIDEST * Math.sqrt(strongest ? (affinity ?? 0) / strongest : 0), HAIRLINE);
}

/** Both sides from top to bottom, so that lines cross little: by turns to the mean height of what each is joined to. */
function places(taxonomy) {
  const right = taxonomy.edges.filter((edge) => !supervised(edge)).sort((a, b) => compare(a.target, b.target));
  const feeds = new Map(taxonomy.sources.map((source) => [source, []]));
  for (const edge of right) for (const source of edge.sources) feeds.get(source)?.push(edge.target);
  const left = [...feeds.keys()].sort((a, b) => feeds.get(b).length - feeds.get(a).length || compare(a, b));
  for (let turn = 0; turn < 8; turn += 1) {
    const height = new Map(left.map((source, n) => [source, n / Math.max(left.length - 1, 1)]));
    const wanted = new Map(
      right.map((edge) => [edge.target, mean(edge.sources.map((source) => height.get(source) ?? 0))]),
    );
    right.sort((a, b) => wanted.get(a.target) - wanted.get(b.target) || compare(a.target, b.target));
    const depth = new Map(right.map((edge, n) => [edge.target, n / Math.max(right.length - 1, 1)]));
    const sought = new Map(
      left.map((task) => [task, feeds.get(task).length ? mean(feeds.get(task).map((t) => depth.get(t))) : 2]),
    );
    left.sort((a, b) => sought.get(a) - sought.get(b) || compare(a, b));
  }
  return { left, right, feeds };
}

function transfers(nodes, targets, strongest, em, reach) {
  const found = new Map(nodes.map((node) => [node.task, node]));
  const lines = [];
  const joins = [];
  for (const { task, x, y, edge } of targets) {
    const sources = edge.sources.map((source) => found.get(source)).filter(Boolean);
    const width = widthOf(edge.affinity, strongest) * em;
    const end = sources.length > 1 ? x - reach : x - 0.45 * em;
    for (const source of sources) {
      const start = source.x + 0.45 * em;
      const bend = (start + end) / 2;
      const at = (x, y) => `${round(x)} ${round(y)}`;
      const d = `M${at(start, source.y)}C${at(bend, source.y)} ${at(bend, y)} ${at(end, y)}`;
      lines.push({
        from: source.task,
        to: task,
        d,
        width: Math.max(width / sources.length, HAIRLINE * em),
        tint: source.tint,
      });
    }
    if (sources.length > 1) {
      lines.push({ from: null, to: task, d: `M${round(end)} ${round(y)}H${round(x - 0.45 * em)}`, width, tint: -1 });
      joins.push({ task, x: end, y, radius: Math.max(0.26 * em, width / 2) });
    }
  }
  return { lines, joins };
}

/** How far below the top the middle of a node is: the shorter side is spread over the height of the longer. */
function spread(place, count, rows, row) {
  return (row * (place + 0.5) * rows) / count;
}

function mean(numbers) {
  return numbers.reduce((sum, value) => sum + value, 0) / numbers.length;
}

function round(value) {
  return Math.round(value * 10) / 10;
}
