// Points that are drawn: classes by colour and shape, or numbers, and an eraser.
import { channels, choice, colour, field, html } from "../../elements.js";
import { colourName, icon, outline } from "../../marks.js";
import { numberField, radios } from "./inputs.js";
import { makeSurface } from "./surface.js";

const LETTERS = ["A", "B", "C", "D", "E"];
const HALF = 2; // the square reaches from −2 to 2
const MOST = 5000;
const APART = 0.035; // of the width, between points of one stroke
const ERASER = 0.05;

export function makePoints({ lab, use, tell }) {
  let points = [], before = [], last = null;
  const surface = makeSurface({
    id: "points", name: "Square to draw points on, x and y from −2 to 2",
    hint: "Arrow keys move a cursor, with Shift faster. Space or Enter begins and ends drawing at the cursor.",
    down, along, up, paint,
  });
  const tool = radios("data-tool", "Draw", [
    ...LETTERS.map((letter, n) => [String(n), html("span", {}, icon(n), letter), `Class ${letter}`]),
    ["erase", "Erase", "Eraser"],
  ], () => {});
  const value = numberField("Value of a point", { id: "points-value", min: -1e6, max: 1e6, step: "any", value: 1, required: true }, () => {});
  const eraser = html("label", { class: "data-check" }, html("input", { type: "checkbox", id: "points-erase" }), html("span", {}, "Erase"));
  const what = choice([["classes", "Classes"], ["values", "Values (regression)"]], "classes", (chosen) => { points = []; keep(); mode(chosen); send(); }, { id: "points-what" });
  const undo = html("button", { id: "points-undo", click: back }, "Undo");
  const clear = html("button", { id: "points-clear", click: () => { keep(); points = []; send(); } }, "Clear");
  const count = html("output", { id: "points-count", class: "hint", for: "points" });
  const element = html("div", {}, field("Points have", what), tool.element, value.element, eraser,
    surface.element, html("div", { class: "row data-tools" }, undo, clear), count);
  mode("classes");
  return { element, begin, show };

  function begin() {
    points = [];
    before = [];
    told();
    surface.repaint();
  }

  function show({ settings: { data } }) {
    points = data.points;
    what.value = data.values ? "values" : "classes";
    mode(what.value);
    told();
    surface.repaint();
  }

  function mode(chosen) {
    tool.element.hidden = chosen === "values";
    value.element.hidden = eraser.hidden = chosen !== "values";
  }

  function values() {
    return what.value === "values";
  }

  function erasing() {
    return values() ? eraser.querySelector("input").checked : tool.value === "erase";
  }

  // ---- a stroke

  function down(place) {
    keep();
    last = null;
    along(place);
  }

  function along([x, y]) {
    const place = [HALF * (2 * x - 1), HALF * (1 - 2 * y)].map((each) => Number(each.toFixed(3)));
    if (erasing()) {
      points = points.filter(([px, py]) => Math.hypot(px - place[0], py - place[1]) > ERASER * 2 * HALF);
    } else if (points.length < MOST && (!last || Math.hypot(place[0] - last[0], place[1] - last[1]) >= APART * 2 * HALF)) {
      last = place;
      points = [...points, [...place, values() ? Number(value.input.value) : Number(tool.value)]];
    }
    told();
  }

  function up() {
    send();
  }

  function keep() {
    before = [...before.slice(-50), points];
  }

  function back() {
    if (!before.length) return;
    points = before.pop();
    send();
  }

  /** Train on the points, once there are enough. */
  function send() {
    told();
    surface.repaint();
    if (enough()) tell(use({ kind: "points", points, values: values(), ...share() }));
  }

  function share() {
    const { data } = lab.facts.settings;
    return data.kind === "points" ? { test: data.test } : {};
  }

  function enough() {
    return values() ? points.length > 1 : new Set(points.map(([, , label]) => label)).size > 1;
  }

  function told() {
    const each = values() ? [] : LETTERS.map((letter, n) => [letter, points.filter((point) => point[2] === n).length]).filter(([, many]) => many);
    const parts = each.map(([letter, many]) => `${letter} ${many}`).join(", ");
    const wanted = points.length >= MOST ? " No more fit." : enough() ? "" : values() ? " Draw two or more." : " Draw two classes or more.";
    count.textContent = `${points.length} ${points.length === 1 ? "point" : "points"}${parts ? `: ${parts}` : ""}.${wanted}`;
    undo.disabled = !before.length;
    clear.disabled = !points.length;
  }

  // ---- the picture

  function paint(context, size) {
    context.strokeStyle = colour("--line");
    context.lineWidth = 1;
    context.strokeRect(0.5, 0.5, size - 1, size - 1);
    context.beginPath();
    for (const at of [0.25, 0.5, 0.75]) {
      context.moveTo(at * size, 0);
      context.lineTo(at * size, size);
      context.moveTo(0, at * size);
      context.lineTo(size, at * size);
    }
    context.stroke();
    const shade = values() ? shades() : null;
    for (const [x, y, label] of points) {
      context.fillStyle = shade ? shade(label) : colours()[label];
      outline(context, shade ? 0 : label, size * (x / HALF + 1) / 2, size * (1 - y / HALF) / 2, 3.6);
      context.fill();
      if (shade) context.stroke();
    }
    context.fillStyle = colour("--quiet");
    context.font = "11px system-ui";
    for (const [text, x, y] of [["2", 4, 12], ["−2", 4, size - 5], ["2", size - 11, size - 5]]) context.fillText(text, x, y);
  }

  function colours() {
    return LETTERS.map((_, n) => colour(colourName(n)));
  }

  /** From the smallest value to the largest, by the colours of numbers below and above 0. */
  function shades() {
    const every = points.map((point) => point[2]);
    const [low, high] = [Math.min(...every), Math.max(...every)];
    const [from, to] = ["--below", "--above"].map((name) => channels(colour(name)));
    return (each) => {
      const share = high > low ? (each - low) / (high - low) : 0.5;
      return `rgb(${from.map((start, c) => Math.round(start + share * (to[c] - start))).join(" ")})`;
    };
  }
}
