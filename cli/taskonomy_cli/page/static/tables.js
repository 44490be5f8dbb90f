// Tables of numbers, all of one make.

import { html } from "./dom.js";
import { supervised } from "./layout.js";
import { listed, share } from "./words.js";

/** A table. head: the columns, of which those from the place `numbers` on stand on the right; caption: texts, or none. */
export function table(head, rows, { caption = [], numbers = Infinity } = {}) {
  const heads = head.map((said, n) => html("th", { scope: "col", class: n >= numbers && "number" }, said));
  return html(
    "table",
    {},
    caption.length ? html("caption", {}, caption) : null,
    html("thead", {}, html("tr", {}, heads)),
    html("tbody", {}, rows),
  );
}

/** Cells of numbers, which stand on the right. */
export function numbers(...texts) {
  return texts.map((text) => html("td", { class: "number" }, text));
}

/** The cells of a gain and a quality. */
export function scores({ gain, quality }) {
  return numbers(share(gain), share(quality));
}

/** The cell that says what serves a target. */
export function servedFrom(edge, title) {
  return html("td", {}, supervised(edge) ? "its own labels" : listed(edge.sources.map(title)));
}
