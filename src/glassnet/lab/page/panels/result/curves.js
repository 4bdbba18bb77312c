// The curves: loss and metric by epoch, training and test apart; the losses of this epoch's steps; a table.
import { html, number } from "../../elements.js";
import { makeChart } from "./chart.js";

const METRICS = { accuracy: "Accuracy", mean_absolute: "Mean absolute error" };
const PARTS = [["", "training", "--training"], ["val_", "test", "--test"]];
const MOST_ROWS = 1000; // of the table: the last ones

/** The curves as an element, hearing the lab. */
export function makeCurves(lab) {
  const log = html("input", { type: "checkbox", id: "log", checked: true, change: () => frame && show() });
  const charts = html("div", { class: "result-charts" });
  const rows = html("div", { class: "result-table", tabindex: 0, role: "region", "aria-label": "Loss and metrics by epoch" });
  const table = html("details", { toggle: () => frame && tabulate() }, html("summary", {}, "These numbers as a table"), rows);
  const element = html("div", {}, html("label", { class: "result-check" }, log, "Logarithmic scale for the loss"), charts, table);
  let made = "", each = {}, columns = {}, frame = null;

  lab.on("settings", () => { made = ""; });
  lab.on("frame", (next) => {
    frame = next;
    take(next.curves);
    show();
    if (!next.playing) tabulate();
  });
  return element;

  /** Keep the epochs that are new; what was trained on another way is gone. */
  function take({ first, columns: added }) {
    for (const name of Object.keys(columns)) columns[name].length = Math.min(first, columns[name].length);
    for (const [name, values] of Object.entries(added)) (columns[name] ??= []).push(...values);
  }

  function parts() {
    return PARTS.filter(([prefix]) => !prefix || lab.facts.data.test > 0);
  }

  function metric() {
    return frame.metrics[0] ?? null;
  }

  function show() {
    const key = JSON.stringify([metric(), parts().length, frame.steps > 1]);
    if (key !== made) make(key);
    const count = columns.loss?.length ?? 0;
    const epochs = Array.from({ length: count }, (_, n) => n + 1);
    const now = frame.epoch + (frame.step % frame.steps) / frame.steps;
    for (const name of ["loss", metric()]) {
      each[name]?.set(epochs, parts().map(([prefix]) => columns[prefix + name] ?? []), now);
    }
    const { first, every, values } = frame.losses;
    each.steps?.set(values.map((_, n) => first + n * every), [values], null);
  }

  function make(key) {
    made = key;
    const series = parts().map(([, name, token]) => ({ name, token }));
    const name = metric();
    each = { loss: makeChart({ id: "loss-curve", title: "Loss", series, of: "epoch", logarithmic: () => log.checked }) };
    if (name) each[name] = makeChart({ id: "metric-curve", title: METRICS[name], series, of: "epoch" });
    if (frame.steps > 1) {
      each.steps = makeChart({
        id: "step-curve", title: "Loss of this epoch’s steps", of: "step",
        series: [{ name: "loss", token: "--plain" }], logarithmic: () => log.checked,
        whole: () => [frame.losses.first, frame.losses.first + frame.steps - 1],
      });
    }
    charts.replaceChildren(...Object.values(each).map((chart) => chart.element));
  }

  /** The table, as long as it is open. */
  function tabulate() {
    if (!table.open) return;
    const names = ["loss", metric()].filter(Boolean).flatMap((name) => parts().map(([prefix, part]) => [prefix + name, `${part} ${(METRICS[name] ?? name).toLowerCase()}`]));
    const count = columns.loss?.length ?? 0, first = Math.max(0, count - MOST_ROWS);
    rows.replaceChildren(html("table", {},
      html("thead", {}, html("tr", {}, html("th", { scope: "col" }, "epoch"), names.map(([, title]) => html("th", { scope: "col" }, title)))),
      html("tbody", {}, Array.from({ length: count - first }, (_, n) => html("tr", {}, html("th", { scope: "row" }, String(first + n + 1)),
        names.map(([name]) => html("td", {}, number(columns[name]?.[first + n]))))))));
  }
}
