// The answer as a file, and as the command that gives the same.

import { file } from "./api.js";
import { html, put } from "./dom.js";

const FORMATS = { svg: "SVG", png: "PNG", json: "JSON", csv: "CSV" };

/**
 * Buttons for every format and the command line in an element.
 *
 * request: gives the body of the choice as it is now. tell: called with what went wrong, or null. Gives show(command).
 */
export function downloads(element, request, tell) {
  const buttons = Object.entries(FORMATS).map(([format, said]) =>
    html("button", { type: "button", "data-format": format, click: () => save(format) }, said),
  );
  const line = html("code", { class: "command", tabindex: 0, role: "region", "aria-label": "Command line" });
  const copied = html("span", { role: "status", class: "said" });
  const copy = html("button", { type: "button", class: "copy", click: () => take() }, "Copy");
  put(
    element,
    html("p", { class: "row" }, html("span", {}, "Download"), buttons),
    html("p", { class: "row" }, html("span", {}, "The same on the command line"), copy, copied),
    line,
  );

  async function save(format) {
    try {
      const { bytes, name } = await file(`/api/download/${format}`, request());
      const address = URL.createObjectURL(bytes);
      html("a", { href: address, download: name || `taxonomy.${format}` }).click();
      setTimeout(() => URL.revokeObjectURL(address), 10000);
      tell(null);
    } catch (error) {
      tell(error);
    }
  }

  async function take() {
    try {
      await navigator.clipboard.writeText(line.textContent);
      put(copied, "Copied.");
    } catch {
      getSelection().selectAllChildren(line);
      put(copied, "Selected; press Ctrl+C.");
    }
    setTimeout(() => put(copied), 4000);
  }

  return { show: (command) => put(line, command) };
}
