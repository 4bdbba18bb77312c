// A cursor over the drawing, moved by mouse, finger or arrow keys: the engine says what is predicted there.
import { number } from "../../elements.js";
import { outputsInWords, placeInWords } from "./readout.js";

const FINE = 100, COARSE = 10; // parts of an axis that an arrow key moves by: alone, and with Shift
const NEAR = 12; // pixels from a sample that are at it
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

/** Let an element have a cursor. `view()` gives { room, scale, low, high, names, samples, exact }; `draw` is called
 * whenever the cursor moves; `choose` with a sample that is chosen. */
export function makeCursor(element, readout, lab, { view, draw, choose }) {
  let place = null, asking = false, again = false, asked = -1;
  const cursor = { get place() { return place; }, near: null, refresh, forget };

  element.addEventListener("pointermove", (event) => event.pointerType !== "touch" && point(event));
  element.addEventListener("pointerdown", point);
  element.addEventListener("pointerleave", (event) => event.pointerType !== "touch" && document.activeElement !== element && forget());
  element.addEventListener("click", () => cursor.near && choose(cursor.near));
  element.addEventListener("keydown", press);
  return cursor;

  function point(event) {
    const { left, top } = element.getBoundingClientRect();
    const { scale } = view();
    move([scale.across(event.clientX - left), scale.along(event.clientY - top)]);
  }

  function press(event) {
    if (event.key === "Escape") forget();
    if (event.key === "Enter" && place) choose(cursor.near ?? nearest(Infinity));
    const by = ARROWS[event.key];
    if (!by) return;
    event.preventDefault();
    const { low, high } = view();
    const parts = event.shiftKey ? COARSE : FINE;
    const from = place ?? low.map((each, n) => (each + high[n]) / 2);
    move(from.map((each, n) => each + (place ? (by[n] * (high[n] - low[n])) / parts : 0)));
  }

  function move(to) {
    const { low, high } = view();
    place = to.map((each, n) => Math.min(high[n], Math.max(low[n], each)));
    cursor.near = nearest(NEAR);
    draw();
    ask();
  }

  function nearest(within) {
    const { scale, samples } = view();
    const x = scale.x(place[0]), y = scale.y(place[1]);
    let found = null, least = within;
    for (const sample of samples) {
      const apart = Math.hypot(sample.x - x, sample.y - y);
      if (apart < least) [found, least] = [sample, apart];
    }
    return found;
  }

  function forget() {
    place = cursor.near = null;
    readout.textContent = readout.dataset.hint;
    draw();
  }

  /** Ask again if another step has been taken since. */
  function refresh(frame) {
    if (place && frame.t !== asked) ask();
  }

  async function ask() {
    if (!view().exact) {
      readout.textContent = cursor.near ? nearInWords() : "A place on components is no sample: there is nothing to predict.";
      return;
    }
    if (asking) {
      again = true;
      return;
    }
    asking = true;
    do {
      again = false;
      const { names } = view();
      const reply = await lab.ask("at", { place: place.slice(0, names.length) }).catch(() => null);
      if (reply && place) say(reply, names);
      else readout.textContent = cursor.near ? nearInWords() : readout.dataset.hint;
    } while (again && place);
    asking = false;
  }

  function nearInWords() {
    return `${cursor.near.part} sample ${number(cursor.near.index + 1)}`;
  }

  function say(reply, names) {
    asked = reply.t;
    const at = cursor.near ? `, at ${nearInWords()}` : "";
    readout.textContent = `${placeInWords(reply.place, names)}${at}: ${outputsInWords(reply)}`;
  }
}
