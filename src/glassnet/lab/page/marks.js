// The marks of samples: each class has a colour and a shape, so that either tells it.
import { svg } from "./elements.js";

const SHAPES = [
  null, // a circle
  [[-1, -1], [1, -1], [1, 1], [-1, 1]], // a square
  [[0, -1.25], [1.15, 0.8], [-1.15, 0.8]], // a triangle
  [[0, -1.35], [1.35, 0], [0, 1.35], [-1.35, 0]], // a diamond
  [[0, 1.25], [1.15, -0.8], [-1.15, -0.8]], // a triangle on its tip
  [[-0.4, -1.25], [0.4, -1.25], [0.4, -0.4], [1.25, -0.4], [1.25, 0.4], [0.4, 0.4], [0.4, 1.25],
    [-0.4, 1.25], [-0.4, 0.4], [-1.25, 0.4], [-1.25, -0.4], [-0.4, -0.4]], // a cross
  [[-1.3, 0], [-0.65, -1.1], [0.65, -1.1], [1.3, 0], [0.65, 1.1], [-0.65, 1.1]], // a hexagon
];
const COLOURS = 8;

/** The style sheet's colour of a class. */
export function colourName(label) {
  return `--class-${label % COLOURS}`;
}

/** The outline of a class's mark around a place of a canvas. */
export function outline(context, label, x, y, size) {
  const shape = SHAPES[label % SHAPES.length];
  context.beginPath();
  if (!shape) context.arc(x, y, size * 1.1, 0, 2 * Math.PI);
  else {
    shape.forEach(([dx, dy], n) => context[n ? "lineTo" : "moveTo"](x + dx * size, y + dy * size));
    context.closePath();
  }
}

/** The same as a picture beside a name. */
export function icon(label, { hollow = false, ringed = false, paint = `var(${colourName(label)})` } = {}) {
  const look = { fill: hollow ? "var(--ground)" : paint, stroke: paint, "stroke-width": hollow ? 1.8 : 0.6 };
  const shape = SHAPES[label % SHAPES.length];
  const drawn = shape
    ? svg("polygon", { points: shape.map(([dx, dy]) => `${8 + 4 * dx},${8 + 4 * dy}`).join(" "), ...look })
    : svg("circle", { cx: 8, cy: 8, r: 4.4, ...look });
  const ring = ringed ? svg("circle", { cx: 8, cy: 8, r: 7, fill: "none", stroke: "var(--wrong)", "stroke-width": 1.8 }) : null;
  return svg("svg", { class: "result-icon", viewBox: "0 0 16 16", "aria-hidden": "true" }, drawn, ring);
}
