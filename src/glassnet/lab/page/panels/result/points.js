// The samples as points: training filled, test hollow, wrong ones ringed.
import { colour } from "../../elements.js";
import { colourName, outline } from "../../marks.js";
import { valueColours } from "./ground.js";

const SIZE = 3.6, SMALL = 2.6, MANY = 600;

/** Where every sample that is drawn stands: { part, index, x, y, label, value } in pixels. */
export function placed(points, scale, target) {
  return ["training", "test"].flatMap((part) => {
    const { shape: [count, width], values } = points[part].x;
    return Array.from({ length: count }, (_, index) => {
      const wanted = target(points[part].y, index);
      return {
        part, index, wanted,
        x: scale.x(values[index * width]),
        y: scale.y(width > 1 ? values[index * width + 1] : wanted.height),
      };
    });
  });
}

/** Paint them; `wrong` has a mask for each part, or is null. */
export function paintPoints(context, samples, wrong, range) {
  const size = samples.length > MANY ? SMALL : SIZE;
  const paper = colour("--ground"), ink = colour("--ink"), ring = colour("--wrong"), plain = colour("--plain");
  const ofValue = range && valueColours(range);
  const ofClass = Array.from({ length: 8 }, (_, n) => colour(colourName(n)));
  for (const sample of samples) {
    const { label, value } = sample.wanted;
    const paint = ofValue ? `rgb(${ofValue(value).join(" ")})` : label === undefined ? plain : ofClass[label % 8];
    outline(context, label ?? 0, sample.x, sample.y, size);
    if (sample.part === "test") hollow(context, paint, ofValue ? ink : paper, paper);
    else filled(context, paint, ofValue ? ink : paper);
    if (wrong?.[sample.part]?.[sample.index]) ringed(context, sample, size, ring);
  }
}

function filled(context, paint, edge) {
  context.fillStyle = paint;
  context.strokeStyle = edge;
  context.lineWidth = 1;
  context.fill();
  context.stroke();
}

function hollow(context, paint, edge, paper) {
  context.strokeStyle = edge;
  context.lineWidth = 3.6;
  context.stroke();
  context.fillStyle = paper;
  context.fill();
  context.strokeStyle = paint;
  context.lineWidth = 1.8;
  context.stroke();
}

function ringed(context, { x, y }, size, ring) {
  context.beginPath();
  context.arc(x, y, size + 4, 0, 2 * Math.PI);
  context.strokeStyle = ring;
  context.lineWidth = 1.8;
  context.stroke();
}
