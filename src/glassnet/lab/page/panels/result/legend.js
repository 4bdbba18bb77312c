// What colours and shapes of the drawing mean.
import { html, number } from "../../elements.js";
import { icon } from "../../marks.js";
import { valueColours } from "./ground.js";

/** The legend's parts: classes, or a scale of colours; then what tells the parts of the data. */
export function legendOf(data, output, range, drawn) {
  const values = data.task === "values";
  const parts = [part("Training", 0), data.test ? part("Test", 0, { hollow: true }) : null];
  if (!values) parts.push(part("Wrong", 0, { ringed: true }));
  const names = data.task === "labels" ? [`not ${data.outputs[output]}`, data.outputs[output]] : data.classes;
  return [
    values ? (drawn === "line" ? null : scaleOf(range, data.outputs[output])) : keys(names.map((name, n) => [icon(n), name])),
    keys(parts.filter(Boolean)),
    data.features.length > 2 && drawn === "plane" ? html("p", { class: "hint" }, "All other features are at their medians.") : null,
  ].filter(Boolean);
}

function part(name, label, look = {}) {
  return [icon(label, { paint: "var(--quiet)", ...look }), name];
}

function keys(each) {
  return html("ul", { class: "result-keys" }, each.map(([picture, name]) => html("li", {}, picture, name)));
}

function scaleOf(range, name) {
  const paint = valueColours(range);
  const middle = (range[0] + range[1]) / 2;
  const stops = [range[0], middle, range[1]].map((value) => `rgb(${paint(value).join(" ")})`);
  const bar = html("div", { class: "result-scale", style: `background: linear-gradient(90deg, ${stops.join(", ")})` });
  return html("div", {}, bar,
    html("div", { class: "result-ends" }, ...[range[0], middle, range[1]].map((value) => html("span", {}, number(value)))),
    html("p", { class: "hint" }, `${name}: ground predicted, points as they are`));
}
