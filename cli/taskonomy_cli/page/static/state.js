// The whole choice as one plain object: in the address, in every request, in `tk taxonomy`. Only what differs from the
// measurements' defaults is kept. Nothing here touches the page.

import { of } from "./dom.js";
import { compare } from "./words.js";

const ROLES = ["both", "target", "source", "unused"];

const LISTS = ["have", "forced", "ruled_out"];
const NUMBERS = { costs: ["cost", 1], transfer_costs: ["transfer_cost", 0], weights: ["weight", 1] };

/** A choice as it is kept: no unknown task, no default, tasks in one order, so that equal choices are equal texts. */
export function tidy(measured, raw) {
  const state = { roles: {}, costs: {}, transfer_costs: {}, weights: {}, have: [], forced: [], ruled_out: [] };
  for (const task of [...measured.tasks].sort((a, b) => compare(a.name, b.name))) {
    const role = of(raw.roles, task.name);
    if (ROLES.includes(role) && role !== task.role) put(state.roles, task.name, role);
    for (const [kind, [field]] of Object.entries(NUMBERS)) {
      const value = of(raw[kind], task.name);
      if (amount(value) && value !== task[field]) put(state[kind], task.name, value);
    }
    for (const kind of LISTS) if (raw[kind]?.includes(task.name)) state[kind].push(task.name);
  }
  state.budget = amount(raw.budget) ? raw.budget : measured.budget;
  state.order = Number.isInteger(raw.order) && raw.order > 0 ? Math.min(raw.order, measured.max_order) : measured.order;
  state.objective = measured.objectives.includes(raw.objective) ? raw.objective : measured.objective;
  return state;
}

/** A choice as the part of the address behind "#"; empty for the measurements' own. */
export function toAddress(measured, state) {
  const parts = [];
  const say = (key, value) => parts.push(`${key}=${value}`);
  for (const key of ["budget", "order", "objective"]) if (state[key] !== measured[key]) say(key, state[key]);
  for (const role of ROLES) {
    const names = Object.keys(state.roles).filter((name) => state.roles[name] === role);
    if (names.length) say(role, names.map(encodeURIComponent).join(","));
  }
  for (const kind of LISTS) if (state[kind].length) say(kind, state[kind].map(encodeURIComponent).join(","));
  for (const [kind, [field]] of Object.entries(NUMBERS)) {
    const said = Object.entries(state[kind]).map(([name, value]) => `${encodeURIComponent(name)}:${value}`);
    if (said.length) say(field, said.join(","));
  }
  return parts.join("&");
}

/** The choice of an address; what it says that makes no sense is left out. */
export function fromAddress(measured, text) {
  const raw = { roles: {}, costs: {}, transfer_costs: {}, weights: {} };
  for (const part of text.replace(/^#/, "").split("&")) {
    const [key, value = ""] = part.split("=");
    const names = value.split(",").filter(Boolean);
    if (key === "budget" || key === "order") raw[key] = value === "" ? undefined : Number(value);
    else if (key === "objective") raw.objective = value;
    else if (ROLES.includes(key)) for (const name of names) put(raw.roles, decoded(name), key);
    else if (LISTS.includes(key)) raw[key] = names.map(decoded);
    else
      for (const [kind, [field]] of Object.entries(NUMBERS))
        if (key === field)
          for (const pair of names) {
            const [name, said] = pair.split(":");
            if (said) put(raw[kind], decoded(name), Number(said));
          }
  }
  return tidy(measured, raw);
}

/** What the measurements say of a task; undefined for one that they do not know. */
export function taskOf(measured, name) {
  return measured.tasks.find((task) => task.name === name);
}

/** [name, title] of the tasks that the measurements have a transfer to. */
export function targets(measured) {
  return measured.tasks.filter((task) => task.can_be_target).map((task) => [task.name, task.title]);
}

/** The task's role in a choice. */
export function roleOf(measured, state, name) {
  return of(state.roles, name, taskOf(measured, name)?.role);
}

/** A task's cost, transfer_cost or weight in a choice; `kind` is costs, transfer_costs or weights. */
export function numberOf(measured, state, kind, name) {
  const [field, usual] = NUMBERS[kind];
  return of(state[kind], name, taskOf(measured, name)?.[field] ?? usual);
}

/** Another choice: one task's entry set in roles, costs, transfer_costs or weights. */
export function withEntry(measured, state, kind, name, value) {
  return tidy(measured, { ...state, [kind]: { ...state[kind], [name]: value } });
}

/** Another choice: a task in or out of `have`, `forced` or `ruled_out`. */
export function withListed(measured, state, kind, name, inside) {
  const others = state[kind].filter((other) => other !== name);
  return tidy(measured, { ...state, [kind]: inside ? [...others, name] : others });
}

/** What the staircase depends on: all but the budget. */
export function withoutBudget(state) {
  return JSON.stringify({ ...state, budget: 0 });
}

/** What goes into a request: empty parts left out. */
export function body(state, more = {}) {
  const said = Object.entries(state).filter(([, value]) => typeof value !== "object" || Object.keys(value).length);
  return { ...Object.fromEntries(said), ...more };
}

function amount(value) {
  return typeof value === "number" && Number.isFinite(value) && value >= 0;
}

function put(record, key, value) {
  Object.defineProperty(record, key, { value, enumerable: true, configurable: true, writable: true });
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
