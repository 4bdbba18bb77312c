// The page of the lab: each panel hears the lab and asks it; none knows another.
import { Lab } from "./lab.js";
import { transport } from "./panels/transport.js";
import { data } from "./panels/data.js";
import { network } from "./panels/network.js";
import { result } from "./panels/result.js";
import { out } from "./panels/out.js";

const PANELS = { transport, data, network, result, out };

const address = new URL("socket", location.href);
address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
const lab = new Lab(address);

for (const [name, panel] of Object.entries(PANELS)) panel(document.getElementById(name), lab);

const notice = document.getElementById("notice");
lab.on("error", ({ sentence }) => say(sentence));
lab.on("closed", () => say("The lab does not answer. Is it still running? Trying again every second."));
lab.on("ended", ({ sentence }) => say(sentence));
let greeting = "";
lab.on("session", ({ sentence }) => (greeting = sentence));
lab.on("settings", () => {
  say(greeting);
  greeting = "";
});

function say(sentence) {
  notice.textContent = sentence;
  notice.hidden = !sentence;
}
