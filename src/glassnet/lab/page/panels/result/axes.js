// Axes: where things are in the drawing, the ticks, and their names.
import { number, svg } from "../../elements.js";

const LEFT = 56, BELOW = 42, AROUND = 8; // pixels around what is drawn

/** The room of a drawing in an element so wide: as high as it is wide, or by a share of it. */
export function roomOf(width, share = 1) {
  const across = Math.max(80, width - LEFT - AROUND);
  return { left: LEFT, top: AROUND, width: across, height: Math.round(across * share), below: BELOW };
}

/** Pixels of values, and values of pixels, between `low` and `high`. */
export function scalesOf(room, low, high) {
  const { left, top, width, height } = room;
  return {
    x: (value) => left + (width * (value - low[0])) / (high[0] - low[0]),
    y: (value) => top + (height * (high[1] - value)) / (high[1] - low[1]),
    across: (x) => low[0] + ((x - left) / width) * (high[0] - low[0]),
    along: (y) => high[1] - ((y - top) / height) * (high[1] - low[1]),
  };
}

/** Round values between two, about so many. */
export function ticks(low, high, count = 5) {
  const rough = (high - low) / count;
  const size = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((each) => each * size).find((each) => each >= rough * 0.999) ?? 10 * size;
  const first = Math.ceil(low / step);
  const many = Math.floor(high / step + 1e-9) - first + 1;
  return Array.from({ length: Math.max(0, Math.min(many, 20)) }, (_, n) => Number(((first + n) * step).toPrecision(12)));
}

/** Draw both axes into an SVG: ticks, values, names. */
export function drawAxes(drawing, room, low, high, names, vertical = ticks(low[1], high[1])) {
  const { left, top, width, height } = room;
  const scale = scalesOf(room, low, high);
  const right = left + width, bottom = top + height;
  drawing.setAttribute("viewBox", `0 0 ${right + AROUND} ${bottom + BELOW}`);
  drawing.replaceChildren(
    svg("rect", { x: left, y: top, width, height, class: "result-frame" }),
    ...ticks(low[0], high[0]).flatMap((value) => [
      svg("line", { x1: scale.x(value), x2: scale.x(value), y1: bottom, y2: bottom + 4 }),
      svg("text", { x: scale.x(value), y: bottom + 16, "text-anchor": "middle" }, number(value)),
    ]),
    ...vertical.flatMap((value) => [
      svg("line", { x1: left - 4, x2: left, y1: scale.y(value), y2: scale.y(value) }),
      svg("text", { x: left - 7, y: scale.y(value) + 4, "text-anchor": "end" }, number(value)),
    ]),
    svg("text", { x: left + width / 2, y: bottom + 36, "text-anchor": "middle", class: "result-name" }, short(names[0], width)),
    svg("text", {
      x: 0, y: 0, "text-anchor": "middle", class: "result-name",
      transform: `translate(10 ${top + height / 2}) rotate(-90)`,
    }, short(names[1], height)),
  );
}

function short(name, pixels) {
  const most = Math.max(6, Math.floor(pixels / 7));
  return name.length > most ? `${name.slice(0, most - 1)}…` : name;
}
