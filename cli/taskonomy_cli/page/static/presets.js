// Choices to begin with; some ask back for one's own task, or for the labels that one has.

import { onlyTarget } from "./details.js";
import { html, options, put } from "./dom.js";
import { targets, tidy, withListed } from "./state.js";

/** Buttons for the presets in an element. Gives show(state), which keeps what a preset asked back in step. */
export function presets(element, measured, change) {
  let state = null;
  let asks = null;
  const asked = html("div", { class: "asked" });
  const buttons = measured.presets.map((preset) =>
    html(
      "button",
      { type: "button", title: preset.what, "data-preset": preset.name, click: () => take(preset) },
      preset.title,
    ),
  );
  put(element, html("div", { class: "row", role: "group", "aria-label": "Presets" }, buttons), asked);

  function take(preset) {
    asks = preset.asks;
    put(asked, asks === "target" ? target() : asks === "have" ? have(preset.state.have ?? []) : null);
    change(tidy(measured, preset.state));
    show(state);
  }

  function target() {
    const select = html(
      "select",
      { "data-asks": "target", change: () => change(onlyTarget(measured, state, select.value)) },
      options(targets(measured)),
    );
    return html("label", {}, "My task is like ", select);
  }

  function have(first) {
    const boxes = measured.tasks
      .filter((task) => task.can_be_source)
      .sort((a, b) => first.includes(b.name) - first.includes(a.name))
      .map((task) =>
        html(
          "label",
          { class: "check" },
          html("input", {
            type: "checkbox",
            "data-asks": task.name,
            change: (event) => change(withListed(measured, state, "have", task.name, event.target.checked)),
          }),
          html("span", {}, task.title),
        ),
      );
    return html("fieldset", { class: "boxes" }, html("legend", {}, "I already have labels for"), boxes);
  }

  function show(choice) {
    state = choice;
    if (asks === "target") {
      const served = Object.keys(state.roles).find((name) => state.roles[name] === "target");
      if (served) asked.querySelector("select").value = served;
    }
    if (asks === "have")
      for (const box of asked.querySelectorAll("input"))
        box.checked = state.have.includes(box.getAttribute("data-asks"));
  }

  return { show };
}
