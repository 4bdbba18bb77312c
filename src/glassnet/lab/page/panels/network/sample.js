// The sample for which every unit shows its number.
import { html } from "../../elements.js";
import { whole } from "./names.js";

/** A sample by its number, from 1, of the training or the test part; `choose` hears of another. */
export class Sample {
  constructor(choose) {
    this.part = html("select", { "aria-label": "Part of the data", change: () => this.#choose(0, this.part.value) },
      ["training", "test"].map((part) => html("option", { value: part }, part)));
    this.number = html("input", {
      type: "text", inputmode: "numeric", id: "net-sample", autocomplete: "off", change: () => this.#choose(Number(this.number.value) - 1),
    });
    this.count = html("span", { class: "hint" });
    const by = (step, sign, name) => html("button", { type: "button", "aria-label": name, click: () => this.#choose(this.at.index + step) }, sign);
    this.problem = html("small", { class: "net-problem", role: "alert", hidden: true });
    this.element = html("div", { class: "net-sample" }, html("label", { for: "net-sample" }, "Numbers are for sample"),
      html("div", { class: "net-stepper" }, by(-1, "−", "Previous sample"), this.number, by(1, "+", "Next sample")),
      html("span", { class: "hint" }, "of"), this.part, this.count, this.problem);
    this.send = choose;
  }

  settle({ data }) {
    this.at = null; // of other data
    this.counts = { training: data.training, test: data.test };
    this.part.options[1].disabled = !data.test;
  }

  show({ sample }) {
    if (!sample || (sample.part === this.at?.part && sample.index === this.at.index)) return;
    this.at = sample;
    this.part.value = sample.part;
    this.number.value = sample.index + 1;
    this.count.textContent = `(1 to ${whole(this.counts[sample.part])})`;
    this.#say("");
  }

  async #choose(index, part = this.part.value) {
    try {
      await this.send({ part, index });
      this.#say("");
    } catch (problem) {
      this.#say(problem.message);
    }
  }

  #say(sentence) {
    this.problem.textContent = sentence;
    this.problem.hidden = !sentence;
  }
}
