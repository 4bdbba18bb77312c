// Time: play, pause, steps forward and back, and a scrubber over all that was trained.
import { html } from "../elements.js";

const BUTTONS = [
  ["restart", "⏮", "Start again", (lab) => lab.say("restart")],
  ["back", "◂", "One step back", (lab) => lab.say("step", { count: -1 })],
  ["step", "▸", "One step", (lab) => lab.say("step")],
  ["epoch", "▸▸", "One epoch", (lab) => lab.say("epoch")],
];

export function transport(panel, lab) {
  const play = html("button", { id: "play", class: "main", click: toggle });
  const scrubber = html("input", {
    type: "range", id: "scrubber", min: 0, value: 0, max: 0, "aria-label": "Step",
    input: () => lab.say("goto", { t: Number(scrubber.value) }),
  });
  const place = html("output", { id: "place", for: "scrubber" });
  const others = BUTTONS.map(([id, sign, name, act]) =>
    html("button", { id, "aria-label": name, title: name, click: () => act(lab) }, sign));
  panel.append(...others, play, scrubber, place);
  lab.on("frame", show);

  function toggle() {
    lab.say(lab.frame?.playing ? "pause" : "play");
  }

  function show(frame) {
    play.textContent = frame.playing ? "Pause" : "Play";
    scrubber.max = frame.end;
    scrubber.value = frame.t;
    place.textContent = `step ${frame.t} of ${frame.end}, epoch ${frame.epoch} of ${frame.epochs}`;
  }
}
