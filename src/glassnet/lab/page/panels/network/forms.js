// Forms of settings: a field for each, and what is wrong with one beside it.
import { html } from "../../elements.js";

const HINTS = { learning_rate: "η", weight_decay: "λ" };
const LABELS = { init: "Initializer", bias_init: "Bias initializer" };
const EMPTY = { clip_norm: "none", max_norm: "none", batch_size: "or full" };

/** Fields by name. `given` is a list of { name, label, kind, value, choices }; `change(name, value)` fails
 * with a sentence if the value is wrong, and the field keeps it until it is right. */
export class Form {
  #fields = new Map(); #made = "";

  constructor(change, attributes = {}) {
    this.change = change;
    this.element = html("div", { class: "net-form", ...attributes });
  }

  show(given) {
    const made = JSON.stringify(given.map(({ name, kind, choices }) => [name, kind, choices]));
    if (made !== this.#made) this.#build(given);
    this.#made = made;
    for (const { name, value } of given) this.#fields.get(name).show(value);
  }

  /** Forget what was written: it was for something else. */
  reset() {
    this.#made = "";
  }

  #build(given) {
    const held = this.element.contains(document.activeElement) ? document.activeElement.name : null;
    this.#fields = new Map(given.map((each) => [each.name, new Field(each, (value) => this.change(each.name, value))]));
    this.element.replaceChildren(...[...this.#fields.values()].map(({ element }) => element));
    if (held) this.element.querySelector(`[name="${CSS.escape(held)}"]`)?.focus();
  }
}

class Field {
  static #count = 0;

  constructor({ name, label, kind, choices }, change) {
    this.send = change;
    this.kind = kind;
    this.id = `net-field-${++Field.#count}`;
    this.control = this.#control(name, kind, choices);
    this.problem = html("small", { class: "net-problem", id: `${this.id}-problem`, role: "alert", hidden: true });
    this.element = html("div", { class: `net-field net-kind-${kind}` },
      html("label", { for: this.id }, label ?? labelled(name), HINTS[name] ? html("small", {}, HINTS[name]) : null),
      kind === "whole" ? this.#stepper(name) : this.control, this.problem);
  }

  show(value) {
    if (this.wrong || document.activeElement === this.control && this.kind !== "flag" && this.kind !== "choice") return;
    if (this.kind === "flag") this.control.checked = value === true || value === "true";
    else this.control.value = value ?? "";
  }

  #control(name, kind, choices) {
    const common = { id: this.id, name, "aria-describedby": `${this.id}-problem`, change: () => this.#changed() };
    if (kind === "flag") return html("input", { type: "checkbox", ...common });
    if (kind === "choice") return html("select", common, choices.map(([value, text]) => html("option", { value }, text)));
    const more = kind === "text" || kind === "initializer" ? {} : { inputmode: "decimal" };
    return html("input", { type: "text", autocomplete: "off", spellcheck: "false", list: choices, placeholder: EMPTY[name] ?? null, ...more, ...common });
  }

  #stepper(name) {
    const by = (step, sign, word) => html("button", {
      type: "button", "aria-label": `${word} ${labelled(name).toLowerCase()}`,
      click: () => {
        this.control.value = Math.max(1, Math.round(Number(this.control.value) || 0) + step);
        this.#changed();
      },
    }, sign);
    return html("div", { class: "net-stepper" }, by(-1, "−", "Fewer"), this.control, by(1, "+", "More"));
  }

  async #changed() {
    const text = this.kind === "flag" ? this.control.checked : this.control.value.trim();
    try {
      this.wrong = false;
      await this.send(text);
      this.#say("");
    } catch (problem) {
      this.wrong = true;
      this.#say(problem.message);
    }
  }

  #say(sentence) {
    this.problem.textContent = sentence;
    this.problem.hidden = !sentence;
    this.control.toggleAttribute("aria-invalid", Boolean(sentence));
    if (sentence) this.control.setAttribute("aria-invalid", "true");
  }
}

/** A name of a setting as a label: learning_rate as Learning rate. */
export function labelled(name) {
  const words = LABELS[name] ?? name.replaceAll("_", " ");
  return words[0].toUpperCase() + words.slice(1);
}

/** What a text means to the engine: a number, nothing, or the text. */
export function meant(text) {
  if (text === "") return null;
  const value = Number(text);
  return Number.isNaN(value) ? text : value;
}
