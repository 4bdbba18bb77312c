// The numbers of a weight: what it is now, and what a step makes of it.
import { html, number } from "../../elements.js";

const HEAD = ["before", "gradient by backward", "gradient by differences", "rate η", "after"];

/** The value, and the loss of the step. */
export function facts(list, { name, place, value, step, t }) {
  const rows = [[`${name}[${place.join(", ")}]`, number(value), "weight-now"], ["after step", String(t), null]];
  if (step) rows.push([`loss of step ${step.t}`, number(step.loss), "weight-loss"], ["after that step", number(step.loss_after), null]);
  list.replaceChildren(...rows.flatMap(([term, text, id]) => [html("dt", {}, term), html("dd", { id }, text)]));
}

/** The gradient twice, and the rule with the numbers put in. */
export function gradients(element, { step }) {
  const cells = [step.before, step.gradient, step.differences, step.rate, step.after].map(number);
  const lines = [...step.lines];
  if (step.used !== step.gradient) lines.unshift(`shortened with all gradients to clip_norm: g = ${number(step.used)}`);
  if (step.by_rule !== step.after) lines.push(`shortened with all weights of its unit to max_norm: θ = ${number(step.after)}`);
  element.replaceChildren(
    html("h3", {}, `Its update in step ${step.t}: ${step.rule}`),
    html("div", { class: "weight-scroll", tabindex: 0, role: "region", "aria-label": "The update in numbers" },
      html("table", {}, html("thead", {}, html("tr", {}, HEAD.map((text) => html("th", { scope: "col" }, text)))),
        html("tbody", {}, html("tr", {}, cells.map((text) => html("td", {}, text)))))),
    html("p", { class: "weight-formula" }, step.formula),
    ...lines.map((line) => html("p", { class: "weight-line" }, line)));
}
