// The result: what the network makes of the data, and how well.
import { makeDrawing } from "./result/drawing.js";

export function result(panel, lab) {
  panel.append(makeDrawing(lab));
}
