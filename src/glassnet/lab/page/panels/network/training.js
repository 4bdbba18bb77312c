// How the network is trained, and how its parameters start.
import { html } from "../../elements.js";
import { Form, meant } from "./forms.js";

const PARTS = ["loss", "schedule", "optimizer"];
const LABELS = { loss: "Loss", optimizer: "Optimizer", schedule: "Schedule" };
const PLAIN = [["batch_size", "whole-or-text"], ["epochs", "whole"], ["clip_norm", "number"], ["max_norm", "number"]];
const STARTS = [["init", "initializer"], ["bias", "flag"], ["bias_init", "initializer"]];

/** The settings of the training, which count from the present step on. */
export class TrainingForm {
  constructor(lab) {
    this.lab = lab;
    this.forms = Object.fromEntries(PARTS.map((part) => [part, new Form((name, value) => this.#setPart(part, name, value))]));
    this.plain = new Form((name, value) => this.#set({ [name]: meant(value) }));
    this.starts = new Form((name, value) => lab.ask("starts", { [name]: value }));
    this.said = html("p", { class: "hint", role: "status" }, "Changes count from the present step on.");
    this.element = html("div", { class: "net-training" },
      html("h3", {}, "Training"), this.said,
      html("div", { class: "net-parts" }, PARTS.map((part) => this.forms[part].element), this.plain.element),
      html("h3", {}, "First values"), html("p", { class: "hint" }, "For every layer that does not set its own. A change starts again from step 0."),
      this.starts.element);
  }

  settle(facts, kinds) {
    Object.assign(this, { facts, kinds });
    if (!kinds) return;
    for (const part of PARTS) this.forms[part].show(this.#fields(part));
    this.plain.show(PLAIN.map(([name, kind]) => ({ name, kind, value: facts.settings.training[name] })));
    this.starts.show(STARTS.map(([name, kind]) =>
      ({ name, kind, value: facts.words.starts[name], choices: kind === "initializer" ? "net-initializers" : undefined })));
  }

  #fields(part) {
    const { name, settings } = this.facts.training[part];
    const names = part === "loss" ? this.kinds.losses : Object.keys(this.kinds[part]);
    const choices = names.map((each) => [each, each.replaceAll("_", " ")]);
    if (part === "loss") {
      const itself = this.facts.settings.training.loss === null;
      choices.unshift(["", itself ? `by the data: ${name.replaceAll("_", " ")}` : "by the data"]);
      if (itself) return [{ name: part, label: LABELS[part], kind: "choice", choices, value: "" }];
    }
    const own = this.kinds[part][name].map(({ name: key, kind }) => ({ name: key, kind, value: settings[key] }));
    return [{ name: part, label: LABELS[part], kind: "choice", choices, value: name }, ...own];
  }

  #setPart(part, name, value) {
    if (name === part) return this.#set({ [part]: value ? { kind: value } : null });
    const { name: kind, settings } = this.facts.training[part];
    const given = Object.fromEntries(Object.entries({ ...settings, [name]: value }).map(([key, each]) => [key, typed(each)]));
    return this.#set({ [part]: { kind, ...given } });
  }

  async #set(given) {
    await this.lab.ask("training", given);
    this.said.textContent = `Counts from step ${this.lab.frame?.t ?? 0} on.`;
  }
}

/** A setting as the engine takes it: true, a number, or the text. */
function typed(value) {
  if (value === true || value === "true") return true;
  if (value === false || value === "false") return false;
  return meant(value);
}
