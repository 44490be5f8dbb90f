// Elements made without markup: what a plugin calls its task only ever becomes text.

const SVG = "http://www.w3.org/2000/svg";

/** An HTML element; an attribute that is a function listens, null and false leave it out. */
export function html(name, attributes = {}, ...children) {
  return filled(document.createElement(name), attributes, children);
}

/** An SVG element, likewise. */
export function svg(name, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, name), attributes, children);
}

/** Put children in the place of what an element holds. */
export function put(element, ...children) {
  element.replaceChildren(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return element;
}

/** The options of a <select>, of [value, what people read]. */
export function options(pairs) {
  return pairs.map(([value, said]) => html("option", { value }, said));
}

/** A part of the page that scrolls by itself, if it must, with the keyboard too. */
export function scrolling(label, { class: more = "", ...attributes } = {}, ...children) {
  const own = { class: `scroll ${more}`.trim(), tabindex: 0, role: "region", "aria-label": label };
  return html("div", { ...own, ...attributes }, children);
}

/** What went wrong, and what to do about it. */
export function refused(error, attributes = {}) {
  const hint = error.hint ? html("p", {}, error.hint) : null;
  return html("div", { class: "refused", ...attributes }, html("p", {}, error.message), hint);
}

/** The size of the type in an element, in px. */
export function emOf(element) {
  return parseFloat(getComputedStyle(element).fontSize);
}

/** Calls `draw` when an element first has a width, and whenever it has another. */
export function onWidth(element, draw) {
  let width = 0;
  const look = () => {
    if (element.clientWidth === width) return;
    width = element.clientWidth;
    draw();
  };
  requestAnimationFrame(look);
  // Not in the observer's own call: what is drawn changes the height, which is observed too.
  new ResizeObserver(() => requestAnimationFrame(look)).observe(element);
}

/** What belongs to a key, of an object that has keys of others: "__proto__" is a name like any other. */
export function of(record, key, otherwise) {
  return record && Object.hasOwn(record, key) ? record[key] : otherwise;
}

function filled(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value !== null && value !== undefined && value !== false)
      element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(
    ...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false),
  );
  return element;
}
