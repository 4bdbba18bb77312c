// The metrics in a line for each part, with what always predicting the same would reach.
import { html } from "../../elements.js";

const NAMES = { accuracy: "accuracy", mean_absolute: "mean absolute error" };
const PARTS = [["test", "Test"], ["training", "Training"]];

/** A number in a sentence: four digits. */
export function brief(value) {
  return value === null || value === undefined ? "not finite" : String(Number(value.toPrecision(4)));
}

/** The lines as an element, hearing the lab; they keep their room while it plays. */
export function makeMetrics(lab) {
  const lines = Object.fromEntries(PARTS.map(([part]) => [part, html("p", { id: `${part}-metrics`, class: `result-line result-${part}` })]));
  const beside = html("p", { id: "base", class: "hint result-base" });
  const element = html("div", { class: "result-metrics" }, Object.values(lines), beside);
  lab.on("frame", ({ scores }) => scores && show(scores));
  return element;

  function show({ parts }) {
    for (const [part, title] of PARTS) {
      lines[part].hidden = !parts[part];
      if (parts[part]) lines[part].textContent = `${title} ${inWords(parts[part])}`;
    }
    beside.textContent = besideOf(parts.test ?? parts.training, parts.test ? "" : " There is no test part: nothing says how it does on new data.");
  }
}

function inWords({ loss, rows, of, ...more }) {
  const name = Object.keys(NAMES).find((each) => each in more);
  const metric = name ? `${NAMES[name]} ${brief(more[name])} · ` : "";
  return `${metric}loss ${brief(loss)}${rows < of ? ` (first ${rows} of ${of})` : ""}`;
}

function besideOf({ base, values, mean_absolute: error }, none) {
  let said = "";
  if (base?.uneven) said = `Always predicting “${base.class}” would reach accuracy ${brief(base.accuracy)}.`;
  else if (error !== undefined && values?.length === 1) said = `Always predicting the mean: mean absolute error ${brief(values[0].of_mean)}.`;
  return said + none;
}
