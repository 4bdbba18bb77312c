// The drawing of what is predicted: regions on a plane, or a curve over the one feature, and the samples.
import { choice, colour, field, html, svg, unpacked } from "../../elements.js";
import { drawAxes, roomOf, scalesOf } from "./axes.js";
import { makeCursor } from "./cursor.js";
import { drawCurve, domainOf, heightOf } from "./curve.js";
import { paintGround } from "./ground.js";
import { legendOf } from "./legend.js";
import { paintPoints, placed } from "./points.js";

const HINT = "Point at the picture, or move a cursor with the arrow keys, for exact values.";

/** The drawing as an element, hearing the lab. */
export function makeDrawing(lab) {
  const ground = html("canvas", { id: "plane", class: "result-ground" });
  const clip = html("div", { class: "result-clip" }, ground);
  const curve = svg("svg", { class: "result-curve", "aria-hidden": "true" });
  const points = html("canvas", { class: "result-points" });
  const axes = svg("svg", { class: "result-axes", "aria-hidden": "true" });
  const box = html("div", {
    id: "field", class: "result-field", tabindex: 0, role: "application", "aria-describedby": "readout",
    "aria-label": "Predictions over two features. Arrow keys move a cursor, with Shift faster; Enter shows the nearest sample.",
  }, clip, curve, points, axes);
  const readout = html("p", { id: "readout", class: "hint", role: "status", "data-hint": HINT }, HINT);
  const legend = html("div", { class: "result-legend" });
  const which = html("div");
  const element = html("figure", { class: "result-figure", hidden: true }, which, box, legend, readout);
  const seen = { exact: true, room: null, scale: null, low: [0, 0], high: [1, 1], names: [], samples: [], output: 0 };
  const cursor = makeCursor(box, readout, lab, {
    view: () => seen, draw: paint,
    choose: ({ part, index }) => lab.choose("sample", { part, index }),
  });
  let key = "", frame = null, wrong = null, wide = 0;

  lab.on("settings", () => { key = ""; frame = null; }); // the last frame is of other data, perhaps
  lab.on("frame", (next) => {
    element.hidden = !lab.facts.data.points;
    if (element.hidden) return;
    frame = next;
    wrong = next.wrong && { training: unpacked(next.wrong.training).values, test: unpacked(next.wrong.test).values };
    show();
  });
  new ResizeObserver(() => {
    wide = box.clientWidth;
    if (frame) show();
  }).observe(box);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => frame && show());
  return element;

  function show() {
    wide ||= box.clientWidth;
    lay();
    if (frame.plane) paintGround(ground, frame.plane, lab.facts.data.classes.length || 2, range());
    else if (frame.line) drawCurve(curve, frame.line, seen, kind());
    paint();
    cursor.refresh(frame);
  }

  /** The ends of both axes around points. */
  function around({ shape, values }) {
    const ends = [0, 1].map((n) => {
      const along = Array.from({ length: shape[0] }, (_, at) => values[2 * at + n]);
      const low = Math.min(...along), high = Math.max(...along), margin = 0.1 * (high - low || 1);
      return [low - margin, high + margin];
    });
    return [ends.map(([low]) => low), ends.map(([, high]) => high)];
  }

  function kind() {
    return lab.facts.data.task;
  }

  function range() {
    const [low, high] = lab.facts.data.range;
    return Array.isArray(low) ? [low[seen.output], high[seen.output]] : [low, high];
  }

  /** What stays while frames come: the room, axes, places of samples, the legend. */
  function lay() {
    const { data } = lab.facts;
    const { plane, line } = frame;
    const [low, high] = plane ? [plane.low, plane.high] : line ? domainOf(line, data, range()) : around(decoded(data.points).training.x);
    const now = JSON.stringify([wide, low, high, data.axes, seen.output]);
    if (now === key) return;
    key = now;
    const room = roomOf(wide, line ? 0.75 : 1);
    const names = data.axes;
    Object.assign(seen, { room, low, high, names, scale: scalesOf(room, low, high) });
    seen.samples = placed(decoded(data.points), seen.scale, targetOf(data));
    const vertical = !line ? names[1] : kind() === "values" ? data.outputs[seen.output] : "probability";
    drawAxes(axes, room, low, high, [names[0], vertical], line && kind() !== "values" ? [0, 0.25, 0.5, 0.75, 1] : undefined);
    legend.replaceChildren(...legendOf(data, seen.output, range(), line ? "line" : plane ? "plane" : "points"));
    seen.exact = Boolean(plane || line);
    which.replaceChildren(...outputChoice(data));
    size(room, plane);
  }

  function decoded(points) {
    return Object.fromEntries(Object.entries(points).map(([part, { x, y }]) => [part, { x: unpacked(x), y: unpacked(y) }]));
  }

  function targetOf(data) {
    return ({ shape, values }, index) => {
      const target = shape.length > 1 ? values[index * shape[1] + seen.output] : values[index];
      const own = data.task === "values" ? { value: target } : { label: target };
      return { ...own, height: heightOf(data, target) };
    };
  }

  function outputChoice(data) {
    if (data.task === "classes" || data.outputs.length < 2) return [];
    const change = async (value) => {
      const reply = await lab.say("show_output", { output: Number(value) });
      if (reply) seen.output = reply.output;
    };
    const options = data.outputs.map((name, n) => [String(n), name]);
    return [field(data.task === "labels" ? "Label" : "Value", choice(options, String(seen.output), change, { id: "output" }))];
  }

  function size({ left, top, width, height, below }, plane) {
    box.style.height = `${top + height + below}px`;
    Object.assign(clip.style, { left: `${left}px`, top: `${top}px`, width: `${width}px`, height: `${height}px` });
    clip.hidden = !plane;
    curve.toggleAttribute("hidden", !frame.line);
    if (!plane) return;
    const half = 50 / (plane.grid - 1); // its outer points lie on the edges, so half of their squares is beyond
    Object.assign(ground.style, { inset: `${-half}%`, width: `${100 + 2 * half}%`, height: `${100 + 2 * half}%` });
  }

  function paint() {
    const { room } = seen;
    if (!room || !frame) return;
    const ratio = devicePixelRatio, width = wide, height = room.top + room.height + room.below;
    if (points.width !== Math.round(width * ratio)) points.width = Math.round(width * ratio);
    if (points.height !== Math.round(height * ratio)) points.height = Math.round(height * ratio);
    const context = points.getContext("2d");
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    context.save();
    context.beginPath();
    context.rect(room.left, room.top, room.width, room.height);
    context.clip();
    paintPoints(context, seen.samples, wrong, kind() === "values" && !frame.line ? range() : null);
    context.restore();
    if (cursor.place) paintCursor(context);
  }

  function paintCursor(context) {
    const { scale, room } = seen;
    const x = scale.x(cursor.place[0]), y = scale.y(cursor.place[1]);
    context.strokeStyle = colour("--ink");
    context.lineWidth = 1;
    context.setLineDash([3, 3]);
    context.beginPath();
    context.moveTo(x, room.top);
    context.lineTo(x, room.top + room.height);
    if (!frame.line) {
      context.moveTo(room.left, y);
      context.lineTo(room.left + room.width, y);
    }
    context.stroke();
    context.setLineDash([]);
    if (!cursor.near) return;
    context.lineWidth = 2;
    context.beginPath();
    context.arc(cursor.near.x, cursor.near.y, 9, 0, 2 * Math.PI);
    context.stroke();
  }
}
