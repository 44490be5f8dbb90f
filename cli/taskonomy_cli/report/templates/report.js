"use strict";
// Shows one budget at a time; without this, every budget is a part that opens.
const steps = [...document.querySelectorAll(".step")];
const range = document.getElementById("budget");
const said = document.getElementById("chosen");

function show(number, tell) {
  const step = steps[number];
  steps.forEach((other, place) => {
    other.hidden = place !== number;
    other.open = place === number;
  });
  range.value = String(number);
  range.setAttribute("aria-valuetext", `Budget ${step.dataset.budget}`);
  said.value = `${step.dataset.budget}: ${step.dataset.said}`;
  document.getElementById("less").disabled = number === 0;
  document.getElementById("more").disabled = number === steps.length - 1;
  if (tell) {
    history.replaceState(null, "", `#budget=${step.dataset.budget}`);
  }
}

function fromAddress() {
  const asked = /^#budget=(.+)$/.exec(location.hash);
  return asked ? steps.findIndex((step) => step.dataset.budget === decodeURIComponent(asked[1])) : -1;
}

if (steps.length) {
  document.documentElement.classList.add("chosen");
  document.querySelector(".chooser").hidden = false;
  range.addEventListener("input", () => show(Number(range.value), true));
  document.getElementById("less").addEventListener("click", () => show(Number(range.value) - 1, true));
  document.getElementById("more").addEventListener("click", () => show(Number(range.value) + 1, true));
  window.addEventListener("hashchange", () => fromAddress() >= 0 && show(fromAddress(), false));
  const asked = fromAddress();
  show(asked >= 0 ? asked : Number(range.getAttribute("value")), false);
}
