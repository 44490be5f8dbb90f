// The taxonomy against random ones of the same budget, as SVG drawings.

import { svg } from "./dom.js";
import { number, share } from "./words.js";

/**
 * One measure's drawing. Pure: data in, element out.
 *
 * measure: {name, value, mean, spread, best, p} of `tk significance --json`. The bar is mean ± spread of the random
 * ones, the tick their best, the dot the taxonomy. options: width and em in px.
 */
export function drawMeasure(measure, { width, em = 16 }) {
  const { value, mean, spread, best } = measure;
  const low = Math.min(0, mean - spread);
  const high = Math.max(value, best, mean + spread, measure.name === "objective" ? 0 : 1) || 1;
  const x = (at) => em + ((width - 2 * em) * (at - low)) / (high - low);
  const y = 0.9 * em;
  const said = teller(measure);
  return svg(
    "svg",
    {
      class: "measure",
      width,
      height: 1.8 * em,
      viewBox: `0 0 ${width} ${1.8 * em}`,
      role: "img",
      "aria-label":
        `${measure.name}: ${said(value)}, against ${said(mean)} ± ${said(spread)} of random taxonomies, ` +
        `whose best has ${said(best)}`,
    },
    svg("line", { class: "axis", x1: x(low), x2: x(high), y1: y, y2: y }),
    svg("rect", {
      class: "random",
      x: x(Math.max(low, mean - spread)),
      y: y - 0.35 * em,
      width: x(mean + spread) - x(Math.max(low, mean - spread)),
      height: 0.7 * em,
    }),
    svg("line", { class: "mean", x1: x(mean), x2: x(mean), y1: y - 0.35 * em, y2: y + 0.35 * em }),
    svg("line", { class: "best", x1: x(best), x2: x(best), y1: y - 0.55 * em, y2: y + 0.55 * em }),
    svg("circle", { class: "value", cx: x(value), cy: y, r: 0.38 * em }),
  );
}

/** How the numbers of a measure are said: an objective as it is, others as shares. */
export function teller(measure) {
  return measure.name === "objective" ? (at) => number(at, 3) : share;
}
