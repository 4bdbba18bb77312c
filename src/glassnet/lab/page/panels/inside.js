// Inside a step: the operation that is shown with its numbers, the list of all, the shapes of all layers.
import { field, html } from "../elements.js";

const NOTHING = "One operation on or back (▸ ◂ beside “operation”) stops inside a step: every number of it stands here then.";
const COLUMNS = { layer: "layer", kind: "", x: "x", parameters: "parameters", y: "y", dy: "dy", dx: "dx" };

export function inside(panel, lab) {
  const next = html("button", { id: "inside-next", click: () => lab.say("operation") }, "Look inside the next step");
  const last = html("button", { id: "inside-last", click: () => lab.say("operation", { count: -1 }) }, "Look inside the last step");
  const nothing = html("div", { class: "inside-nothing" }, html("p", { class: "hint" }, NOTHING), next, last);
  const list = html("ol", { class: "inside-list", "aria-label": "Operations of the step" });
  const sample = html("select", { id: "inside-sample", change: () => lab.say("follow", sample.value === "" ? {} : { sample: Number(sample.value) }) });
  const whole = html("input", { type: "checkbox", id: "inside-whole", change: () => fetched(lab.frame) });
  const shown = html("div", { class: "inside-shown", "aria-live": "off" });
  const shapes = html("div", { class: "inside-shapes" });
  const controls = html("div", { class: "row" }, field("Follow", sample),
    html("label", { class: "inside-check" }, whole, "The whole step"));
  const within = html("div", { class: "inside-step", hidden: true },
    html("div", { class: "inside-side" }, controls, list), shown, shapes);
  panel.append(nothing, within);
  style(lab);

  let asked = "", busy = false, waiting = null;
  lab.on("frame", fetched);
  lab.on("chosen:weight", () => { asked = ""; });

  /** Ask for what is inside, if it is not there yet; while the answer is on its way, for the last only. */
  async function fetched(frame) {
    waiting = frame;
    last.disabled = !frame?.t;
    next.disabled = Boolean(frame?.finished);
    if (busy || !frame) return;
    busy = true;
    while (waiting) {
      const now = waiting;
      waiting = null;
      const state = JSON.stringify([now.operation && [now.t, now.operation.number], now.branch, now.looked, whole.checked]);
      if (state === asked) continue;
      const found = now.operation ? await lab.say("inside", { whole: whole.checked }) : { of: 0 };
      if (found) show(found);
      asked = found ? state : "";
    }
    busy = false;
  }

  function show(found) {
    nothing.hidden = found.of > 0;
    within.hidden = found.of === 0;
    if (!found.of) return;
    listed(list, found, lab);
    samples(sample, found);
    shown.innerHTML = found.html; // of the lab's own server, which escapes every name
    shown.classList.toggle("inside-whole", whole.checked);
    shapes.replaceChildren(html("h3", {}, "Shapes"), ledger(found));
  }
}

/** The rules for what the engine draws: the same as on its own pages. */
async function style(lab) {
  lab.on("open", once);
  async function once() {
    if (style.sheet) return;
    style.sheet = new CSSStyleSheet();
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, style.sheet];
    try {
      style.sheet.replaceSync((await lab.ask("parts_style")).css);
    } catch {
      style.sheet = null; // a recording has none
    }
  }
}

function listed(list, { names, number }, lab) {
  if (list.childElementCount !== names.length) {
    list.replaceChildren(...names.map((name, n) =>
      html("li", {}, html("button", { click: () => lab.say("look", { number: n + 1 }) }, name))));
  }
  [...list.children].forEach(({ firstChild: button }, n) => {
    if (button.textContent !== names[n]) button.textContent = names[n];
    if (n + 1 === number) button.setAttribute("aria-current", "step");
    else button.removeAttribute("aria-current");
  });
  const now = list.children[number - 1];
  list.scrollTo({ top: now.offsetTop - list.clientHeight / 2, left: now.offsetLeft - list.clientWidth / 2 });
}

function samples(select, { samples: count, followed }) {
  if (select.length !== count + 1) {
    const each = Array.from({ length: count }, (_, n) => html("option", { value: n }, `sample ${n + 1} of the batch`));
    select.replaceChildren(html("option", { value: "" }, `the batch of ${count}`), ...each);
  }
  select.value = followed === null || followed >= count ? "" : String(followed);
}

/** The shape ledger; the row of the layer that is shown is marked. */
function ledger({ ledger: rows, layer, way }) {
  const head = Object.values(COLUMNS).map((name) => (name ? html("th", { scope: "col" }, name) : html("td")));
  const lines = rows.map((row) => html("tr", { "aria-current": row.layer === layer ? "true" : null },
    Object.keys(COLUMNS).map((name) => html("td", { class: marked(name, row.layer === layer, way) }, row[name]))));
  return html("div", { class: "inside-scroll", tabindex: 0, role: "region", "aria-label": "Shapes of all layers" },
    html("table", {}, html("thead", {}, html("tr", {}, head)), html("tbody", {}, lines)));
}

/** The arrays that the operation takes and makes. */
function marked(name, current, way) {
  const of = { forward: ["x", "parameters", "y"], backward: ["x", "parameters", "dy", "dx"] }[way] ?? [];
  return current && of.includes(name) ? "inside-now" : null;
}
