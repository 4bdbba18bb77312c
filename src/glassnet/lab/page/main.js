// The page of the lab: each panel hears the lab and asks it; none knows another.
import { Lab } from "./lab.js";
import { Replay, recorded } from "./replay.js";
import { transport } from "./panels/transport.js";
import { inside } from "./panels/inside.js";
import { weight } from "./panels/weight.js";
import { data } from "./panels/data.js";
import { network } from "./panels/network.js";
import { result } from "./panels/result.js";
import { compare } from "./panels/compare.js";
import { out } from "./panels/out.js";
import { course } from "./panels/course.js";

const PANELS = { transport, inside, weight, data, network, result, compare, out, course };

const recording = document.getElementById("recording"); // in a file that replays a run
const lab = recording
  ? new Lab(location.href, () => new Replay(JSON.parse(recording.textContent)))
  : new Lab(socket());

for (const [name, panel] of Object.entries(PANELS)) {
  const section = document.getElementById(name);
  if (section) panel(section, lab);
}
if (recording) recorded(document.querySelector("main"));

const notice = document.getElementById("notice");
lab.on("error", ({ sentence }) => say(sentence));
lab.on("closed", () => say("The lab does not answer. Is it still running? Trying again every second."));
lab.on("ended", ({ sentence }) => say(sentence));
let greeting = ""; // stays until somebody does something
lab.on("session", ({ sentence }) => (greeting = sentence));
lab.on("settings", () => say(greeting));
for (const kind of ["pointerdown", "keydown"]) addEventListener(kind, () => (greeting = ""));

function socket() {
  const address = new URL("socket", location.href);
  address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
  return address;
}

function say(sentence) {
  notice.textContent = sentence;
  notice.hidden = !sentence;
}
