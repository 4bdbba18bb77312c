// Lines and bands over epochs, with a cursor for the pointer and the keyboard.
import { html, number, svg } from "../../elements.js";
import { reach, scale, ticks } from "./scales.js";

const ROOM = { left: 52, right: 26, top: 10, bottom: 36 };
const KEYS = { ArrowLeft: -1, ArrowRight: 1, ArrowDown: -1, ArrowUp: 1, PageDown: -10, PageUp: 10, Home: -Infinity, End: Infinity };
const MOST_POINTS = 800; // of a line: more than there are pixels

/** A chart; `say(index)` gives the words of the cursor's place, `moved(index)` hears where it is.
 * `nothing` stands there as long as there are no epochs. `show({ epochs, lines, bands, name })`: lines { ys, from, style, letter }, bands { low, high, style }. */
export function chart({ label, say, moved, nothing = "" }) {
  const ground = svg("g", { class: "compare-grid" });
  const [shapes, paths, marks] = [svg("g"), svg("g"), svg("g")];
  const cursor = svg("line", { class: "compare-cursor", visibility: "hidden" });
  const picture = svg("svg", {
    class: "compare-chart", role: "slider", tabindex: 0, "aria-label": label, "aria-valuemin": 1, "aria-valuemax": 1, "aria-valuenow": 1,
    pointermove: (event) => place(nearest(event)), pointerdown: (event) => place(nearest(event)), pointerleave: () => place(null), keydown: key,
  }, ground, shapes, paths, marks, cursor);
  const empty = html("p", { class: "hint compare-nothing" }, nothing);
  const element = html("div", { class: "compare-frame" }, picture, empty);
  let content = { epochs: [], lines: [], bands: [], name: "" };
  let axed = ""; // what the axes were drawn for
  let at = null; // null: the last
  let x = (value) => value;
  new ResizeObserver(() => draw()).observe(element);
  blank(true);
  return { element, show, index: () => index() };

  function show(next) {
    content = next;
    blank(next.epochs.length === 0);
    draw();
  }

  /** Words instead of the picture. */
  function blank(is) {
    empty.hidden = !is;
    picture.style.visibility = is ? "hidden" : "";
  }

  function index() {
    const last = content.epochs.length - 1;
    return at === null ? last : Math.min(at, last);
  }

  function place(next) {
    at = next;
    point();
    moved(index());
  }

  function nearest(event) {
    const { epochs } = content;
    if (!epochs.length) return null;
    const across = event.clientX - picture.getBoundingClientRect().left;
    let best = 0;
    epochs.forEach((epoch, n) => { if (Math.abs(x(epoch) - across) < Math.abs(x(epochs[best]) - across)) best = n; });
    return best;
  }

  function key(event) {
    const step = KEYS[event.key];
    if (step === undefined || !content.epochs.length) return;
    event.preventDefault();
    place(Math.max(0, Math.min(content.epochs.length - 1, index() + step)));
  }

  function point() {
    const { epochs } = content;
    picture.setAttribute("aria-valuemin", epochs[0] ?? 0);
    picture.setAttribute("aria-valuemax", epochs.at(-1) ?? 0);
    picture.setAttribute("aria-valuenow", epochs[index()] ?? 0);
    picture.setAttribute("aria-valuetext", epochs.length ? say(index()) : "no epoch has ended yet");
    cursor.setAttribute("visibility", at === null || !epochs.length ? "hidden" : "visible");
    for (const end of ["x1", "x2"]) cursor.setAttribute(end, x(epochs[index()] ?? 0));
  }

  function draw() {
    const { clientWidth: width, clientHeight: height } = element;
    if (!width) return;
    picture.setAttribute("viewBox", `0 0 ${width} ${height}`);
    const { epochs, lines, bands } = content;
    const spread = reach([...lines.map(({ ys }) => ys), ...bands.flatMap(({ low, high }) => [low, high])]);
    const last = epochs.at(-1) ?? 1;
    x = scale([Math.min(epochs[0] ?? 0, last - 1), last], ROOM.left, width - ROOM.right);
    const y = scale(spread, height - ROOM.bottom, ROOM.top);
    const across = [Math.min(epochs[0] ?? 0, last - 1), last];
    const told = [width, height, spread, across, content.name].join();
    if (told !== axed) axes(width, height, spread, across, y);
    axed = told;
    filled(shapes, "path", bands.map((band) => [`compare-band ${band.style}`, { d: area(band, y) }]));
    filled(paths, "path", lines.map((line) => [`compare-line ${line.style}`, { d: path(line.ys, line.from ?? 0, y) }]));
    filled(marks, "text", letters(lines, y, height));
    cursor.setAttribute("y1", ROOM.top);
    cursor.setAttribute("y2", height - ROOM.bottom);
    point();
  }

  function axes(width, height, spread, [first, last], y) {
    const along = ticks(...spread, height / 50).map((value) => [
      svg("line", { x1: ROOM.left, x2: width - ROOM.right, y1: y(value), y2: y(value) }),
      svg("text", { x: ROOM.left - 6, y: y(value) + 4, "text-anchor": "end" }, number(value)),
    ]);
    const across = ticks(first, last, width / 90).filter(Number.isInteger).map((value) =>
      svg("text", { x: x(value), y: height - ROOM.bottom + 16, "text-anchor": "middle" }, String(value)));
    const names = [
      svg("text", { class: "compare-axis", x: (ROOM.left + width - ROOM.right) / 2, y: height - 4, "text-anchor": "middle" }, "epoch"),
      svg("text", { class: "compare-axis", x: 12, y: height / 2, "text-anchor": "middle", transform: `rotate(-90 12 ${height / 2})` }, content.name),
    ];
    ground.replaceChildren(...along.flat(), ...across, ...names);
  }

  function path(ys, from, y) {
    const stride = Math.max(1, Math.ceil(ys.length / MOST_POINTS));
    const points = [];
    for (let n = Math.max(from - 1, 0); n < ys.length; n += n + stride < ys.length ? stride : Math.max(ys.length - 1 - n, 1)) {
      points.push(`${x(content.epochs[n]).toFixed(1)},${y(ys[n]).toFixed(1)}`);
    }
    return points.length > 1 ? `M${points.join("L")}` : points.length ? `M${points[0]}h.1` : "";
  }

  function area({ low, high }, y) {
    const { epochs } = content;
    const top = epochs.map((epoch, n) => `${x(epoch).toFixed(1)},${y(high[n]).toFixed(1)}`);
    const back = epochs.map((epoch, n) => `${x(epoch).toFixed(1)},${y(low[n]).toFixed(1)}`).reverse();
    return top.length ? `M${top.join("L")}L${back.join("L")}Z` : "";
  }

  function letters(lines, y, height) {
    const ends = lines.filter(({ letter, ys }) => letter && ys.length).map((line) => ({
      line, across: x(content.epochs[line.ys.length - 1]), down: y(line.ys.at(-1)),
    })).sort((a, b) => a.down - b.down);
    let free = ROOM.top;
    for (const end of ends) free = (end.down = Math.max(end.down, free)) + 14;
    free = height - ROOM.bottom + 6;
    for (const end of ends.reverse()) free = (end.down = Math.min(end.down, free)) - 14;
    return ends.map(({ line, across, down }) => ["compare-letter", { x: across + 7, y: down + 4 }, line.letter]);
  }
}

/** Let a group have these elements, [class, attributes, text]: those that it has are used again. */
function filled(group, tag, wanted) {
  while (group.children.length > wanted.length) group.lastChild.remove();
  wanted.forEach(([style, attributes, text], n) => {
    const element = group.children[n] ?? group.appendChild(svg(tag));
    element.setAttribute("class", style);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    if (text !== undefined && element.textContent !== text) element.textContent = text;
  });
}
