// The budget: a slider with what every budget is worth behind it, and a number for any other.

import { emOf, html, onWidth, put } from "./dom.js";
import { drawStaircase, stepAt } from "./staircase.js";
import { count, number, share } from "./words.js";

// Unseen, it holds the place of the words while they are asked for: what lies below stays under the pointer.
const LONGEST = html("span", { class: "unseen" }, caption([{ budget: 22.5 }, { budget: 22.5 }]));

/**
 * The budget in an element.
 *
 * change: called with a budget and whether the thumb is still moving. Gives show(budget, steps, costs), steps being
 * those of /api/staircase or null while they are unknown, and costs what each task's labels cost.
 */
export function budget(element, change) {
  const picture = html("div", { class: "picture" });
  const range = html("input", {
    type: "range",
    min: 0,
    id: "budget",
    "aria-label": "Budget",
    input: (event) => change(Number(event.target.value), true),
    change: (event) => change(Number(event.target.value), false),
  });
  const exact = html("input", {
    type: "number",
    min: 0,
    step: "any",
    required: true,
    inputmode: "decimal",
    "aria-label": "Budget, as a number",
    input: (event) =>
      event.target.value !== "" && event.target.checkValidity() && change(Number(event.target.value), true),
  });
  const said = html("p", { class: "said caption" });
  put(
    element,
    html("div", { class: "row" }, html("label", { for: "budget" }, "Budget"), exact),
    html("div", { class: "slider" }, picture, range),
    said,
  );
  let shown = { budget: 0, steps: null };

  function show(value, steps, costs) {
    shown = { budget: value, steps };
    const most = costs.reduce((sum, cost) => sum + cost, 0);
    const last = Math.max(value, steps?.length ? steps.at(-1).budget + 1 : Math.min(most, 30), 1);
    range.step = [value, ...costs].every(Number.isInteger) ? 1 : 0.1;
    range.max = Math.ceil(last);
    range.value = value;
    if (Number(exact.value) !== value || exact.value === "") exact.value = value;
    range.setAttribute("aria-valuetext", valued(value, steps));
    put(said, LONGEST.cloneNode(true), html("span", {}, caption(steps)));
    draw();
  }

  function draw() {
    const inset = emOf(range) * 0.625;
    const size = {
      width: picture.clientWidth || 300,
      height: picture.clientHeight || 84,
      inset,
      max: Number(range.max),
      budget: shown.budget,
    };
    put(picture, drawStaircase(shown.steps, size));
  }

  onWidth(picture, draw);
  return { show };
}

/** A budget and what it is worth, in words. */
function valued(value, steps) {
  const step = steps && stepAt(steps, value);
  if (!steps) return number(value);
  if (!step) return `${number(value)}: too little to serve every target`;
  const { gain, quality } = step.mean;
  const labels = count(step.sources.length, "label");
  return `${number(value)}: ${labels}, mean gain ${share(gain)}, mean quality ${share(quality)}`;
}

function caption(steps) {
  if (!steps) return "";
  if (!steps.length) return "At no budget can every target be served.";
  const from = steps[0].budget;
  const key = [
    html("span", { class: "key gain" }),
    "mean gain ",
    html("span", { class: "key quality" }),
    "mean quality",
  ];
  return [
    ...key,
    ` over budgets. Above ${number(steps.at(-1).budget)} more labels add nothing`,
    from > 0 ? `; below ${number(from)} some target cannot be served.` : ".",
  ];
}
