// The curve over one feature: a value, or the probability of each class.
import { svg, unpacked } from "../../elements.js";
import { colourName } from "../../marks.js";

const ROW = 0.07; // of the probability axis, for the samples of each class below 0
const DASHES = ["", "7 3", "2 3", "9 3 2 3", "5 5"];

/** The least and the largest of both axes. */
export function domainOf({ low, high }, data, [least, largest]) {
  if (data.task !== "values") return [[low, -ROW * (data.classes.length + 0.4)], [high, 1.03]];
  const margin = 0.15 * (largest - least || 1);
  return [[low, least - margin], [high, largest + margin]];
}

/** How high a sample stands: at its value, or below the probabilities in the row of its class. */
export function heightOf(data, target) {
  return data.task === "values" ? target : -ROW * (target + 0.7);
}

/** Draw the curves; of two classes and of labels, those of every one. */
export function drawCurve(drawing, line, { room, scale, low, high, output }, kind) {
  const { shape: [count, many], values } = unpacked(line.y);
  const shown = kind === "values" ? [output] : Array.from({ length: many }, (_, n) => n);
  const { left, top, width, height } = room;
  drawing.setAttribute("viewBox", `${left} ${top} ${width} ${height}`);
  Object.assign(drawing.style, { left: `${left}px`, top: `${top}px`, width: `${width}px`, height: `${height}px` });
  const far = high[1] - low[1];
  drawing.replaceChildren(...shown.map((n) => {
    const path = Array.from({ length: count }, (_, at) => {
      const x = low[0] + ((high[0] - low[0]) * at) / (count - 1);
      const y = Math.max(low[1] - far, Math.min(high[1] + far, values[at * many + n]));
      return `${at ? "L" : "M"}${scale.x(x).toFixed(2)} ${scale.y(y).toFixed(2)}`;
    }).join("");
    const stroke = kind === "values" ? "var(--ink)" : `var(${colourName(n)})`;
    return svg("path", { d: path, fill: "none", stroke, "stroke-width": 2.2, "stroke-dasharray": kind === "values" ? "" : DASHES[n % DASHES.length] });
  }));
}
