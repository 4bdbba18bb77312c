// The chosen layer: its settings, its place, and a layer after it.
import { html } from "../../elements.js";
import { Form } from "./forms.js";
import { layerOptions } from "./adder.js";
import { counted, times, whole } from "./names.js";

/** The layer in row `row` of the text; `put(rows)` makes a network of other rows, and fails with a sentence. */
export class LayerForm {
  row = 0;

  constructor({ put, moved }) {
    Object.assign(this, { put, moved });
    this.title = html("h3", { id: "net-layer-title" });
    this.formula = html("p", { class: "net-formula mono" });
    this.inside = html("ul", { class: "net-inside" });
    this.form = new Form((name, value) => this.#set(name, value));
    this.problem = html("p", { class: "net-problem", role: "alert", hidden: true });
    this.buttons = ["left", "right"].map((way) => html("button", {
      type: "button", "aria-label": `Move this layer ${way}`, title: `Move this layer ${way}`,
      click: () => this.#move(way === "left" ? -1 : 1),
    }, way === "left" ? "◂" : "▸"));
    this.remove = html("button", { type: "button", click: () => this.#remove() }, "Remove");
    this.after = html("select", { "aria-label": "Add a layer after this one", change: () => this.#after() });
    this.element = html("div", { class: "net-layer-form", role: "group", "aria-labelledby": "net-layer-title" },
      html("div", { class: "row net-layer-top" }, this.title, html("div", { class: "net-tools" }, this.buttons, this.remove, this.after)),
      this.formula, this.form.element, this.inside, this.problem);
  }

  settle(facts, kinds) {
    Object.assign(this, { facts, kinds });
    const { rows } = facts.words;
    this.row = Math.min(this.row, Math.max(rows.length - 1, 0));
    this.element.hidden = !rows.length;
    this.#say("");
    if (rows.length) this.show(this.row);
    this.moved(rows.length ? this.row : -1);
  }

  show(row) {
    const { words } = this.facts, own = words.rows[row], layer = this.facts.layers[words.first + row];
    if (row !== this.row) this.form.reset();
    this.row = row;
    this.moved(row);
    this.title.textContent = own.words;
    this.formula.textContent = layer.formula;
    this.buttons[0].disabled = row === 0;
    this.buttons[1].disabled = row === words.rows.length - 1;
    this.after.replaceChildren(html("option", { value: "" }, "Add after…"), ...layerOptions(this.kinds, words.fits[row + 1]).filter(Boolean));
    this.form.show(this.#fields(own));
    this.#unfold(words.first + row);
  }

  #fields(own) {
    if (!own.settings) return [{ name: "words", label: "In words", kind: "text", value: own.words }];
    const list = "net-initializers";
    return this.#parameters(own).map(({ name, kind }) =>
      ({ name, kind, value: own.settings[name], choices: kind === "initializer" ? list : undefined }));
  }

  #parameters(own) {
    const all = Object.values(this.kinds?.families ?? {}).flat();
    return all.find(({ name }) => name === own.name)?.parameters ?? [];
  }

  /** What a layer is made of, as a list. */
  #unfold(n) {
    const inside = this.facts.columns.find(({ layers }) => layers.includes(n))?.inside.filter(({ name }) => name.startsWith(`${n}.`)) ?? [];
    this.inside.hidden = !inside.length;
    this.inside.replaceChildren(...inside.map(({ depth, words, shape, count }) =>
      html("li", { style: `--net-depth:${depth}` }, html("code", {}, words),
        `: shape ${times(shape)}, ${count ? counted(count, "parameter") : "no parameters"}`)));
  }

  // ---- the same layers otherwise

  #rows() {
    return this.facts.words.rows.map(({ words }) => words);
  }

  /** Set one setting: the layer's words with all that differ from what they are anyway. */
  async #set(name, value) {
    const own = this.facts.words.rows[this.row], rows = this.#rows();
    rows[this.row] = own.settings ? this.#said(own, name, value) : value;
    await this.put(rows);
  }

  #said(own, name, value) {
    const { starts } = this.facts.words;
    const settings = { ...own.settings, [name]: String(value) };
    const said = this.#parameters(own)
      .filter((each) => each.needed || settings[each.name] !== (each.name in starts ? String(starts[each.name]) : each.default))
      .map((each) => (each.needed ? settings[each.name] : `${each.name}=${settings[each.name]}`));
    return [own.name, ...said.filter((text) => !text.endsWith("="))].join(" ");
  }

  #move(by) {
    const rows = this.#rows();
    const [moved] = rows.splice(this.row, 1);
    rows.splice(this.row + by, 0, moved);
    return this.#try(rows, this.row + by);
  }

  #remove() {
    const rows = this.#rows();
    rows.splice(this.row, 1);
    return this.#try(rows, Math.max(this.row - 1, 0));
  }

  #after() {
    const words = this.after.value;
    this.after.value = "";
    return words ? this.add(this.row + 1, words) : null;
  }

  /** Put a layer into this row. */
  add(row, words) {
    const rows = this.#rows();
    rows.splice(row, 0, words);
    return this.#try(rows, row);
  }

  async #try(rows, row) {
    const before = this.row;
    this.row = row;
    try {
      await this.put(rows);
    } catch (problem) {
      this.row = before;
      this.#say(problem.message);
    }
  }

  #say(sentence) {
    this.problem.textContent = sentence;
    this.problem.hidden = !sentence;
  }
}

/** The totals of a network, in words. */
export function totals(facts) {
  return `${counted(facts.parameters, "parameter")}, ${whole(facts.words.multiply_adds)} multiply-adds for a sample`;
}
