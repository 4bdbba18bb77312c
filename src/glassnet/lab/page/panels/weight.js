// A weight under the glass: its course, its gradient twice, its update, by hand, and the loss along it.
import { choice, field, html, number } from "../elements.js";
import { Line } from "./weight/line.js";
import { facts, gradients } from "./weight/numbers.js";

const PAUSE = 400; // milliseconds between two looks while it plays
const WIDTHS = [["0.01", "± 0.01"], ["0.1", "± 0.1"], ["1", "± 1"], ["10", "± 10"]];

export function weight(panel, lab) {
  const glass = new Glass(panel, lab);
  lab.on("settings", () => glass.begin());
  lab.on("chosen:weight", (what) => glass.choose(what));
  lab.on("frame", (frame) => glass.look(frame));
}

class Glass {
  #asked = "";
  #busy = false;
  #waiting = null;
  #last = 0;
  #shapes = {};
  #editing = false;
  #wanted = null;

  constructor(panel, lab) {
    this.panel = panel;
    this.lab = lab;
    this.chosen = null;
    this.names = html("select", { id: "weight-name", change: () => this.#pick(true) });
    this.indices = html("span", { class: "weight-indices" });
    this.hint = html("p", { class: "hint" }, "Choose a parameter here, or click a connection of the network.");
    this.value = html("input", { type: "number", id: "weight-value", step: "any", change: () => this.#edit(this.value) });
    this.slider = html("input", { type: "range", id: "weight-slider", step: "any", "aria-label": "Value by slider", input: () => this.#edit(this.slider) });
    this.undo = html("button", { id: "weight-undo", click: () => lab.say("undo") }, "Take it back");
    this.now = html("dl", { class: "weight-facts" });
    this.course = new Line("weight-course", "Value over time", "step");
    this.along = new Line("weight-along", "Loss along this weight", "value");
    this.update = html("div", { class: "weight-update" });
    const again = () => this.#fetch(true);
    this.over = choice([["batch", "the batch of the step"], ["training", "training samples"]], "batch", again, { id: "weight-over" });
    this.width = choice(WIDTHS, "1", again, { id: "weight-width" });
    this.said = html("p", { class: "hint" });
    this.inside = html("div", { class: "weight-inside", hidden: true },
      html("div", {}, this.now, html("div", { class: "row weight-hand" }, field("Set it by hand", this.value), this.undo), this.slider),
      html("div", {}, html("h3", {}, "Value over time"), this.course.element),
      html("div", {}, html("h3", {}, "Loss along this weight"), this.along.element,
        html("div", { class: "row" }, field("Loss of", this.over), field("Around it", this.width)), this.said),
      this.update);
    panel.append(html("div", { class: "row weight-choice" }, field("Parameter", this.names), this.indices), this.hint, this.inside);
  }

  /** Settings have changed: which parameters there are. */
  async begin() {
    const found = await this.lab.say("weights");
    if (!found) return;
    this.#shapes = found.shapes;
    const names = Object.keys(found.shapes);
    this.names.replaceChildren(html("option", { value: "" }, "none"), ...names.map((name) => html("option", { value: name }, name)));
    const shape = this.chosen && this.#shapes[this.chosen.name];
    const fits = shape && shape.length === this.chosen.place.length && this.chosen.place.every((n, axis) => n < shape[axis]);
    this.#take(fits ? this.chosen : null);
  }

  /** A panel has chosen a weight. */
  choose(what) {
    this.#take(what);
    if (what) this.panel.scrollIntoView({ block: "nearest" });
  }

  /** A frame has come: ask for the rest, if anything that matters is different. */
  look(frame) {
    if (!this.chosen) return;
    if (frame.playing) {
      this.#numbers(frame.chosen);
      if (performance.now() - this.#last < PAUSE) return;
    }
    this.#fetch(false, frame);
  }

  #take(what) {
    this.chosen = what;
    this.names.value = what?.name ?? "";
    this.#places(what);
    this.inside.hidden = !what;
    this.hint.hidden = Boolean(what);
    if (what) this.#fetch(true);
  }

  #places(what) {
    const shape = what ? this.#shapes[what.name] ?? [] : [];
    if (this.indices.childElementCount !== shape.length) {
      this.indices.replaceChildren(...shape.map((_, axis) =>
        field(`Index ${axis}`, html("input", { type: "number", min: 0, step: 1, change: () => this.#pick(false) }))));
    }
    [...this.indices.querySelectorAll("input")].forEach((input, axis) => {
      input.max = shape[axis] - 1;
      input.value = what.place[axis];
    });
  }

  #pick(fresh) {
    const name = this.names.value;
    if (!name) return this.lab.choose("weight", null);
    const shape = this.#shapes[name], inputs = [...this.indices.querySelectorAll("input")];
    const place = shape.map((size, axis) => fresh ? 0 : Math.min(Math.max(Math.trunc(Number(inputs[axis]?.value ?? 0)), 0), size - 1));
    return this.lab.choose("weight", { name, place });
  }

  /** Ask for what is shown; while the reply is on its way, for the last only. */
  async #fetch(anew, frame = this.lab.frame) {
    this.#waiting = { anew: anew || Boolean(this.#waiting?.anew), frame };
    if (this.#busy) return;
    this.#busy = true;
    while (this.#waiting && this.chosen) {
      const { anew: again, frame: now } = this.#waiting;
      this.#waiting = null;
      const state = JSON.stringify([this.chosen, now?.t, now?.operation?.number, now?.branch, now?.playing]);
      if (!again && state === this.#asked) continue;
      this.#asked = state;
      await this.#ask();
    }
    this.#busy = false;
  }

  async #ask() {
    this.#last = performance.now();
    const found = await this.lab.say("weight", this.chosen);
    if (!found) return;
    this.#show(found);
    if (!found.step && this.over.value === "batch") return; // it plays
    const curve = await this.lab.say("along", { over: this.over.value, width: Number(this.width.value) });
    if (curve) this.#curve(curve);
  }

  #show(found) {
    this.#numbers(found.value);
    this.undo.disabled = !found.edited;
    facts(this.now, found);
    this.course.draw(found.course.t, found.course.values, { at: [found.t, found.value], of: "step" });
    if (found.step) gradients(this.update, found);
  }

  #numbers(value) {
    if (value === null || value === undefined) return;
    if (document.activeElement !== this.value) this.value.value = number(value);
    if (this.#editing || document.activeElement === this.slider) return;
    const width = Number(this.width.value);
    this.slider.min = value - width;
    this.slider.max = value + width;
    this.slider.value = value;
  }

  #curve({ over, samples, values, losses }) {
    const middle = Math.floor(values.length / 2);
    this.along.draw(values, losses, { at: [values[middle], losses[middle]], of: "value" });
    const noise = over === "batch" ? "with the noise of its step" : "without noise";
    this.said.textContent = samples ? `${samples} samples, ${noise}; the dot is the present value` : "no step is left";
  }

  /** Set the value; of several while the lab is on its way, the last. */
  async #edit(input) {
    this.#wanted = input.value;
    if (this.#editing) return;
    this.#editing = true;
    while (this.#wanted !== null) {
      const value = this.#wanted === "" ? null : Number(this.#wanted);
      this.#wanted = null;
      if (value !== null) await this.lab.say("edit", { ...this.chosen, value });
    }
    this.#editing = false;
  }
}
