// Test pictures of a task: input, truth, its own network, the chosen transfer, training from scratch; with losses.

import { get, newest } from "./api.js";
import { filled } from "./deeper.js";
import { html, options, put } from "./dom.js";
import { supervised } from "./layout.js";
import { targets } from "./state.js";
import { listed, number } from "./words.js";

/** The panel; measured: of /api/measurements, title: task -> what people read, answer: gives the taxonomy shown now. */
export function gallery(measured, title, answer) {
  const latest = newest();
  let shown = null;
  return (element) => {
    if (!element.firstChild) {
      put(
        element,
        html(
          "p",
          { class: "row" },
          html("label", { for: "gallery-task" }, "Task"),
          html("select", { id: "gallery-task", change: load }, options(targets(measured))),
        ),
        html("div"),
      );
    }
    load();

    function load() {
      const task = element.querySelector("select").value;
      const edge = answer()?.edges.find((one) => one.target === task);
      const sources = edge && !supervised(edge) ? edge.sources : [];
      const path = `/api/gallery/${encodeURIComponent(task)}?sources=${sources.map(encodeURIComponent).join(",")}`;
      if (path === shown) return;
      shown = path;
      filled(
        element.lastChild,
        () => latest((signal) => get(path, signal)),
        (found) => examples(found, title),
      );
    }
  };
}

function examples(found, title) {
  const name = title(found.task);
  if (!found.examples.length) return html("p", {}, `There are no pictures of ${name}.`);
  return found.examples.map((example, n) => {
    const figure = (said, src, loss = null) =>
      html(
        "figure",
        {},
        html("img", { src, alt: `${said}: ${name}, test picture ${n + 1}`, loading: "lazy" }),
        html("figcaption", {}, said, loss === null ? null : html("small", {}, ` loss ${number(loss, 3)}`)),
      );
    return html("div", { class: "pictures", role: "group", "aria-label": `Test picture ${n + 1}` }, [
      figure("Input", example.input),
      figure("Truth", example.target),
      ...example.said.map((said) => figure(by(said, title), said.picture, said.loss)),
    ]);
  });
}

function by({ by, sources }, title) {
  if (sources.length) return `From ${listed(sources.map(title))}`;
  return { own: "Its own network", scratch: "From scratch" }[by] ?? by;
}
