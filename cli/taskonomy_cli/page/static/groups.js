// The four groups of tasks: moved between by drag, by click (the details of a task) and by keyboard.

import { html, put } from "./dom.js";
import { numberOf, roleOf, taskOf, withEntry } from "./state.js";
import { number, share } from "./words.js";

const GROUPS = {
  both: ["Source and target", "b", "may be labelled, must be served"],
  target: ["Target only", "t", "must be served, never labelled"],
  source: ["Source only", "s", "may be labelled, need not be served"],
  unused: ["Unused", "u", "takes no part"],
};
const MANY = 40;
const NOTES = { have: "have", forced: "must", ruled_out: "never" };

/**
 * The groups in an element.
 *
 * measured: of /api/measurements. change: called with another choice. open: called with the task to tell of.
 * Gives show(state, answer), which draws them anew and keeps the focus.
 */
export function groups(element, measured, change, open) {
  let state = null;
  let query = "";
  const lists = new Map();
  const chips = new Map();
  const filter = html("input", {
    type: "search",
    placeholder: "Find a task",
    "aria-label": "Find a task",
    input: (event) => {
      query = event.target.value.toLowerCase();
      sift();
    },
  });
  const sections = Object.entries(GROUPS).map(([role, [title, key, said]]) => {
    const list = html("ul", { "aria-label": `${title}: ${said}` });
    const count = html("span", { class: "count" });
    lists.set(role, { list, count });
    return dropping(
      html(
        "section",
        { class: "group", "data-role": role },
        html("h3", {}, title, " ", count),
        html("p", { class: "said" }, said, " · ", html("kbd", {}, key)),
        list,
      ),
      role,
      move,
    );
  });
  for (const task of measured.tasks) chips.set(task.name, chip(task));
  put(element, measured.tasks.length > MANY ? filter : null, sections);

  function move(name, role) {
    const task = taskOf(measured, name);
    if (task && allowed(task, role) && roleOf(measured, state, name) !== role)
      change(withEntry(measured, state, "roles", name, role));
  }

  function chip(task) {
    const button = html(
      "button",
      {
        type: "button",
        class: "chip",
        draggable: "true",
        "data-task": task.name,
        "aria-describedby": "keys",
        "aria-haspopup": "dialog",
        click: () => open(task.name),
        dragstart: (event) => {
          event.dataTransfer.setData("text/x-task", task.name);
          event.dataTransfer.effectAllowed = "move";
          element.classList.add("dragging");
        },
        dragend: () => element.classList.remove("dragging"),
        keydown: (event) => pressed(event, task),
      },
      html("span", { class: "title" }, task.title),
      html("span", { class: "tick" }),
      html("span", { class: "notes" }),
    );
    return { task, button, entry: html("li", {}, button), tick: button.children[1], notes: button.lastChild };
  }

  function pressed(event, task) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const role = Object.keys(GROUPS).find((one) => GROUPS[one][1] === event.key.toLowerCase());
    const all = [...element.querySelectorAll(".chip")].filter((one) => !one.parentElement.hidden);
    const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
    if (role) move(task.name, role);
    else if (step) all[Math.max(0, Math.min(all.length - 1, all.indexOf(event.currentTarget) + step))].focus();
    else return;
    event.preventDefault();
  }

  function sift() {
    for (const { task, entry } of chips.values())
      entry.hidden = query !== "" && !`${task.title} ${task.name} ${task.group}`.toLowerCase().includes(query);
  }

  function show(choice, answer) {
    state = choice;
    const focused = document.activeElement;
    const own = new Map((answer?.edges ?? []).map((edge) => [edge.target, edge]));
    const filled = new Map(Object.keys(GROUPS).map((role) => [role, []]));
    for (const { task, entry, tick, notes, button } of chips.values()) {
      filled.get(roleOf(measured, state, task.name)).push(entry);
      const labelled = answer?.sources.includes(task.name) ?? false;
      put(tick, labelled ? "✓" : "");
      put(notes, remarks(measured, state, task).join(" · "));
      button.classList.toggle("labelled", labelled);
      button.title = own.has(task.name)
        ? `gain ${share(own.get(task.name).gain)}, quality ${share(own.get(task.name).quality)}`
        : "";
    }
    for (const [role, { list, count }] of lists) {
      if (!same([...list.children], filled.get(role))) put(list, filled.get(role));
      put(count, String(filled.get(role).length));
    }
    if (focused?.isConnected && focused !== document.activeElement) focused.focus({ preventScroll: true });
  }

  return { show };
}

/** Whether the measurements let a task have a role. */
export function allowed(task, role) {
  return role === "unused" || role === "source" || task.can_be_target !== false;
}

/** The roles with what people read. */
export function roles() {
  return Object.entries(GROUPS).map(([role, [title]]) => [role, title]);
}

function remarks(measured, state, task) {
  const said = [];
  for (const [kind, word] of Object.entries(NOTES)) if (state[kind].includes(task.name)) said.push(word);
  const cost = numberOf(measured, state, "costs", task.name);
  const transfer = numberOf(measured, state, "transfer_costs", task.name);
  const weight = numberOf(measured, state, "weights", task.name);
  if (cost !== 1) said.push(`cost ${number(cost)}`);
  if (transfer !== 0) said.push(`+${number(transfer)}`);
  if (weight !== 1) said.push(`×${number(weight)}`);
  return said;
}

function dropping(section, role, move) {
  section.addEventListener("dragover", (event) => {
    if (!event.dataTransfer.types.includes("text/x-task")) return;
    event.preventDefault();
    section.classList.add("over");
  });
  section.addEventListener("dragleave", () => section.classList.remove("over"));
  section.addEventListener("drop", (event) => {
    event.preventDefault();
    section.classList.remove("over");
    move(event.dataTransfer.getData("text/x-task"), role);
  });
  return section;
}

function same(one, other) {
  return one.length === other.length && one.every((entry, n) => entry === other[n]);
}
