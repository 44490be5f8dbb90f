// How numbers and names are said, the same everywhere.

/** A win rate: "83 %", or a dash where it was not measured. */
export function share(value) {
  return value === null || value === undefined ? "–" : `${Math.round(100 * value)} %`;
}

/** A number without noise: at most so many digits, no zeros at its end. */
export function number(value, digits = 4) {
  return value === null || value === undefined ? "–" : String(Number(Number(value).toPrecision(digits)));
}

/** "1 task", "2 tasks". */
export function count(many, noun) {
  return `${many} ${noun}${many === 1 ? "" : "s"}`;
}

/** "a", "a and b", "a, b and c". */
export function listed(names) {
  return names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}

/** At most so many letters, with an ellipsis for the rest. */
export function short(text, letters) {
  const signs = [...text];
  return signs.length <= letters
    ? text
    : `${signs
        .slice(0, Math.max(1, letters - 1))
        .join("")
        .trimEnd()}…`;
}

/** A name in words, for a task without a title. */
export function inWords(name) {
  const words = name.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** How sure an answer is, in a sentence. */
export function proof(answer) {
  if (answer.status === "optimal") return "Proved best.";
  const gap = answer.objective.gap;
  return gap
    ? `Best found in the time; at most ${number(100 * gap, 2)} % better is possible.`
    : "Best found in the time.";
}

/** What went wrong, and what to do about it. */
export function trouble(error) {
  return `${error.message} ${error.hint ?? ""}`;
}

/** Negative, 0 or positive, as sorting wants it. */
export function compare(one, other) {
  return one < other ? -1 : one > other ? 1 : 0;
}

/** The answer in a few sentences: what a screen reader says after every change. */
export function summary(answer, title) {
  if (answer.status === "infeasible") return "No choice of labels serves every target.";
  const mean = answer.mean;
  return (
    `Label ${count(answer.sources.length, "task")} at cost ${number(answer.cost)} of ${number(answer.budget)}: ` +
    `${listed(answer.sources.map(title))}; ${count(answer.edges.length, "target")} served, ` +
    `mean gain ${share(mean.gain)}, mean quality ${share(mean.quality)}. ${proof(answer)}`
  );
}
