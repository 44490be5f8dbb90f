// The page: one choice, in the address; whatever changes it is asked again and drawn again.

import { answers } from "./answer.js";
import { get, newest, post } from "./api.js";
import { budget } from "./budget.js";
import { tabs } from "./deeper.js";
import { details } from "./details.js";
import { options, put } from "./dom.js";
import { downloads } from "./downloads.js";
import { groups } from "./groups.js";
import { panels } from "./panels.js";
import { presets } from "./presets.js";
import { body, fromAddress, numberOf, roleOf, tidy, toAddress, withoutBudget } from "./state.js";
import { theme } from "./theme.js";
import { inWords, trouble } from "./words.js";

const PAUSE = 10; // ms without a change before a question is sent
const LATER = 250; // ms before what is not seen first is asked
const NEXT_BEST = 3;

const at = (id) => document.getElementById(id);

async function start() {
  theme(at("theme"));
  try {
    build(await get("/api/measurements"));
  } catch (error) {
    put(at("answer"), trouble(error));
  }
}

function build(measured) {
  const titles = new Map(measured.tasks.map((task) => [task.name, task.title]));
  const title = (task) => titles.get(task) ?? inWords(task);
  document.title = `Taxonomy · ${measured.name}`;
  put(at("measured"), measured.name);
  let state = null;
  let last = null;
  let stairs = { of: null, steps: null };
  let moving = false;
  const [first, second, third] = [newest(), newest(), newest()];

  const parts = {
    presets: presets(at("presets"), measured, change),
    budget: budget(at("budget-place"), (value, still) => change({ ...state, budget: value }, still)),
    groups: groups(at("groups"), measured, change, (task) => parts.details.open(task)),
    details: details(at("details"), measured, title, change, recommend),
    answers: answers(
      { line: at("answer"), picture: at("graph"), beside: at("beside"), table: at("scores") },
      title,
      (task) => parts.details.open(task),
      (value) => change({ ...state, budget: value }),
    ),
    downloads: downloads(at("downloads"), () => body(state), complain),
    deeper: tabs(
      at("deeper"),
      panels(measured, title, () => last),
    ),
  };
  // Where there is one column, the answer should not be far below the budget.
  at("tasks").open = matchMedia("(min-width: 60rem)").matches;
  order();
  objective();

  /** Another choice; while a thumb moves, the address keeps one entry of the history for the whole movement. */
  function change(next, still = false) {
    const tidied = tidy(measured, next);
    const address = toAddress(measured, tidied);
    if (address !== toAddress(measured, state)) {
      history[moving ? "replaceState" : "pushState"](null, "", addressOf(address));
      moving = still;
      state = tidied;
      show();
    } else moving = still;
  }

  /** The choice of the address, which is then written as this page writes it. */
  function read() {
    state = fromAddress(measured, location.hash);
    history.replaceState(null, "", addressOf(toAddress(measured, state)));
    moving = false;
    show();
  }

  function show() {
    parts.presets.show(state);
    parts.details.show(state);
    parts.groups.show(state, last);
    showBudget();
    at("order").value = String(state.order);
    at("objective").value = state.objective;
    soon();
  }

  function showBudget() {
    const costs = measured.tasks.flatMap((task) =>
      ["costs", "transfer_costs"].map((kind) => numberOf(measured, state, kind, task.name)),
    );
    parts.budget.show(state.budget, stairs.of === withoutBudget(state) ? stairs.steps : null, costs);
  }

  const soon = later(ask, PAUSE);
  const afterwards = later(askMore, LATER);

  async function ask() {
    const asked = state;
    at("see").setAttribute("aria-busy", "true");
    try {
      const answer = await first((signal) => post("/api/taxonomy", body(asked), signal));
      last = answer;
      parts.answers.show(answer, unused(answer));
      parts.groups.show(state, answer);
      parts.downloads.show(answer.command);
      complain(null);
      afterwards();
    } catch (error) {
      last = null;
      parts.answers.fail(error);
      parts.groups.show(state, null);
    }
    at("see").removeAttribute("aria-busy");
    document.body.setAttribute("data-drawn", toAddress(measured, asked) || "default");
  }

  /** What may come later: next-best sets, a unit more or less, every budget, the panel that is open. */
  async function askMore() {
    const asked = state;
    parts.deeper.show(asked);
    if (last?.status !== "infeasible")
      second((signal) =>
        post("/api/taxonomy", body(asked, { alternatives: NEXT_BEST, neighbours: true }), signal),
      ).then(parts.answers.more, complain);
    const of = withoutBudget(asked);
    if (stairs.of === of) return;
    try {
      const found = await third((signal) => post("/api/staircase", body(asked), signal));
      stairs = { of, steps: found.steps };
      showBudget();
    } catch (error) {
      complain(error);
    }
  }

  function unused(answer) {
    const served = new Set(answer.edges.map((edge) => edge.target));
    return measured.tasks
      .map((task) => task.name)
      .filter((task) => !served.has(task) && !answer.sources.includes(task));
  }

  function recommend(task) {
    const roles = Object.fromEntries(measured.tasks.map((one) => [one.name, roleOf(measured, state, one.name)]));
    return post("/api/recommend", body({ ...state, roles }, { target: task }));
  }

  function order() {
    const numbers = [1, 2, 3, 4, 5].filter((n) => n < measured.max_order);
    put(at("order"), options([...numbers.map((n) => [n, n]), [measured.max_order, `any (${measured.max_order})`]]));
    at("order").addEventListener("change", (event) => change({ ...state, order: Number(event.target.value) }));
  }

  function objective() {
    const said = { sqrt: "√ affinity", affinity: "affinity", gain: "gain", quality: "quality" };
    put(at("objective"), options(measured.objectives.map((name) => [name, said[name] ?? name])));
    at("objective").addEventListener("change", (event) => change({ ...state, objective: event.target.value }));
  }

  // A jump by the address would be taken for a choice.
  at("skip").addEventListener("click", (event) => {
    event.preventDefault();
    at("see").focus();
  });
  at("reset").addEventListener("click", () => change(tidy(measured, {})));
  addEventListener("popstate", read);
  read();
}

function addressOf(choice) {
  return choice ? `#${choice}` : location.pathname + location.search;
}

function complain(error) {
  put(at("trouble"), error ? trouble(error) : null);
}

/** A call that waits for a pause: of several in a row only the last is made. */
function later(call, pause) {
  let timer = 0;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(call, pause);
  };
}

start();
