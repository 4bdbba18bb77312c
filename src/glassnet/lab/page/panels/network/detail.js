// The chosen unit in words: its number, and its weights as buttons.
import { html, number, unpacked } from "../../elements.js";
import { columnName, counted, unitName } from "./names.js";

/** What a frame says of the chosen unit; `choose` hears of a weight, `look` of one that is looked at. */
export class Detail {
  #made = ""; #numbers = [];

  constructor({ choose, look }) {
    Object.assign(this, { choose, look });
    this.hint = html("p", { class: "hint" },
      "Each square shows what its unit gives: orange above 0, blue below. Each line is a weight in the same colours; a grey line stands for many. Choose a square or a line to see more.");
    this.name = html("span");
    this.value = html("b", { class: "net-value" });
    this.title = html("p", { class: "net-chosen" }, this.name, this.value);
    this.list = html("ul", { class: "net-weights", "aria-label": "Connections of this unit" });
    this.element = html("div", { class: "net-detail" }, this.hint, this.title, this.list);
  }

  show(facts, frame) {
    const { unit } = frame;
    this.hint.hidden = Boolean(unit);
    this.title.hidden = this.list.hidden = !unit;
    if (!unit) return;
    const values = unit.values ? [...unpacked(unit.values).values] : [];
    if (unit.bias) values.push(unpacked(unit.bias).values[0]);
    const made = JSON.stringify([unit.column, unit.unit, unit.name, unit.places]);
    if (made !== this.#made) this.#build(facts, unit);
    this.#made = made;
    this.#say(facts, frame, unit);
    this.#numbers.forEach((element, n) => (element.textContent = number(values[n])));
  }

  #say(facts, frame, unit) {
    const column = facts.columns[unit.column];
    const left = unit.left ? ` (and ${counted(unit.left, "smaller weight")} beside these)` : "";
    const gives = unit.value ? `, ${column.gives || "output"} for ${frame.sample.part} sample ${frame.sample.index + 1}: ` : "";
    this.name.textContent = `${columnName(facts, unit.column)}, ${unitName(column, unit.unit)}${left}${gives}`;
    this.value.textContent = unit.value ? number(unpacked(unit.value).values[0]) : "";
  }

  #build(facts, unit) {
    this.#numbers = [];
    const made = unit.places.map((place, n) => this.#weight(unit.sources[n], { name: unit.name, place }));
    if (unit.bias) made.push(this.#weight("bias", { name: unit.name.replace(/W$/, "b"), place: [unit.unit] }));
    this.list.replaceChildren(...made);
  }

  #weight(source, what) {
    const value = html("span", { class: "net-number" });
    this.#numbers.push(value);
    return html("li", {}, html("button", {
      type: "button", title: `${what.name}[${what.place.join(", ")}]`, click: () => this.choose(what),
      focus: () => this.look(what), blur: () => this.look(null), pointerenter: () => this.look(what), pointerleave: () => this.look(null),
    }, html("span", { class: "net-source" }, source), value));
  }
}
