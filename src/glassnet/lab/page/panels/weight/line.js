// A line with its exact values under a cursor, by mouse, touch and keyboard.
import { html, number, svg } from "../../elements.js";

const WIDTH = 360, HEIGHT = 170, LEFT = 8, RIGHT = 8, TOP = 10, BOTTOM = 10;

/** A number with as many digits as a float32 has. */
function exact(value) {
  return value === null ? "not finite" : String(Number(value.toPrecision(9)));
}

export class Line {
  constructor(id, label, axis) {
    this.axis = axis;
    this.line = svg("path", { class: "weight-path" });
    this.dot = svg("g", {}, svg("path", { class: "weight-ring" }), svg("path", { class: "weight-dot" }));
    this.mark = svg("line", { class: "weight-mark", y1: TOP, y2: HEIGHT - BOTTOM });
    this.point = svg("path", { class: "weight-point" });
    this.plot = svg("svg", {
      id, viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", tabindex: 0, role: "slider", "aria-label": label,
      "aria-valuemin": 0, pointermove: (event) => this.#hover(event), pointerdown: (event) => this.#hover(event),
      keydown: (event) => this.#key(event),
    }, svg("rect", { class: "weight-ground", width: WIDTH, height: HEIGHT }), this.line, this.mark, this.point, this.dot);
    this.top = html("span", {}), this.bottom = html("span", {});
    this.first = html("span", {}), this.lastly = html("span", {});
    this.said = html("output", { class: "weight-said" });
    this.element = html("div", { class: "weight-line-plot" },
      html("div", { class: "weight-y", "aria-hidden": "true" }, this.top, this.bottom), this.plot,
      html("div", { class: "weight-x", "aria-hidden": "true" }, this.first, html("span", {}, axis), this.lastly), this.said);
    this.points = [];
    this.at = null;
  }

  /** Draw values over their places; `at` is the point that is marked: now. */
  draw(places, values, { at }) {
    this.points = places.map((x, n) => [x, values[n]]);
    this.now = at;
    const finite = [...this.points, at].filter(([, y]) => y !== null && y !== undefined);
    const [low, high] = spread(finite.map(([, y]) => y)), [left, right] = spread([...places, at[0]]);
    this.to = ([x, y]) => [LEFT + ((x - left) / (right - left)) * (WIDTH - LEFT - RIGHT), HEIGHT - BOTTOM - ((y - low) / (high - low)) * (HEIGHT - TOP - BOTTOM)];
    this.line.setAttribute("d", path(this.points, this.to));
    [[this.top, high], [this.bottom, low], [this.first, left], [this.lastly, right]].forEach(([each, value]) => { each.textContent = number(value); });
    put(this.dot, at[1] === null ? null : this.to(at));
    this.plot.setAttribute("aria-valuemax", Math.max(this.points.length - 1, 0));
    this.#show(this.at === null ? null : Math.min(this.at, this.points.length - 1));
  }

  #show(n) {
    this.at = n;
    const shown = n === null || n < 0 ? this.now : this.points[n];
    const words = `${this.axis} ${exact(shown[0])}: ${exact(shown[1])}`;
    this.said.textContent = n === null ? `now, ${words}` : words;
    this.plot.setAttribute("aria-valuenow", n ?? 0);
    this.plot.setAttribute("aria-valuetext", words);
    const place = n === null || shown[1] === null ? null : this.to(shown);
    put(this.point, place);
    this.mark.classList.toggle("weight-none", !place);
    if (place) ["x1", "x2"].forEach((end) => this.mark.setAttribute(end, place[0]));
  }

  #hover(event) {
    const box = this.plot.getBoundingClientRect(), x = ((event.clientX - box.left) / box.width) * WIDTH;
    const far = this.points.map((point) => Math.abs(this.to([point[0], 0])[0] - x));
    if (far.length) this.#show(far.indexOf(Math.min(...far)));
  }

  #key(event) {
    const last = this.points.length - 1, now = this.at ?? last;
    const next = { ArrowLeft: now - 1, ArrowRight: now + 1, Home: 0, End: last, Escape: null }[event.key];
    if (next === undefined || last < 0) return;
    event.preventDefault();
    this.#show(next === null ? null : Math.min(Math.max(next, 0), last));
  }
}

function spread(values) {
  const low = Math.min(...values), high = Math.max(...values);
  if (!Number.isFinite(low)) return [0, 1];
  return high > low ? [low, high] : [low - 0.5, high + 0.5];
}

/** A line through the points; where a value is not finite, it is broken. */
function path(points, to) {
  let text = "", pen = "M";
  for (const point of points) {
    if (point[1] === null) {
      pen = "M";
      continue;
    }
    text += pen + to(point).map((each) => each.toFixed(1)).join(" ");
    pen = "L";
  }
  return text;
}

/** A round end of no length: it stays a circle in a plot that is stretched. */
function put(dot, place) {
  dot.classList.toggle("weight-none", !place);
  if (!place) return;
  for (const each of dot.tagName === "g" ? dot.children : [dot]) each.setAttribute("d", `M${place[0]} ${place[1]}h0`);
}
