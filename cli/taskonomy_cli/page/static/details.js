// What can be said of one task: its role, costs and weight, whether its labels exist; and where it should come from.

import { html, put, scrolling } from "./dom.js";
import { allowed, roles } from "./groups.js";
import { numberOf, roleOf, taskOf, tidy, withEntry, withListed } from "./state.js";
import { numbers, scores, table } from "./tables.js";
import { listed, number, trouble } from "./words.js";

const NUMBERS = {
  costs: ["Supervision cost", "what its labels cost"],
  transfer_costs: ["Transfer cost", "what a transfer to it costs"],
  weights: ["Weight", "how much it counts as a target"],
};
const LISTS = {
  have: ["I have its labels already", "they cost nothing"],
  forced: ["It must be labelled", ""],
  ruled_out: ["It must not be labelled", ""],
};

/**
 * The dialog of a task in a <dialog>.
 *
 * change: called with another choice. recommend: task -> promise of /api/recommend's answer. Gives open(task) and
 * show(state).
 */
export function details(dialog, measured, title, change, recommend) {
  let state = null;
  let task = null;
  const heading = html("h2", { id: "details-title" });
  const form = html("form", { method: "dialog" });
  const advice = html("div", { class: "advice" });
  const close = html("button", { type: "button", class: "close", click: () => dialog.close() }, "Done");
  dialog.setAttribute("aria-labelledby", "details-title");
  put(dialog, heading, form, advice, close);
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());

  const fields = { role: new Map() };
  const choices = roles().map(([role, said]) => {
    const input = html("input", { type: "radio", name: "role", value: role, change: () => set("roles", role) });
    fields.role.set(role, input);
    return html("label", {}, input, said);
  });
  form.append(html("fieldset", { class: "segments" }, html("legend", {}, "Role"), choices));
  for (const [kind, [label, hint]] of Object.entries(NUMBERS)) {
    const input = html("input", {
      type: "number",
      min: 0,
      step: "any",
      required: true,
      inputmode: "decimal",
      input: (event) =>
        event.target.value !== "" && event.target.checkValidity() && set(kind, Number(event.target.value)),
    });
    fields[kind] = input;
    form.append(html("label", { class: "field" }, html("span", {}, label), input, html("small", {}, hint)));
  }
  for (const [kind, [label, hint]] of Object.entries(LISTS)) {
    const input = html("input", {
      type: "checkbox",
      change: (event) => change(withListed(measured, state, kind, task.name, event.target.checked)),
    });
    fields[kind] = input;
    form.append(html("label", { class: "check" }, input, html("span", {}, label), hint && html("small", {}, hint)));
  }
  const only = html(
    "button",
    { type: "button", click: () => change(onlyTarget(measured, state, task.name)) },
    "Serve this task alone",
  );
  form.append(
    html(
      "p",
      {},
      only,
      " ",
      html("small", {}, "as if it were your new task: the others may be labelled, none need be served"),
    ),
  );

  function set(kind, value) {
    change(withEntry(measured, state, kind, task.name, value));
  }

  function show(choice) {
    state = choice;
    if (!task) return;
    for (const [role, input] of fields.role) {
      input.checked = roleOf(measured, state, task.name) === role;
      input.disabled = !allowed(task, role);
    }
    for (const kind of Object.keys(NUMBERS)) {
      const value = numberOf(measured, state, kind, task.name);
      if (Number(fields[kind].value) !== value || fields[kind].value === "") fields[kind].value = value;
    }
    for (const kind of Object.keys(LISTS)) fields[kind].checked = state[kind].includes(task.name);
    only.hidden = !allowed(task, "target");
  }

  async function open(name) {
    task = taskOf(measured, name);
    put(heading, task.title);
    for (const kind of Object.keys(NUMBERS)) fields[kind].value = "";
    show(state);
    put(advice);
    if (!dialog.open) dialog.showModal();
    if (!allowed(task, "target"))
      return put(advice, html("p", {}, "The measurements have no transfer to this task, so it can only be a source."));
    try {
      const found = await recommend(name);
      if (task.name === name) put(advice, advised(found, title));
    } catch (error) {
      put(advice, html("p", {}, trouble(error)));
    }
  }

  return { open, show };
}

/** The choice in which one task alone is served, never from its own labels; the others may be labelled. */
export function onlyTarget(measured, state, name) {
  const others = measured.tasks.map((task) => [
    task.name,
    roleOf(measured, state, task.name) === "unused" ? "unused" : "source",
  ]);
  return tidy(measured, { ...state, roles: { ...Object.fromEntries(others), [name]: "target" } });
}

function advised(found, title) {
  const rows = found.by_order.map((edge) =>
    html(
      "tr",
      {},
      html("td", {}, String(edge.order)),
      html("td", {}, listed(edge.sources.map(title))),
      numbers(number(edge.affinity, 3)),
      scores(edge),
    ),
  );
  const head = ["order", "features from", "affinity", "gain", "quality"];
  return [
    html("h3", {}, "Without labels of its own, the best of each order"),
    rows.length
      ? scrolling("Recommended sources", {}, table(head, rows))
      : html("p", {}, "Nothing that may be labelled serves it."),
  ];
}
