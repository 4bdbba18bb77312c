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
const UNITS = ["epoch", "step", "operation"];

export function transport(panel, lab) {
  const speed = html("select", { id: "speed", "aria-label": "Speed", change: again },
    Object.entries(SPEEDS).map(([value, [text]]) => html("option", { value }, text)));
  const play = html("button", { id: "play", class: "main", click: toggle }, "Play");
  const restart = html("button", { id: "restart", "aria-label": "Start again", title: "Start again", click: () => lab.say("restart") }, svg("svg", { viewBox: "0 0 16 16", width: 16, height: 16, "aria-hidden": "true" },
    svg("path", { d: "M3 3v10M13 3.2v9.6L5.5 8Z", fill: "currentColor", stroke: "currentColor", "stroke-width": 2, "stroke-linejoin": "round" })));
  const scrubber = html("input", { type: "range", id: "scrubber", min: 0, value: 0, max: 0, "aria-label": "Step", input: scrub });
  const place = html("output", { id: "place", for: "scrubber" });
  const state = document.getElementById("state");
  const groups = UNITS.map((unit) => html("span", { class: "transport-unit" },
    button(unit, -1), html("span", { "aria-hidden": "true" }, unit), button(unit, 1)));
  panel.append(html("span", { class: "transport-play" }, restart, play, speed),
    html("span", { class: "transport-units" }, groups), html("span", { class: "transport-way" }, scrubber, place));
  let scrubbing = false;
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

  function toggle() {
    if (lab.frame?.playing) lab.say("pause");
    else lab.say("play", SPEEDS[speed.value][1]);
  }

  function again() {
    if (lab.frame?.playing) lab.say("play", SPEEDS[speed.value][1]);
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
    play.textContent = frame.playing ? "Pause" : "Play";
    scrubber.max = frame.end;
    if (!scrubbing) scrubber.value = frame.t;
    scrubber.setAttribute("aria-valuetext", `step ${frame.t} of ${frame.end}`);
    place.textContent = `step ${frame.t} of ${frame.end}, epoch ${frame.epoch} of ${frame.epochs}`;
    document.getElementById("back").disabled = document.getElementById("epoch-back").disabled = frame.t === 0;
    document.getElementById("operation-back").disabled = frame.t === 0;
    const said = where(frame);
    if (state.textContent !== said) state.textContent = said;
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
