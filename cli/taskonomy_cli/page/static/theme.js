// Dark or light: as the system has it, until someone chooses; the choice is kept in this browser.

const KEY = "taskonomy-theme";

/** A <select> with "", "light" and "dark" becomes the switch. */
export function theme(select) {
  const set = (value) => {
    if (value) document.documentElement.setAttribute("data-theme", value);
    else document.documentElement.removeAttribute("data-theme");
  };
  const kept = read();
  select.value = kept;
  set(kept);
  select.addEventListener("change", () => {
    set(select.value);
    try {
      localStorage.setItem(KEY, select.value);
    } catch {
      // A browser that keeps nothing still shows what was chosen.
    }
  });
}

function read() {
  try {
    const value = localStorage.getItem(KEY);
    return value === "light" || value === "dark" ? value : "";
  } catch {
    return "";
  }
}
