// The layers as a text, with the engine's sentence if it cannot be read.
import { html } from "../../elements.js";

/** The text; `put(text)` makes the network, and fails with a sentence. */
export class Words {
  constructor(put) {
    this.input = html("textarea", {
      id: "layers", rows: 1, autocomplete: "off", spellcheck: "false", "aria-describedby": "layers-problem",
      placeholder: "no hidden layers", change: () => this.#changed(put), input: () => this.#fit(),
      keydown: (event) => this.#entered(event),
    });
    new ResizeObserver(() => this.#fit()).observe(document.body);
    this.problem = html("p", { class: "net-problem", id: "layers-problem", role: "alert", hidden: true });
    this.element = html("div", { class: "net-words" }, html("label", { for: "layers" }, "Layers in words"), this.input, this.problem);
  }

  settle(facts) {
    const text = facts.words.rows.map(({ words }) => words).join(", ");
    if (text !== this.text) this.#right();
    this.text = text;
    if (!this.wrong) this.input.value = this.text;
    this.#fit();
  }

  /** As tall as its text. */
  #fit() {
    this.input.style.height = "0";
    this.input.style.height = `${this.input.scrollHeight + 2}px`;
  }

  #entered(event) {
    if (event.key !== "Enter") return;
    event.preventDefault();
    this.input.blur(); // which is a change, if it is one
    this.input.focus();
  }

  async #changed(put) {
    try {
      await put(this.input.value);
      this.#right();
      this.input.value = this.text;
    } catch (problem) {
      this.wrong = true;
      this.#say(problem.message);
    }
  }

  #right() {
    this.wrong = false;
    this.#say("");
  }

  #say(sentence) {
    this.problem.textContent = sentence;
    this.problem.hidden = !sentence;
    if (sentence) this.input.setAttribute("aria-invalid", "true");
    else this.input.removeAttribute("aria-invalid");
  }
}
