// The confusion matrix, or a table of labels or values, for the test part and the training part apart.
import { html } from "../../elements.js";
import { makeMatrix } from "./matrix.js";
import { brief } from "./metrics.js";

const PARTS = { test: "Test part", training: "Training part" };

/** The scores as an element, hearing the lab; `find` looks for a sample of a cell. */
export function makeScores(lab, find) {
  const radios = Object.fromEntries(Object.keys(PARTS).map((part) => [part,
    html("input", { type: "radio", name: "scores-part", value: part, checked: part === "test", change: () => show() })]));
  const ways = html("div", { class: "result-parts", role: "radiogroup", "aria-label": "Part of the data" },
    Object.entries(PARTS).map(([part, title]) => html("label", {}, radios[part], html("span", {}, title))));
  const wrong = html("button", { id: "first-wrong", click: () => find({ part: chosen() }) }, "Find a wrong sample");
  const matrix = makeMatrix((target, takenFor) => find({ part: chosen(), target, taken_for: takenFor }));
  const table = html("div", { class: "result-table result-scores", tabindex: 0, role: "region", "aria-label": "Scores of each output" });
  const when = html("p", { class: "hint" });
  const title = html("h3", {}, "Scores");
  const element = html("div", { id: "scores", hidden: true }, title, ways, matrix.element, table, when, wrong);
  let latest = null;

  lab.on("frame", ({ scores }) => {
    if (!scores) return;
    latest = scores;
    show();
  });
  return element;

  function chosen() {
    return latest.parts.test && radios.test.checked ? "test" : "training";
  }

  function show() {
    const part = chosen();
    const { confusion, recall, labels, values, exact, rows, of } = latest.parts[part];
    element.hidden = false;
    ways.hidden = !latest.parts.test;
    radios[part].checked = true;
    title.textContent = confusion ? "Confusion matrix" : labels ? "Labels" : "Values";
    wrong.hidden = Boolean(values);
    matrix.element.hidden = !confusion;
    table.hidden = Boolean(confusion);
    if (confusion) matrix.show(confusion, recall, lab.facts.data.classes);
    else fill(labels ? ofLabels(labels) : ofValues(values));
    const some = rows < of ? `first ${rows.toLocaleString("en")} of ${of.toLocaleString("en")} samples` : `${rows.toLocaleString("en")} samples`;
    when.textContent = `${some}, step ${latest.t}${labels ? `; all labels right: ${brief(exact)}` : ""}`;
  }

  function fill([head, rows]) {
    table.replaceChildren(html("table", {},
      html("thead", {}, html("tr", {}, head.map((name) => html("th", { scope: "col" }, name)))),
      html("tbody", {}, rows.map(([name, ...cells]) => html("tr", {}, html("th", { scope: "row" }, name), cells.map((cell) => html("td", {}, cell)))))));
  }
}

function ofLabels(labels) {
  return [["label", "samples", "recall", "precision"],
    labels.map(({ name, rows, recall, precision }) => [name, String(rows), share(recall), share(precision)])];
}

function ofValues(values) {
  return [["value", "R²", "mean absolute error", "of the mean"],
    values.map(({ name, r2, mean_absolute: error, of_mean: ofMean }) => [name, share(r2), brief(error), brief(ofMean)])];
}

/** A share; a dash if there is none, as of a class without samples. */
function share(value) {
  return value === null ? "–" : brief(value);
}
