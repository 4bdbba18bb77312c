// Time: play at a chosen speed, an epoch, a step or an operation on or back, and a scrubber over all of it.
import { html, svg } from "../elements.js";
import { keys } from "./transport/keys.js";

const SPEEDS = { // what is taken at most in a second
  fast: ["as fast as it can", {}],
  steps100: ["100 steps a second", { speed: 100 }],
  steps10: ["10 steps a second", { speed: 10 }],
  steps2: ["2 steps a second", { speed: 2 }],
  operations4: ["4 operations a second", { speed: 4, by: "operation" }],
  operations1: ["1 operation a second", { speed: 1, by: "operation" }],
};
const UNDER_WAY = 1; // frame, at most, when a command is done
const UNITS = ["epoch", "step", "operation"];

export function transport(panel, lab) {
  const recorded = document.getElementById("recording") !== null; // by nobody who could train
  const speed = html("select", { id: "speed", "aria-label": "Speed", change: again },
    Object.entries(SPEEDS).map(([value, [text]]) => html("option", { value }, text)));
  const play = html("button", { id: "play", class: "main", click: toggle }, "Play");
  const restart = html("button", { id: "restart", "aria-label": "Start again", title: "Start again", click: () => lab.say("restart") }, svg("svg", { viewBox: "0 0 16 16", width: 16, height: 16, "aria-hidden": "true" },
    svg("path", { d: "M3 3v10M13 3.2v9.6L5.5 8Z", fill: "currentColor", stroke: "currentColor", "stroke-width": 2, "stroke-linejoin": "round" })));
  const scrubber = html("input", { type: "range", id: "scrubber", min: 0, value: 0, max: 0, "aria-label": "Step", input: scrub });
  const [ofSteps, ofEpochs] = [html("span"), html("span")];
  const place = html("output", { id: "place", for: "scrubber" }, ofSteps, " ", ofEpochs);
  const state = document.getElementById("state");
  const more = html("button", { id: "more", hidden: true, click: () => lab.say("more", { epochs: lab.frame.more }) });
  const said = html("div", { class: "transport-said" });
  state.replaceWith(said);
  said.append(state, more);
  const groups = UNITS.map((unit) => html("span", { class: "transport-unit" },
    button(unit, -1), html("span", { "aria-hidden": "true" }, unit), button(unit, 1)));
  panel.append(html("span", { class: "transport-play" }, restart, play, speed),
    html("span", { class: "transport-units" }, groups), html("span", { class: "transport-way" }, scrubber, place));
  let scrubbing = false;
  let pressed = null; // what Play was pressed to, until a frame of after that is here
  let old = 0; // so many frames may be of before
  lab.on("frame", show);
  keys({
    play: toggle,
    move: (unit, count) => lab.say(unit, { count }),
  });

  function button(unit, count) {
    const name = `One ${unit}${count < 0 ? " back" : ""}`;
    const id = { "epoch-1": "epoch-back", "step-1": "back", "operation-1": "operation-back" }[unit + count] ?? unit;
    return html("button", { id, "aria-label": name, title: name, click: () => lab.say(unit, { count }) }, count < 0 ? "◂" : "▸");
  }

  /** Play or pause. The button changes at once; frames that were under way do not turn it back. */
  async function toggle() {
    pressed = !playing();
    old = Infinity;
    label();
    if (pressed) await lab.say("play", SPEEDS[speed.value][1]);
    else await lab.say("pause");
    old = UNDER_WAY;
  }

  function playing() {
    return pressed ?? Boolean(lab.frame?.playing);
  }

  function label() {
    play.textContent = playing() ? "Pause" : "Play";
  }

  function again() {
    if (playing()) lab.say("play", SPEEDS[speed.value][1]);
  }

  /** Go where the scrubber is; while the lab is on its way, only the last place counts. */
  async function scrub() {
    if (scrubbing) return;
    scrubbing = true;
    let asked;
    do {
      asked = Number(scrubber.value);
      await lab.say("goto", { t: asked });
    } while (asked !== Number(scrubber.value));
    scrubbing = false;
  }

  function show(frame) {
    if (frame.playing === pressed || --old < 0) pressed = null;
    label();
    scrubber.max = frame.end;
    if (!scrubbing) scrubber.value = frame.t;
    scrubber.setAttribute("aria-valuetext", `step ${frame.t} of ${frame.end}`);
    ofSteps.textContent = `step ${frame.t} of ${frame.end},`;
    ofEpochs.textContent = `epoch ${frame.epoch} of ${frame.epochs}`;
    document.getElementById("back").disabled = document.getElementById("epoch-back").disabled = frame.t === 0;
    document.getElementById("operation-back").disabled = frame.t === 0;
    const now = where(frame);
    if (state.textContent !== now) state.textContent = now;
    more.hidden = !frame.more || Boolean(frame.operation) || recorded;
    more.textContent = `Train ${frame.more} more epoch${frame.more === 1 ? "" : "s"}`;
  }
}

/** Where the run stands, in words; while it plays fast, nothing that changes with every frame. */
function where(frame) {
  const { operation, t, playing } = frame;
  if (operation) return `step ${t}, operation ${operation.number} of ${operation.of}: ${operation.name}`;
  if (playing) return "playing";
  if (frame.finished && !frame.diverged) return "all epochs are done";
  return t ? `after step ${t}` : "before the first step";
}
