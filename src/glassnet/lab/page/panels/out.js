// What is taken along: files, pictures, a link; and what is opened again.
import { choice, field, html } from "../elements.js";

// The command, what is asked of it, the button and what the file is for.
const FORMS = [
  ["download", "model", "Network", ".safetensors, for glassnet predict, evaluate and explain"],
  ["download", "recipe", "Recipe", ".toml, for glassnet run"],
  ["download", "python", "Python", ".py, repeats the training to the same numbers"],
  ["download", "numpy", "NumPy", ".py, predicts with NumPy alone"],
  ["download", "onnx", "ONNX", ".onnx, for other runtimes"],
  ["record", "", "Recording", ".html, replays this run without a server"],
];

export function out(panel, lab) {
  const said = html("p", { id: "out-said", class: "hint", role: "status" });
  panel.append(html("div", { class: "out-parts" }, files(lab, said), pictures(lab, said), opening(lab, said)), said);
  const follow = () => location.hash.startsWith("#lab=") && opened(lab, location.hash);
  window.addEventListener("hashchange", follow);
  follow();
}

function files(lab, said) {
  const rows = FORMS.map(([command, form, name, use]) => html("li", {},
    html("button", { id: `take-${form || command}`, click: () => take(lab, said, command, form ? { form } : {}) }, name),
    html("span", { class: "hint" }, use)));
  return html("div", {}, html("h3", {}, "Files"), html("ul", { class: "out-files" }, rows));
}

// ---- pictures

function pictures(lab, said) {
  const names = html("select", { id: "picture-name", change: show });
  const hint = html("p", { class: "hint", id: "picture-hint" });
  const kind = choice([["svg", "SVG"], ["png", "PNG"]], "svg", () => {}, { id: "picture-kind" });
  const ground = choice([["light", "Light"], ["dark", "Dark"]], "light", () => {}, { id: "picture-ground" });
  const button = html("button", { id: "take-picture", disabled: true, click: save }, "Save picture");
  let known = [];
  let trained = false; // whether it was when the list was made: curves need an epoch
  lab.on("settings", fill);
  lab.on("frame", (frame) => { if (frame.epoch > 0 && !trained) fill(); });
  return html("div", {}, html("h3", {}, "Pictures"), field("Picture", names), hint,
    html("div", { class: "row" }, field("Format", kind), field("Ground", ground), button));

  async function fill() {
    trained = lab.frame?.epoch > 0;
    known = (await lab.ask("pictures").catch(() => null))?.pictures ?? [];
    const chosen = names.value;
    names.replaceChildren(...known.map(([value, text]) => html("option", { value, selected: value === chosen }, text)));
    button.disabled = known.length === 0;
    show();
  }

  function show() {
    hint.textContent = known[names.selectedIndex]?.[2] ?? "";
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

// ---- links, recipes, trained networks

function opening(lab, said) {
  return html("div", {}, html("h3", {}, "Link and recipe"), link(lab, said), recipe(lab), networks(lab));
}

function recipe(lab) {
  const file = html("input", { type: "file", accept: ".toml", id: "open-recipe", change: open });
  return field("Open a recipe (.toml)", file);

  async function open() {
    if (file.files.length) await lab.say("open_recipe", { text: await file.files[0].text() });
    file.value = "";
  }
}

/** Trained networks that the lab was given: each may begin the training on the present data. */
function networks(lab) {
  const list = html("ul", { class: "out-files", id: "networks" });
  const box = html("div", { hidden: true }, html("h3", {}, "Trained networks"), list);
  lab.on("settings", async () => {
    const { networks: found } = await lab.ask("networks").catch(() => ({ networks: [] }));
    box.hidden = !found.length;
    list.replaceChildren(...found.map(({ name, problem, used }) => html("li", {},
      html("button", { disabled: Boolean(problem), click: () => lab.say("start", { name }) }, "Continue"),
      html("span", { class: "hint" }, problem || (used ? `This run began with ${name}.` : `Begin with the weights of ${name}.`)))));
  });
  return box;
}

function link(lab, said) {
  const shown = html("input", { id: "link", readonly: true, focus: () => shown.select() });
  const given = html("input", { id: "link-given", autocomplete: "off", placeholder: "lab=1.…" });
  lab.on("settings", () => { shown.value = ""; });
  return html("div", {},
    html("div", { class: "row" }, field("Link with all settings, but no trained weights", shown),
      html("button", { id: "copy-link", click: copy }, "Copy")),
    html("form", { submit: open }, html("div", { class: "row" }, field("Open a link", given),
      html("button", { id: "open-link" }, "Open"))));

  async function copy() {
    const reply = await lab.say("link");
    if (!reply) return;
    shown.value = reply.text; // without the address of this lab, which is a secret
    try {
      await navigator.clipboard.writeText(shown.value);
      said.textContent = "Link copied. It opens with glassnet lab LINK in a terminal, and in another lab under “Open a link”.";
    } catch {
      shown.focus();
      said.textContent = "The browser does not let the page copy: the link is selected, copy it yourself.";
    }
  }

  function open(event) {
    event.preventDefault();
    lab.say("open_link", { text: given.value });
  }
}

/** Begin with the settings of the page's own address, as soon as there is a connection. */
async function opened(lab, text) {
  if (!lab.facts) await new Promise((done) => lab.on("settings", done));
  await lab.say("open_link", { text });
}
