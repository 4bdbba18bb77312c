// The runs: their values at the cursor in a table, and what may be done with each fork.
import { html, number } from "../../elements.js";

/** The table of values; `show(store, metric, epoch)` fills it. */
export function values() {
  const caption = html("caption");
  const body = html("tbody");
  const head = html("tr", {}, html("th", { scope: "col" }, "run"), html("th", { scope: "col" }, "training"), html("th", { scope: "col" }, "test"));
  const table = html("table", { id: "compare-values", class: "compare-table" }, caption, html("thead", {}, head), body);
  const rows = new Map();

  function row(letter) {
    if (!rows.has(letter)) {
      const name = html("span");
      const cells = [html("td"), html("td")];
      const line = html("tr", {}, html("th", { scope: "row" }, badge(letter), name), ...cells);
      rows.set(letter, { line, name, cells });
    }
    return rows.get(letter);
  }

  function show(store, metric, epoch) {
    caption.textContent = epoch ? `${words(metric)} after epoch ${epoch}` : "No epoch has ended yet";
    const lines = store.runs.map((run) => {
      const { line, name, cells } = row(run.letter);
      name.textContent = run.name;
      [metric, `val_${metric}`].forEach((column, n) => { cells[n].textContent = number(run.columns[column]?.[epoch - 1]); });
      return line;
    });
    if (lines.length !== body.children.length || lines.some((line, n) => body.children[n] !== line)) body.replaceChildren(...lines);
  }

  return { table, show };
}

/** The forks, one an item, with their difference in words. */
export function forks(lab) {
  const list = html("ul", { class: "compare-forks" });
  const items = new Map();

  function item(fork) {
    const { letter } = fork;
    const name = html("input", { value: fork.name, maxlength: 60, "aria-label": `Name of fork ${letter}`, change: () => lab.say("fork_name", { letter, name: name.value }) });
    const about = html("p", { class: "hint" });
    const difference = html("p", { class: "compare-difference" });
    const act = (text, command) => html("button", { "aria-label": `${text}: fork ${letter}`, click: () => lab.say(command, { letter }) }, text);
    const line = html("li", {},
      html("div", { class: "compare-named" }, badge(letter), name),
      about, difference,
      html("div", { class: "row" }, act("Make it the main run", "fork_main"), act("Remove", "fork_remove")));
    return { line, name, about, difference };
  }

  function show(found) {
    for (const letter of items.keys()) if (!found.some((fork) => fork.letter === letter)) items.delete(letter);
    const lines = found.map((fork) => {
      if (!items.has(fork.letter)) items.set(fork.letter, item(fork));
      const { line, name, about, difference } = items.get(fork.letter);
      if (document.activeElement !== name && name.value !== fork.name) name.value = fork.name;
      about.textContent = `${fork.name === fork.change ? "" : `${fork.change}; `}from step ${fork.since}; now at step ${fork.t}, epoch ${fork.epoch}`;
      difference.textContent = fork.diverged || fork.difference;
      return line;
    });
    if (lines.length !== list.children.length || lines.some((line, n) => list.children[n] !== line)) list.replaceChildren(...lines);
  }

  return { list, show };
}

/** The mark of a run: its letter, and the line that is drawn for it. */
export function badge(letter) {
  return html("span", { class: `compare-badge compare-${letter}`, "aria-hidden": "true" }, letter);
}

/** A metric's name in words. */
export function words(metric) {
  return metric === "mean_absolute" ? "mean absolute error" : metric.replaceAll("_", " ");
}
