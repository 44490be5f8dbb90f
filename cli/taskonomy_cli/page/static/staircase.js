// What every budget is worth, as an SVG drawing: the steps that stand behind the slider.

import { svg } from "./dom.js";

/**
 * Mean gain and quality over budgets, from 0 to 1. Pure: data in, element out.
 *
 * known: the steps of `tk taxonomy --all-budgets --json`; null while they are unknown. options: width, height and inset
 * (at either side) in px; max: the last budget; budget: where the marker stands.
 */
export function drawStaircase(known, { width, height, inset, max, budget }) {
  const steps = known ?? [];
  const x = (value) => inset + ((width - 2 * inset) * Math.min(value, max)) / (max || 1);
  const y = (value) => height - 1 - (height - 2) * (value ?? 0);
  const first = steps.length ? steps[0].budget : max;
  const stairs = (kind) =>
    steps
      .map((step, n) => {
        const level = y(step.mean[kind]).toFixed(1);
        const end = n + 1 < steps.length ? steps[n + 1].budget : max;
        return `${n ? "V" : `M${x(step.budget).toFixed(1)} `}${level}H${x(end).toFixed(1)}`;
      })
      .join("");
  const bottom = `V${height}H${x(first).toFixed(1)}Z`;
  return svg(
    "svg",
    { class: "staircase", width, height, viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" },
    known && first > 0 && svg("rect", { class: "never", x: x(0), y: 0, width: Math.max(0, x(first) - x(0)), height }),
    steps.length > 0 && [
      svg("path", { class: "area gain", d: stairs("gain") + bottom }),
      svg("path", { class: "area quality", d: stairs("quality") + bottom }),
      svg("path", { class: "stairs gain", d: stairs("gain") }),
      svg("path", { class: "stairs quality", d: stairs("quality") }),
    ],
    svg("line", { class: "marker", x1: x(budget), x2: x(budget), y1: 0, y2: height }),
  );
}

/** The step that holds at a budget; null below the first. */
export function stepAt(steps, budget) {
  return steps.filter((step) => step.budget <= budget + 1e-9).at(-1) ?? null;
}
