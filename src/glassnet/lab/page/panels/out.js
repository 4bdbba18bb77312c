// What is taken along: files, pictures, a link; and what is opened again.
import { choice, field, html } from "../elements.js";

const FORMS = [
  ["model", "Network", ".safetensors, for glassnet predict, evaluate, explain"],
  ["recipe", "Recipe", ".toml, for glassnet run"],
  ["python", "Python", ".py, trains it again to the same numbers"],
  ["numpy", "NumPy", ".py, predicts with NumPy alone"],
  ["onnx", "ONNX", ".onnx, for other runtimes"],
];

export function out(panel, lab) {
  const said = html("p", { id: "out-said", class: "hint", role: "status" });
  panel.append(html("div", { class: "out-parts" }, files(lab, said), pictures(lab, said), link(lab, said)), said);
  if (location.hash.startsWith("#lab=")) opened(lab, location.hash);
  window.addEventListener("hashchange", () => opened(lab, location.hash));
}

function files(lab, said) {
  const rows = FORMS.map(([form, name, use]) => html("li", {},
    html("button", { id: `take-${form}`, click: () => take(lab, said, "download", { form }) }, name),
    html("span", { class: "hint" }, use)));
  return html("div", {}, html("h3", {}, "Files"), html("ul", { class: "out-files" }, rows));
}

// ---- pictures

function pictures(lab, said) {
  const names = html("select", { id: "picture-name" });
  const hint = html("p", { class: "hint" });
  let known = [];
  const kind = choice([["svg", "SVG"], ["png", "PNG"]], "svg", () => {}, { id: "picture-kind" });
  const ground = choice([["light", "Light"], ["dark", "Dark"]], "light", () => {}, { id: "picture-ground" });
  const button = html("button", { id: "take-picture", disabled: true, click: save }, "Save picture");
  const show = () => { hint.textContent = known[names.selectedIndex]?.[2] ?? ""; };
  names.addEventListener("change", show);
  const inside = html("details", { toggle: fill }, html("summary", {}, "Pictures of this run"),
    field("Picture", names), hint, html("div", { class: "row" }, field("Format", kind), field("Ground", ground), button));
  return html("div", {}, html("h3", {}, "Pictures"), inside);

  async function fill() {
    if (!inside.open) return;
    const chosen = names.value;
    known = (await lab.say("pictures"))?.pictures ?? [];
    names.replaceChildren(...known.map(([value, text]) => html("option", { value, selected: value === chosen }, text)));
    button.disabled = known.length === 0;
    show();
  }

  function save() {
    take(lab, said, "picture", { name: names.value, kind: kind.value, dark: ground.value === "dark" });
  }
}

/** Ask for a file, and let the browser save it. */
async function take(lab, said, command, given) {
  said.textContent = "Writing …";
  const reply = await lab.say(command, given);
  said.textContent = reply ? `Saved ${reply.name}. ${reply.said ?? ""}` : "";
  if (reply) save(reply);
}

function save({ name, type, data }) {
  const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
  const address = URL.createObjectURL(new Blob([bytes], { type }));
  html("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 60000);
}

// ---- links

function link(lab, said) {
  const shown = html("input", { id: "link", readonly: true, focus: () => shown.select() });
  const given = html("input", { id: "link-given", autocomplete: "off", placeholder: "…#lab=1.…" });
  lab.on("settings", () => { shown.value = ""; });
  return html("div", {}, html("h3", {}, "Link"),
    field("All settings, without what was trained", shown),
    html("button", { id: "copy-link", click: copy }, "Copy link"),
    html("form", { submit: open }, field("Open a link from anywhere", given), html("button", { id: "open-link" }, "Open")));

  async function copy() {
    const reply = await lab.say("link");
    if (!reply) return;
    shown.value = new URL(`#${reply.text}`, location.href).href;
    try {
      await navigator.clipboard.writeText(shown.value);
      said.textContent = "Copied the link. Any lab opens it: after the address, or in the field below.";
    } catch {
      shown.focus();
      said.textContent = "The browser does not let the page copy: the link is selected, copy it yourself.";
    }
  }

  function open(event) {
    event.preventDefault();
    opened(lab, given.value);
  }
}

/** Begin with the settings of a link, as soon as there is a connection. */
async function opened(lab, text) {
  if (!text.includes("lab=")) return;
  if (!lab.facts) await new Promise((done) => lab.on("settings", done));
  await lab.say("open_link", { text });
}
