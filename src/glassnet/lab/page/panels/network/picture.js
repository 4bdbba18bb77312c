// The network as a picture: columns of units, and the weights between them as lines.
import { html, number, svg, unpacked } from "../../elements.js";
import { arranged } from "./layout.js";
import { Lines } from "./lines.js";
import { paint, readColours } from "./tiles.js";
import { columnName, times, unitName, unitNumber, wordsOf } from "./names.js";
import { makeAdder } from "./adder.js";

const HELP = "Arrow keys go from unit to unit. Enter chooses a unit: its connections are then in a list after the picture, each a button.";

/** The picture. `choose` hears of a row whose layer is chosen, `add` of a layer for a row. */
export class Picture {
  #drawn = ""; #columns = []; #lines = []; #over = null; #elsewhere = null; #room = 0; #place = null;

  constructor(lab, { choose, add }) {
    Object.assign(this, { lab, choose, add });
    this.stage = html("div", { class: "net-stage", role: "group", "aria-label": "The network as a picture", "aria-describedby": "net-help" });
    const help = html("p", { id: "net-help", class: "net-help" }, HELP);
    this.element = html("div", { class: "net-scroll", scroll: () => lab.frame && this.show(lab.frame) }, help, this.stage);
    this.tip = html("div", { class: "net-tip", hidden: true });
    new ResizeObserver(() => this.#fit()).observe(this.element);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#recolour());
    this.stage.addEventListener("keydown", (event) => this.#key(event));
    this.stage.addEventListener("pointerover", ({ target }) => this.#look(overOf(target)));
    this.stage.addEventListener("focusin", ({ target }) => this.#look(overOf(target)));
    this.stage.addEventListener("pointerleave", () => this.#look(null));
    this.stage.addEventListener("focusout", () => this.#look(null));
    this.stage.addEventListener("click", ({ target }) => this.#click(overOf(target)));
    readColours();
  }

  // ---- once for every network

  /** Build it for these facts, unless it looks the same. */
  settle(facts, kinds) {
    this.facts = facts;
    this.kinds = kinds;
    const looks = JSON.stringify([facts.columns, facts.words, facts.data.classes, Boolean(kinds)]);
    if (looks !== this.#drawn) this.#build();
    this.#drawn = looks;
  }

  #fit() {
    if (!this.facts || Math.abs(this.element.clientWidth - this.#room) < 2) return;
    this.#build();
  }

  #build() {
    this.#room = this.element.clientWidth;
    const { columns } = this.facts;
    const place = this.#place = arranged(columns, this.#room);
    const held = this.stage.contains(document.activeElement) ? document.activeElement.dataset.key : null;
    const at = this.element.scrollLeft;
    this.#columns = columns.map((column, k) => this.#column(column, k, place));
    this.#lines = columns.map((_, k) => (k ? new Lines(k, place.columns[k - 1], place.columns[k]) : null));
    const drawing = svg("svg", { class: "net-drawing", width: place.width, height: place.height, "aria-hidden": "true" },
      this.#lines.filter(Boolean).map((lines) => lines.group));
    Object.assign(this.stage.style, { width: `${place.width}px`, height: `${place.height}px` });
    this.stage.replaceChildren(rail(place), drawing, ...this.#columns.map(({ element }) => element), ...this.#arrows(place), this.tip);
    this.element.scrollLeft = at;
    this.stage.querySelector(".net-unit")?.setAttribute("tabindex", "0");
    if (held) this.stage.querySelector(`[data-key="${CSS.escape(held)}"]`)?.focus({ preventScroll: true });
    if (this.lab.frame) this.show(this.lab.frame);
  }

  #column(column, k, place) {
    const own = place.columns[k];
    const units = own.units.map((at, n) => this.#unit(column, k, n, at));
    const rest = column.of - column.units, outer = k === 0 || k === this.facts.columns.length - 1;
    const element = html("div", { class: "net-column", "data-column": k },
      this.#head(column, k, own, place), units.map(({ button }) => button), this.#names(column, own, k),
      rest ? html("p", { class: "net-more", style: `left:${own.more.x}px;top:${own.more.y}px` }, `… and ${rest} more`) : null,
      html("p", { class: "net-shape", style: `left:${own.x + own.width / 2}px;top:${place.foot}px;max-width:${outer ? own.width : own.width + place.gap - 6}px` }, shapes(column)));
    return { element, units };
  }

  #head(column, k, own, place) {
    const outer = k === 0 || k === this.facts.columns.length - 1;
    const title = outer ? html("span", { class: "net-title" }, columnName(this.facts, k)) : null;
    return html("div", { class: "net-head", style: `left:${own.x}px;top:${place.plus}px;width:${own.width}px` },
      title, column.layers.map((n) => this.#layer(n)));
  }

  #layer(n) {
    const row = n - this.facts.words.first, words = wordsOf(this.facts, n);
    if (!this.facts.words.rows[row]) return html("span", { class: "net-fixed", title: words }, html("span", { class: "net-words-of" }, words));
    return html("button", {
      type: "button", class: "net-layer", "data-key": `layer ${row}`, "data-row": row, "data-look": true, "aria-pressed": "false",
      title: words, click: () => this.choose(row),
    }, html("span", { class: "net-words-of" }, words));
  }

  #unit(column, k, n, { x, y, size }) {
    const canvas = html("canvas", { width: 1, height: 1, "aria-hidden": "true" });
    const smooth = column.shape.length === 1 && this.facts.data.shape.length === 1;
    const last = k === this.facts.columns.length - 1;
    const style = `left:${x}px;top:${y}px;width:${size}px;height:${size}px`
      + (last && this.facts.data.classes.length ? `;--net-edge:var(--class-${n % 8})` : "");
    const button = html("button", {
      type: "button", class: `net-unit${smooth ? " net-smooth" : ""}`, style, tabindex: -1, "data-look": true, "data-key": `unit ${k} ${n}`,
      "aria-label": `${columnName(this.facts, k)}: ${unitName(column, n)}`,
    }, canvas);
    button.unit = { k, n };
    return { button, canvas };
  }

  #names(column, own, k) {
    if (!column.names.length || own.name.width <= 0) return null;
    return column.names.map((name, n) => html("span", {
      class: `net-name${k === 0 ? " net-before" : ""}`, title: name,
      style: `left:${own.name.x}px;width:${own.name.width}px;top:${own.units[n].y + own.units[n].size / 2}px`,
    }, name));
  }

  #arrows(place) {
    return place.gaps.flatMap(({ x, room }, k) => {
      const column = this.facts.columns[k + 1], row = column.layers[0] - this.facts.words.first;
      const text = column.count ? html("span", {}, column.sum.replace(" = ", " =\u00a0")) : html("span", {}, "no parameters");
      return [
        makeAdder(this.facts, this.kinds, row, `left:${x}px`, (words) => this.add(row, words)),
        html("p", { class: "net-sum", style: `left:${x}px;top:${place.sums}px;width:${room - 6}px` }, text),
      ];
    });
  }

  // ---- in every frame

  /** Show the units and lines of a frame. */
  show(frame) {
    if (!this.#fits(frame)) return;
    const begin = performance.now();
    frame.columns.forEach((given, k) => {
      if (!this.#inView(k)) return;
      const maps = unpacked(given.maps);
      this.#columns[k].units.forEach(({ canvas }, n) => n < maps.shape[0] && paint(canvas, maps, n, given.map));
      this.#lines[k]?.update(given.lines);
    });
    this.#mark();
    this.#say();
    this.took = performance.now() - begin;
  }

  /** Whether a frame is of this network: one of the network before may come late. */
  #fits({ columns }) {
    return columns?.length === this.#columns.length && columns.every(({ maps }, k) => maps.shape[0] === this.#columns[k].units.length);
  }

  /** Whether a column, or the lines that lead to it, can be seen. */
  #inView(k) {
    const from = this.element.scrollLeft, before = this.#place.columns[Math.max(k - 1, 0)], own = this.#place.columns[k];
    return own.x + own.width >= from && before.x <= from + this.#room;
  }

  /** Show which row is chosen. */
  pressed(row) {
    for (const button of this.stage.querySelectorAll(".net-layer")) {
      button.setAttribute("aria-pressed", String(Number(button.dataset.row) === row));
    }
  }

  #recolour() {
    readColours();
    if (this.lab.frame) this.show(this.lab.frame);
  }

  // ---- what is under the pointer, or has the focus

  #look(over) {
    this.#over = over;
    this.#mark();
    this.#say();
  }

  /** Let the line of a weight stand out, as when it is looked at elsewhere on the page. */
  look(weight) {
    this.#elsewhere = weight;
    this.#mark();
  }

  #mark() {
    const over = this.#over?.kind === "line" ? this.#weight(this.#over) : null;
    for (const lines of this.#lines) lines?.mark([over, this.#elsewhere, this.lab.chosen.weight]);
  }

  #weight({ k, n }) {
    const { given } = this.#lines[k];
    return given && n < given.places.length ? { name: given.name, place: given.places[n] } : null;
  }

  #say() {
    const over = this.#over, frame = this.lab.frame;
    this.tip.hidden = !over || !frame || !this.#fits(frame);
    if (this.tip.hidden) return;
    const said = over.kind === "unit" ? this.#unitSaid(over, frame) : this.#lineSaid(over, frame);
    if (said !== this.tip.textContent) this.tip.textContent = said;
    const at = over.element.getBoundingClientRect(), stage = this.stage.getBoundingClientRect();
    const middle = at.left + at.width / 2 - stage.left;
    const half = this.tip.offsetWidth / 2 + 2, from = this.element.scrollLeft;
    const x = Math.min(Math.max(middle, from + half), from + this.#room - half);
    const low = over.kind === "unit" ? at.bottom - stage.top + 6 : (at.top + at.bottom) / 2 - stage.top + 10;
    Object.assign(this.tip.style, { left: `${x}px`, top: `${low}px` });
    if (over.kind === "unit") over.element.setAttribute("aria-label", said);
  }

  #unitSaid({ k, n }, frame) {
    const column = this.facts.columns[k];
    const gives = column.gives || (k ? "gives" : "is");
    return `${columnName(this.facts, k)}: ${unitName(column, n)} ${gives} ${unitNumber(frame.columns[k], n)}`;
  }

  #lineSaid({ k, n }) {
    const { given } = this.#lines[k], { columns } = this.facts;
    const ends = `${unitName(columns[k - 1], given.from[n])} → ${unitName(columns[k], given.to[n])}`;
    const most = given.bundle > 1 ? `the largest of ${given.bundle} weights, ` : "";
    return `${ends}: ${most}${given.name}[${given.places[n].join(", ")}] = ${number(given.values[n])}`;
  }

  #click(over) {
    if (over?.kind === "unit") this.lab.choose("unit", { column: over.k, layer: this.facts.columns[over.k].shows, unit: over.n });
    if (over?.kind === "line") this.lab.choose("weight", this.#weight(over));
  }

  /** Arrows go from unit to unit; Tab leaves the picture's units. */
  #key(event) {
    const at = event.target.unit;
    const [across, down] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key] ?? [0, 0];
    if (!at || (!across && !down)) return;
    event.preventDefault();
    const column = this.#columns[at.k + across];
    const next = column?.units[Math.min(at.n + down, column.units.length - 1)]?.button;
    if (!next) return;
    event.target.setAttribute("tabindex", "-1");
    next.setAttribute("tabindex", "0");
    next.focus();
  }
}

function overOf(target) {
  const unit = target.closest?.(".net-unit");
  if (unit) return { kind: "unit", element: unit, ...unit.unit };
  return target.line ? { kind: "line", element: target, ...target.line } : null;
}

/** The shape of what is drawn, and of what is handed on if that is another. */
function shapes({ shape, output }) {
  const alike = output.slice(0, shape.length).join() === shape.join() && output.slice(shape.length).every((size) => size === 1);
  return alike ? times(output) : `${times(shape)} → ${times(output)}`;
}

function rail(place) {
  const { columns } = place, y = 20;
  const from = columns[0].x + columns[0].width / 2, to = columns.at(-1).x + columns.at(-1).width / 2;
  return html("div", { class: "net-rail", style: `left:${from}px;width:${Math.max(0, to - from)}px;top:${y}px` });
}
