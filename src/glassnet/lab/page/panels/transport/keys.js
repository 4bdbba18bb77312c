// The keys for moving through time, which can be switched off.
import { html } from "../../elements.js";

const SAID = [
  ["Space", "play or pause"], ["←  →", "one step back, on"], ["Shift ←  →", "one epoch back, on"],
  [",  .", "one operation back, on"],
];
const OWN = "input, select, textarea, [contenteditable], [role=grid], [role=tablist], [role=slider], [role=application]";

/** Listen for keys, and say in the header which there are. */
export function keys({ play, move }) {
  const on = html("input", { type: "checkbox", id: "keys-on", checked: true });
  const list = html("dl", {}, SAID.flatMap(([key, does]) => [html("dt", {}, html("kbd", {}, key)), html("dd", {}, does)]));
  const said = html("details", { id: "keys" }, html("summary", {}, "Keys"),
    html("div", { class: "transport-keys" }, list, html("label", {}, on, " Keys are on")));
  document.getElementById("state").parentElement.after(said);
  document.addEventListener("keydown", (event) => {
    if (on.checked && !typing(event)) press(event, play, move);
  });
}

function typing(event) {
  const { target, defaultPrevented, ctrlKey, altKey, metaKey } = event;
  return defaultPrevented || ctrlKey || altKey || metaKey || (target instanceof Element && target.closest(OWN));
}

function press(event, play, move) {
  const count = { ArrowRight: 1, ArrowLeft: -1, ".": 1, ",": -1 }[event.key];
  if (event.key === " ") {
    if (event.target.closest("button, summary, a, [tabindex]")) return; // which Space presses
    play();
  } else if (count) {
    move(event.key.startsWith("Arrow") ? (event.shiftKey ? "epoch" : "step") : "operation", count);
  } else {
    return;
  }
  event.preventDefault();
}
