// The result: what the network makes of the data, and how well.
import { makeCurves } from "./result/curves.js";
import { makeDrawing } from "./result/drawing.js";
import { makeHealth } from "./result/health.js";

export function result(panel, lab) {
  panel.append(makeHealth(lab), makeDrawing(lab), makeCurves(lab));
}
