// Digits drawn by hand: as data of their own, and as a question to the network.
import { choice, field, html } from "../../elements.js";
import { radios } from "./inputs.js";
import { makePen } from "./pen.js";
import { makeSeen } from "./seen.js";

const DIGITS = Array.from("0123456789");

export function makeDigits({ lab, use, tell }) {
  let source = { kind: "digits", size: 28, drawings: [], labels: [] };
  const seen = makeSeen(lab);
  const pen = makePen((strokes) => { buttons(); seen.ask(strokes); });
  const size = choice([["28", "28 × 28 pixels, as mnist"], ["8", "8 × 8 pixels, as digits"]], "28", (value) => set({ size: Number(value) }), { id: "digits-size" });
  const label = radios("data-label", "This is a", DIGITS.map((digit) => [digit, digit, `Digit ${digit}`]), () => {});
  const add = html("button", { id: "digits-add", class: "main", click: keep }, "Add");
  const clear = html("button", { id: "pen-clear", click: wipe }, "Clear");
  const remove = html("button", { id: "digits-remove", click: () => set({ drawings: source.drawings.slice(0, -1), labels: source.labels.slice(0, -1) }) }, "Undo");
  const count = html("output", { id: "digits-count", class: "hint", for: "pen" });
  const tools = html("div", { class: "row data-tools" }, add, clear, remove);
  const element = html("div", {}, field("Size", size), label.element, count);
  const place = html("details", { class: "data-folded", hidden: true, toggle: () => seen.ask(pen.strokes) },
    html("summary", {}, "Draw a digit: what does the network see?"));
  const board = html("div", { class: "data-board" }, pen.element, tools, seen.element);
  moved(place);
  buttons();
  return { element, question: place, begin, show, follow };

  function begin() {
    source = { ...source, drawings: [], labels: [] };
    moved(element);
    buttons();
  }

  function show({ settings: { data } }) {
    source = data;
    size.value = String(data.size);
    moved(element);
    buttons();
  }

  /** The one pen belongs to the drawn data, or to the question. */
  function moved(parent) {
    const own = parent === element;
    if (board.parentElement !== parent) parent.insertBefore(board, own ? count : null);
    add.hidden = remove.hidden = !own;
    if (own) place.hidden = true;
  }

  /** Whether the network takes pictures that can be drawn. */
  function follow({ data, settings }) {
    const grey = data.task === "classes" && (data.shape.length === 2 || (data.shape.length === 3 && data.shape[2] === 1));
    const own = settings.data.kind === "digits" || !element.hidden;
    if (!own) moved(place);
    place.hidden = own || !grey;
    seen.allow(grey);
    if (grey) seen.ask(pen.strokes);
  }

  function keep() {
    const next = { drawings: [...source.drawings, pen.strokes], labels: [...source.labels, Number(label.value)] };
    pen.clear();
    set(next);
  }

  function wipe() {
    pen.clear();
    seen.ask([]);
    buttons();
  }

  function set(changes) {
    source = { ...source, ...changes };
    buttons();
    if (new Set(source.labels).size > 1) tell(use(source));
  }

  function buttons() {
    add.disabled = clear.disabled = !pen.strokes.length;
    remove.disabled = !source.drawings.length;
    const each = DIGITS.map((digit) => [digit, source.labels.filter((one) => String(one) === digit).length]).filter(([, many]) => many);
    const wanted = new Set(source.labels).size > 1 ? "" : " Draw two different digits or more.";
    count.textContent = `${source.labels.length} drawn${each.length ? `: ${each.map(([digit, many]) => `${many} × ${digit}`).join(", ")}` : ""}.${wanted}`;
  }
}
