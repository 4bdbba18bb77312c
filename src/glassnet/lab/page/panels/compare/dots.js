// The last value of every seed as a dot, stacked where values are equal or near.
import { html, number, svg } from "../../elements.js";
import { reach, scale, ticks } from "./scales.js";

const SIDE = 22;
const HEIGHT = 120;
const FLOOR = 24; // under the dots: the axis
const KEYS = { ArrowLeft: -1, ArrowRight: 1, ArrowDown: -1, ArrowUp: 1, PageDown: -10, PageUp: 10, Home: -Infinity, End: Infinity };

/** A strip of dots of one group; `spread` is common to all groups, `own` is your seed. */
export function strip(group, spread, own, name) {
  const sorted = group.finals.map((value, n) => ({ value, seed: group.seeds[n] })).sort((a, b) => a.value - b.value || a.seed - b.seed);
  const said = html("output", { class: "compare-said" });
  const drawn = svg("g");
  const picture = svg("svg", {
    class: `compare-dots compare-${group.letter || "M"}`, role: "slider", tabindex: 0, "aria-label": `${group.name}: seeds by ${name}`,
    "aria-valuemin": 1, "aria-valuemax": sorted.length, keydown: key, pointermove: nearest, pointerdown: nearest,
  }, drawn);
  const frame = html("div", { class: "compare-strip" }, picture);
  let dots = [];
  let at = Math.max(sorted.findIndex(({ seed }) => seed === own), 0);
  new ResizeObserver(draw).observe(frame);
  tell();
  return html("div", {}, html("p", { class: "compare-who" }, group.name), frame, said);

  function draw() {
    const width = frame.clientWidth;
    if (!width) return;
    picture.setAttribute("viewBox", `0 0 ${width} ${HEIGHT}`);
    const x = scale(spread, SIDE, width - SIDE);
    const floor = HEIGHT - FLOOR;
    const radius = fitting(x, floor);
    dots = stacked(x, radius).map(({ across, level, seed }) => svg("circle", {
      cx: across, cy: floor - radius - level * 2 * radius, r: seed === own ? Math.max(radius, 4) : radius * 0.9, class: seed === own ? "compare-own" : "",
    }));
    const marks = ticks(...spread, width / 90).map((value) =>
      svg("text", { x: x(value), y: HEIGHT - 6, "text-anchor": "middle" }, number(value)));
    drawn.replaceChildren(svg("line", { x1: SIDE / 2, x2: width - SIDE / 2, y1: floor + 2, y2: floor + 2 }), ...marks, ...dots);
    dots.filter((dot) => dot.classList.contains("compare-own")).forEach((dot) => drawn.append(dot)); // over its neighbours
    mark();
  }

  function stacked(x, radius) {
    const heights = new Map();
    return sorted.map(({ value, seed }) => {
      const column = Math.round(x(value) / (2 * radius));
      const level = heights.get(column) ?? 0;
      heights.set(column, level + 1);
      return { across: column * 2 * radius, level, seed };
    });
  }

  function fitting(x, floor) {
    for (let radius = 5; radius > 0.6; radius *= 0.9) {
      if (Math.max(...stacked(x, radius).map(({ level }) => level + 1)) * 2 * radius <= floor - 4) return radius;
    }
    return 0.6;
  }

  function key(event) {
    const step = KEYS[event.key];
    if (step === undefined) return;
    event.preventDefault();
    at = Math.max(0, Math.min(sorted.length - 1, at + step));
    tell();
    mark();
  }

  function nearest(event) {
    const box = picture.getBoundingClientRect();
    const [across, down] = [event.clientX - box.left, event.clientY - box.top];
    let best = Infinity;
    dots.forEach((dot, n) => {
      const apart = Math.hypot(dot.getAttribute("cx") - across, dot.getAttribute("cy") - down);
      if (apart < best) [best, at] = [apart, n];
    });
    tell();
    mark();
  }

  function mark() {
    dots.forEach((dot, n) => dot.classList.toggle("compare-at", n === at));
  }

  function tell() {
    const { seed, value } = sorted[at];
    said.textContent = `seed ${seed}${seed === own ? " (yours)" : ""}: ${name} ${number(value)}`;
    picture.setAttribute("aria-valuenow", at + 1);
    picture.setAttribute("aria-valuetext", said.textContent);
  }
}

/** The reach of the last values of all groups. */
export function common(groups) {
  return reach(groups.map(({ finals }) => finals));
}
