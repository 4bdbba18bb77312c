// A square to draw on: with a pointer, or a cursor that arrow keys move. Places are 0 … 1, y downward.
import { html } from "../../elements.js";

const STEP = 1 / 40;
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/**
 * A canvas and its cursor. `down(place)`, `along(place)` and `up()` hear a pointer, or Space, which
 * lowers and lifts the pen; `paint(context, size)` draws; `repaint` asks for it.
 */
export function makeSurface({ id, name, hint, down, along, up, paint }) {
  const canvas = html("canvas", { id, class: "data-surface", tabindex: 0, role: "application", "aria-label": name, "aria-describedby": `${id}-hint` });
  const help = html("p", { id: `${id}-hint`, class: "data-hidden" }, hint);
  const cursor = { x: 0.5, y: 0.5, shown: false, drawing: false };
  const element = html("div", {}, canvas, help);

  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    canvas.setPointerCapture(event.pointerId);
    cursor.shown = false;
    down(place(event));
    repaint();
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!canvas.hasPointerCapture(event.pointerId)) return;
    for (const each of event.getCoalescedEvents?.() ?? [event]) along(place(each));
    repaint();
  });
  for (const end of ["pointerup", "pointercancel"]) {
    canvas.addEventListener(end, (event) => {
      if (!canvas.hasPointerCapture(event.pointerId)) return;
      canvas.releasePointerCapture(event.pointerId);
      up();
      repaint();
    });
  }
  canvas.addEventListener("keydown", (event) => {
    const arrow = ARROWS[event.key];
    if (arrow) move(arrow, event.shiftKey ? 4 : 1);
    else if (event.key === " " || event.key === "Enter") press();
    else return;
    event.preventDefault();
    repaint();
  });
  canvas.addEventListener("blur", () => {
    if (cursor.drawing) press();
    cursor.shown = false;
    repaint();
  });
  new ResizeObserver(repaint).observe(canvas);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint);
  return { element, canvas, cursor, repaint };

  function place(event) {
    const box = canvas.getBoundingClientRect();
    return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height].map(inside);
  }

  function move([dx, dy], steps) {
    cursor.shown = true;
    cursor.x = inside(cursor.x + dx * steps * STEP);
    cursor.y = inside(cursor.y + dy * steps * STEP);
    if (cursor.drawing) along([cursor.x, cursor.y]);
  }

  function press() {
    cursor.shown = true;
    cursor.drawing = !cursor.drawing;
    if (cursor.drawing) down([cursor.x, cursor.y]);
    else up();
  }

  function repaint() {
    const size = canvas.clientWidth, ratio = devicePixelRatio;
    if (!size) return;
    if (canvas.width !== Math.round(size * ratio)) canvas.width = canvas.height = Math.round(size * ratio);
    const context = canvas.getContext("2d");
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, size, size);
    paint(context, size);
    if (cursor.shown) crosshair(context, size);
  }

  function crosshair(context, size) {
    const style = getComputedStyle(canvas);
    context.strokeStyle = cursor.drawing ? style.getPropertyValue("--wrong") : style.color;
    context.lineWidth = 1.5;
    context.beginPath();
    for (const [dx, dy] of Object.values(ARROWS)) {
      context.moveTo(cursor.x * size + 3 * dx, cursor.y * size + 3 * dy);
      context.lineTo(cursor.x * size + 11 * dx, cursor.y * size + 11 * dy);
    }
    context.stroke();
  }
}

function inside(value) {
  return Math.min(Math.max(value, 0), 1);
}
