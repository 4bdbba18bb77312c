// A pen: strokes of a finger, a mouse or the arrow keys, as x, y, x, y, …
import { colour } from "../../elements.js";
import { makeSurface } from "./surface.js";

const MOST = 4000; // numbers of a drawing
const APART = 0.012; // between two places of a stroke

/** A pen and its drawing; `drawn` hears the end of each stroke. */
export function makePen(drawn) {
  let strokes = [];
  const surface = makeSurface({
    id: "pen", name: "Square to draw a digit on",
    hint: "Arrow keys move a cursor, with Shift faster. Space or Enter lowers the pen and lifts it.",
    down: (place) => { strokes = [...strokes, []]; along(place); },
    along, up: () => drawn(strokes), paint,
  });
  return {
    element: surface.element,
    get strokes() { return strokes; },
    clear() {
      strokes = [];
      surface.repaint();
    },
  };

  function along(place) {
    const stroke = strokes.at(-1);
    const [x, y] = place.map((each) => Number(each.toFixed(3)));
    const near = stroke.length && Math.hypot(x - stroke.at(-2), y - stroke.at(-1)) < APART;
    if (!near && strokes.flat().length < MOST) stroke.push(x, y);
  }

  function paint(context, size) {
    context.strokeStyle = colour("--ink");
    context.lineWidth = size / 14;
    context.lineCap = context.lineJoin = "round";
    for (const stroke of strokes) {
      context.beginPath();
      for (let n = 0; n < stroke.length; n += 2) context[n ? "lineTo" : "moveTo"](stroke[n] * size, stroke[n + 1] * size);
      if (stroke.length === 2) context.lineTo(stroke[0] * size + 0.1, stroke[1] * size);
      context.stroke();
    }
  }
}
