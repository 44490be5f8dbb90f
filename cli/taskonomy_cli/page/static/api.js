// Requests to the server that sent this page, and to no other.

/** What the API refused: its sentence, and what to do about it. */
class Refused extends Error {
  constructor(said, status) {
    super(said?.error || `The server answered ${status}.`);
    this.hint = said?.hint || "";
    this.status = status;
    this.said = said;
  }
}

/** JSON of a GET. */
export async function get(path, signal) {
  return (await answered(await sent(path, { signal }))).json();
}

/** JSON of a POST. */
export async function post(path, body, signal) {
  return (await answered(await sent(path, posted(body, signal)))).json();
}

/** A file of a POST: its bytes and the name that the server gives it. */
export async function file(path, body) {
  const response = await answered(await sent(path, posted(body)));
  const said = /filename="?([^";]+)"?/.exec(response.headers.get("content-disposition") || "");
  return { bytes: await response.blob(), name: said ? said[1] : "" };
}

/** Only the newest counts: a call ends the one before it, whose promise then never says anything. */
export function newest() {
  let current = null;
  return async (ask) => {
    current?.abort();
    const mine = (current = new AbortController());
    try {
      const answer = await ask(mine.signal);
      return mine === current ? answer : new Promise(() => {});
    } catch (error) {
      if (mine !== current || error.name === "AbortError") return new Promise(() => {});
      throw error;
    }
  };
}

function posted(body, signal) {
  return { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body), signal };
}

async function sent(path, options) {
  try {
    return await fetch(path, { credentials: "omit", ...options });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refused({ error: "The server does not answer.", hint: "Is tk serve still running? Start it again." }, 0);
  }
}

async function answered(response) {
  if (response.ok) return response;
  throw new Refused(await response.json().catch(() => null), response.status);
}
