// A formula that is typed: two classes of a condition, or a regression.
import { choice, field, html } from "../../elements.js";
import { numberField } from "./inputs.js";

const EXAMPLES = ["y > sin(x)", "x^2 + y^2 < 4", "x*y > 0", "y > x^2 - 1", "y = sin(x)", "y = abs(x)", "z = sin(x)*cos(y)"];

export function makeFormula({ use, now }) {
  let typing = false;
  let source = { kind: "formula", text: EXAMPLES[0] };
  const wrong = html("p", { id: "formula-wrong", class: "data-wrong", role: "alert", hidden: true });
  const text = html("input", {
    id: "formula", class: "mono", spellcheck: "false", autocapitalize: "off", autocomplete: "off", maxlength: 300,
    "aria-describedby": "formula-wrong", input: () => { typing = true; },
    change: () => set({ text: text.value }),
  });
  const examples = choice([["", "Examples"], ...EXAMPLES.map((each) => [each, each])], "", (value) => {
    examples.value = "";
    if (value) set({ text: value });
  }, { "aria-label": "Examples of formulas" });
  const samples = numberField("Samples", { id: "formula-samples", min: 4, max: 100000, step: 1, required: true }, (value) => set({ samples: value }));
  const noise = numberField("Noise", { id: "formula-noise", min: 0, max: 100, step: "any", required: true }, (value) => set({ noise: value }));
  const low = numberField("From", { id: "formula-low", step: "any", required: true }, (value) => set({ low: value }));
  const high = numberField("To", { id: "formula-high", step: "any", required: true }, (value) => set({ high: value }));
  const element = html("div", {},
    field("Condition or formula", text), wrong, examples,
    html("p", { class: "hint data-tight" }, "A condition on x and y makes two classes; y = … is a curve over x, z = … a surface over x and y."),
    html("div", { class: "data-fields" }, samples.element, noise.element, low.element, high.element));
  return { element, begin: () => set({}), show };

  async function set(changes) {
    const base = now().kind === "formula" ? now() : source;
    const next = { ...base, text: text.value || source.text, ...changes };
    text.value = next.text;
    typing = false;
    try {
      await use(next);
      say("");
    } catch (problem) {
      say(problem.message.replace(/^data\.formula\.?\w*: /, ""));
    }
  }

  function say(sentence) {
    wrong.textContent = sentence;
    wrong.hidden = !sentence;
    text.setAttribute("aria-invalid", String(Boolean(sentence)));
  }

  function show({ settings: { data } }) {
    source = data;
    if (!typing) text.value = data.text;
    if (!typing) say("");
    samples.set(data.samples);
    noise.set(data.noise);
    low.set(data.low);
    high.set(data.high);
  }
}
