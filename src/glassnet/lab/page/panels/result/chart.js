// A chart of numbers over steps or epochs: exact values on hover and by arrow keys, and the present moment.
import uPlot from "../../vendor/uplot/uPlot.esm.js";
import { colour, html, number } from "../../elements.js";

const HEIGHT = 150, FAR = 10; // pixels; numbers that an arrow key goes with Shift
const KEYS = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 };
const DASHES = [[], [6, 3]];
const FEW = 40; // numbers that are marked one by one
const FEW_TICKS = 6; // that all have room

/** Of the values along a logarithmic axis, those that begin with 1; with 2 and 5 too, or all, if there are few. */
function round(_, values) {
  const first = (value) => Number(value.toExponential()[0]);
  const tens = values.filter((value) => first(value) === 1).length;
  const wanted = tens > 2 ? [1] : [1, 2, 5];
  return values.map((value) => (values.length <= FEW_TICKS || wanted.includes(first(value)) ? value : null));
}

/** A chart as { element, set, redraw }. `series` has names and colours of the style sheet, `of` what it counts
 * by ("epoch"); `logarithmic` says whether values are on such a scale; `whole` gives the ends of the xs, if these
 * do not end at the last number. */
export function makeChart({ id, title, series, of, logarithmic = () => false, whole = null }) {
  const place = html("div", { class: "result-chart-place" });
  const readout = html("p", { class: "result-chart-values" });
  const keys = series.map(({ name, token }, n) => html("span", { class: "result-key", style: `--key: var(${token})`, "data-dashed": n > 0 }, name));
  const box = html("div", { id, class: "result-chart", tabindex: 0, role: "slider", "aria-label": `${title} by ${of}`,
    "aria-valuemin": 0, "aria-valuemax": 0, "aria-valuenow": 0, keydown: press, blur: () => pick(null) }, place);
  const element = html("div", {}, html("div", { class: "result-chart-head" }, html("h3", {}, title), ...keys), box, readout);
  let plot = null, xs = [], columns = series.map(() => []), present = null, chosen = null, kind = null;

  new ResizeObserver(() => plot?.setSize({ width: place.clientWidth, height: HEIGHT })).observe(place);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => plot?.redraw());
  return { element, set };

  /** Show these numbers: xs, a column for each series, and where the present is among the xs. */
  function set(values, each, now) {
    [xs, columns, present] = [values, each, now];
    if (!plot || kind !== logarithmic()) make();
    else plot.setData(shown());
    if (chosen !== null) pick(Math.min(chosen, xs.length - 1));
    else say(plot.cursor.idx);
  }

  function shown() {
    const log = logarithmic();
    return [xs, ...columns.map((column) => column.map((value) => (log && !(value > 0) ? null : value)))];
  }

  function make() {
    plot?.destroy();
    kind = logarithmic();
    const axis = {
      stroke: () => colour("--quiet"), font: "11.5px system-ui, sans-serif", size: 26,
      grid: { stroke: () => colour("--line"), width: 1 }, ticks: { stroke: () => colour("--line"), width: 1, size: 4 },
    };
    plot = new uPlot({
      width: place.clientWidth || 300, height: HEIGHT, legend: { show: false }, padding: [8, 16, 0, 0],
      cursor: { y: false, drag: { x: false, y: false } },
      scales: { x: { time: false, ...(whole ? { range: whole } : {}) }, y: { distr: kind ? 3 : 1 } },
      axes: [{ ...axis, values: (_, each) => each.map((value) => (Number.isInteger(value) ? String(value) : "")) },
        { ...axis, size: 50, ...(kind ? { filter: round, grid: { ...axis.grid, filter: round }, ticks: { ...axis.ticks, filter: round } } : {}), values: (_, each) => each.map((value) => (value === null ? "" : number(value))) }],
      series: [{}, ...series.map(({ token }, n) => ({
        stroke: () => colour(token), width: 2, dash: DASHES[n], points: { show: () => xs.length < FEW, size: 4 },
      }))],
      hooks: { setCursor: [(self) => chosen === null && say(self.cursor.idx)], draw: [mark] },
    }, shown(), place);
  }

  /** The present moment, if it is not the last. */
  function mark(self) {
    if (present === null || !xs.length || present >= xs[xs.length - 1]) return;
    const x = Math.round(self.valToPos(present, "x", true));
    const { ctx: context, bbox } = self;
    context.save();
    context.strokeStyle = colour("--accent");
    context.lineWidth = 2 * devicePixelRatio;
    context.beginPath();
    context.moveTo(x, bbox.top);
    context.lineTo(x, bbox.top + bbox.height);
    context.stroke();
    context.restore();
  }

  function press(event) {
    if (event.key === "Escape") pick(null);
    const last = xs.length - 1;
    const by = KEYS[event.key] * (event.shiftKey ? FAR : 1);
    const to = event.key === "Home" ? 0 : event.key === "End" ? last : (chosen ?? atPresent()) + by;
    if (Number.isNaN(to) || last < 0) return;
    event.preventDefault();
    pick(Math.max(0, Math.min(last, to)));
  }

  /** Keep the cursor at one of the numbers, or let it follow the present. */
  function pick(index) {
    chosen = index;
    if (!plot) return;
    plot.setCursor(index === null ? { left: -10, top: -10 } : { left: plot.valToPos(xs[index], "x"), top: 20 });
    say(index);
  }

  /** Of the numbers, the last that is not after the present. */
  function atPresent() {
    let index = xs.length - 1;
    while (index > 0 && present !== null && xs[index] > present) index--;
    return index;
  }

  function say(index) {
    const at = index ?? atPresent();
    const told = at < 0 ? `no ${of} yet` : `${of} ${xs[at]}: ${series.map(({ name }, n) => `${name} ${number(columns[n][at])}`).join(", ")}`;
    readout.textContent = told;
    const numbers = { min: xs[0] ?? 0, max: xs[xs.length - 1] ?? 0, now: xs[at] ?? 0, text: told };
    for (const [name, value] of Object.entries(numbers)) box.setAttribute(`aria-value${name}`, value);
  }
}
