// The result: what the network makes of the data, and how well.
import { html } from "../elements.js";
import { makeCurves } from "./result/curves.js";
import { makeDrawing } from "./result/drawing.js";
import { makeHealth } from "./result/health.js";
import { makeMetrics } from "./result/metrics.js";
import { makeSample } from "./result/sample.js";
import { makeScores } from "./result/scores.js";

export function result(panel, lab) {
  const sample = makeSample(lab);
  const scores = makeScores(lab, sample.find);
  panel.append(makeMetrics(lab), makeHealth(lab), makeDrawing(lab), sample.element, makeCurves(lab),
    html("div", {}, scores, sample.said));
}
