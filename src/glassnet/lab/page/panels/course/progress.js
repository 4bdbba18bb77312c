// Which tasks are done, as this browser remembers it.

const KEY = "glassnet-lab-tasks";
let known = read();

function read() {
  try {
    const found = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    return Array.isArray(found) ? found.filter((page) => typeof page === "string") : [];
  } catch {
    return []; // no storage here, or not ours
  }
}

/** The pages of the tasks that are done. */
export function done() {
  return known;
}

/** Add one. */
export function remember(page) {
  known = [...new Set([...read(), ...known, page])];
  try {
    localStorage.setItem(KEY, JSON.stringify(known));
  } catch {
    // it lasts as long as this page
  }
}
