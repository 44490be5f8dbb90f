// "Look deeper": tabs that load when they are first opened.

import { html, put, refused } from "./dom.js";

/**
 * Tabs in an element, as screen readers know them: arrow keys change, one panel is shown.
 *
 * panels: [{name, title, draw(element, state)}]; draw is called when the panel is shown and after every choice while it
 * is. Gives show(state).
 */
export function tabs(element, panels) {
  let state = null;
  let current = 0;
  const drawn = new Map();
  const heads = panels.map(({ name, title }, n) =>
    html(
      "button",
      {
        type: "button",
        role: "tab",
        id: `tab-${name}`,
        "aria-controls": `panel-${name}`,
        click: () => open(n),
        keydown: (event) => pressed(event, n),
      },
      title,
    ),
  );
  const bodies = panels.map(({ name }) =>
    html("div", { role: "tabpanel", id: `panel-${name}`, "aria-labelledby": `tab-${name}`, tabindex: 0, hidden: true }),
  );
  put(element, html("div", { class: "tabs", role: "tablist", "aria-label": "Look deeper" }, heads), bodies);

  function open(n) {
    current = n;
    heads.forEach((head, place) => {
      head.setAttribute("aria-selected", place === n);
      head.tabIndex = place === n ? 0 : -1;
      bodies[place].hidden = place !== n;
    });
    draw();
  }

  function draw() {
    if (!state || drawn.get(current) === state) return;
    drawn.set(current, state);
    panels[current].draw(bodies[current], state);
  }

  function pressed(event, n) {
    const to = { ArrowRight: n + 1, ArrowLeft: n - 1, Home: 0, End: heads.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const next = (to + heads.length) % heads.length;
    open(next);
    heads[next].focus();
  }

  open(0);
  return {
    show(choice) {
      state = choice;
      draw();
    },
  };
}

/** What a panel shows while it waits, and where something went wrong. */
export async function filled(element, ask, build) {
  element.setAttribute("aria-busy", "true");
  if (!element.firstChild) put(element, html("p", { class: "said" }, "Loading …"));
  try {
    put(element, build(await ask()));
  } catch (error) {
    put(element, refused(error));
  } finally {
    element.removeAttribute("aria-busy");
  }
}
