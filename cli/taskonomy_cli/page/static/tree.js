// The similarity tree as an SVG drawing: tasks that transfer out alike meet early.

import { svg } from "./dom.js";
import { number, short } from "./words.js";

/**
 * The drawing of a tree, root on the left. Pure: data in, element out.
 *
 * tree: {name} for a leaf, else {children, height}. groups: lists of tasks, each a cut-off branch, or none.
 * options: width and em in px; title: task -> what people read.
 */
export function drawTree(tree, groups, { width, em = 16, title = (task) => task }) {
  const leaves = leavesOf(tree);
  const row = 1.5 * em;
  const letters = width < 40 * em ? 14 : 24;
  const names = letters * 0.52 * 0.9 * em + 1.4 * em;
  const size = { width, height: row * leaves.length + 2.4 * em };
  const highest = tree.height || 1;
  const x = (height) => width - names - ((width - names - 2 * em) * (height ?? 0)) / highest;
  const y = new Map(leaves.map((task, n) => [task, row * (n + 0.5)]));
  const tint = new Map();
  const fromTop = [...groups].sort((a, b) => leaves.indexOf(a[0]) - leaves.indexOf(b[0]));
  fromTop.forEach((group, n) => group.forEach((task) => tint.set(task, n)));
  const shapes = [];
  branch(tree);
  const ticks = [0, 0.25, 0.5, 0.75, 1].map((part) => part * highest);
  const bottom = row * leaves.length + 0.4 * em;
  const members = fromTop.map((group) => group.map(title).join(", ")).join("; ");
  const grouped = groups.length ? ` in ${groups.length} groups: ${members}` : "";
  return svg(
    "svg",
    {
      class: "tree",
      ...size,
      viewBox: `0 0 ${size.width} ${size.height}`,
      role: "img",
      "aria-label": `Similarity tree of ${leaves.length} tasks${grouped}.`,
    },
    shapes,
    leaves.map((task) =>
      svg(
        "text",
        { class: "name", x: width - names + 0.5 * em, y: y.get(task) + 0.3 * em, "font-size": 0.9 * em },
        svg("title", {}, title(task)),
        short(title(task), letters),
      ),
    ),
    fromTop.map((group, n) => bracket(group, n)),
    ticks.map((tick) => [
      svg("line", { class: "tick", x1: x(tick), x2: x(tick), y1: bottom, y2: bottom + 0.3 * em }),
      svg(
        "text",
        { class: "heading", x: x(tick), y: bottom + 1.3 * em, "text-anchor": "middle", "font-size": 0.75 * em },
        number(tick, 2),
      ),
    ]),
  );

  function branch(node) {
    if (!node.children) return y.get(node.name);
    const at = node.children.map(branch);
    const look = `branch ${one(leavesOf(node))}`;
    node.children.forEach((child, n) =>
      shapes.push(
        svg("path", { class: `branch ${one(leavesOf(child))}`, d: `M${x(node.height)} ${at[n]}H${x(child.height)}` }),
      ),
    );
    shapes.push(svg("path", { class: look, d: `M${x(node.height)} ${Math.min(...at)}V${Math.max(...at)}` }));
    return at.reduce((sum, value) => sum + value, 0) / at.length;
  }

  /** The colour of a branch whose tasks are all of one group. */
  function one(tasks) {
    const found = new Set(tasks.map((task) => tint.get(task)));
    return found.size === 1 && !found.has(undefined) ? `tint${[...found][0] % 7}` : "";
  }

  function bracket(group, n) {
    const at = group.map((task) => y.get(task)).filter((value) => value !== undefined);
    const [top, bottom] = [Math.min(...at) - 0.45 * em, Math.max(...at) + 0.45 * em];
    const d = `M${width - 0.5 * em} ${top}h${0.3 * em}V${bottom}h${-0.3 * em}`;
    return svg("path", { class: `branch tint${n % 7}`, d });
  }
}

/** The tasks of a tree from top to bottom. */
function leavesOf(tree) {
  return tree.children ? tree.children.flatMap(leavesOf) : [tree.name];
}
