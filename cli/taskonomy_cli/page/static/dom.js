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
