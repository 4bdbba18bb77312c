// The data: where they come from, how they are parted, and what was read.
import { field, html } from "../elements.js";
import { makeAxes } from "./data/axes.js";
import { makeBundled } from "./data/bundled.js";
import { makeDigits } from "./data/digits.js";
import { makeFile } from "./data/file.js";
import { makeFormula } from "./data/formula.js";
import { makeOpener } from "./data/opener.js";
import { makePoints } from "./data/points.js";
import { makeSplit } from "./data/split.js";
import { makeSummary } from "./data/summary.js";
import { makeTutorials } from "./data/tutorials.js";

const OWN = [["kind:points", "Draw points"], ["kind:formula", "Type a formula"], ["kind:digits", "Draw digits"]];
const START = { samples: 400 }; // of sets that are made, so that an epoch is short

export function data(panel, lab) {
  const said = html("p", { id: "data-said", class: "hint", role: "status" });
  let wanted = null; // a source that was asked for and has not come: the next change is one of it
  const now = () => wanted ?? lab.facts.settings.data;
  const use = async (source) => {
    wanted = source;
    try {
      const reply = await lab.ask("source", { data: source });
      said.textContent = reply.said;
      return reply;
    } finally {
      if (wanted === source) wanted = null;
    }
  };
  const tell = (promise) => promise.catch((problem) => { said.textContent = problem.message; });
  const asked = { lab, use, tell, now };
  const forms = {
    named: makeBundled(asked), file: makeFile(asked), formula: makeFormula(asked), points: makePoints(asked), digits: makeDigits(asked),
  };
  const select = html("select", { id: "dataset", change: () => choose(select.value) });
  const opener = makeOpener(lab, said, { opened: (name) => choose(`file:${name}`), begun: (name) => tell(begin(name)) });
  const others = [makeSplit(asked), makeSummary(), makeAxes(lab), makeTutorials(lab, said)];
  panel.append(
    html("div", { class: "data-source" }, field("Dataset", select), opener.element),
    ...Object.values(forms).map((form) => form.element), forms.digits.question, said, ...others.map((part) => part.element),
  );
  let last = "";

  lab.on("settings", (facts) => {
    const key = JSON.stringify([facts.settings.data, facts.files]);
    if (key !== last) list(facts);
    if (key !== last) show(facts.settings.data.kind, facts);
    last = key;
    for (const part of others) part.show(facts);
    forms.digits.follow(facts);
  });

  /** Begin with a trained network that was dropped. */
  async function begin(name) {
    const reply = await lab.ask("open_network", { name });
    said.textContent = reply.said;
  }

  function list({ datasets, files, settings: { data: source } }) {
    const groups = [["Bundled", datasets.map((name) => [name, name])], ["Your files", Object.keys(files).map((name) => [`file:${name}`, name])], ["Make your own", OWN]];
    select.replaceChildren(...groups.filter(([, options]) => options.length).map(([label, options]) =>
      html("optgroup", { label }, options.map(([value, text]) => html("option", { value }, text)))));
    select.value = { named: source.name, file: `file:${source.name}` }[source.kind] ?? `kind:${source.kind}`;
  }

  function show(kind, facts) {
    for (const [name, form] of Object.entries(forms)) form.element.hidden = name !== kind;
    forms[kind].show(facts);
  }

  function choose(value) {
    const [kind, name] = [value.split(":")[0], value.slice(value.indexOf(":") + 1)];
    said.textContent = "";
    if (kind === "kind") {
      for (const [each, form] of Object.entries(forms)) form.element.hidden = each !== name;
      forms[name].begin();
    } else if (kind === "file" && value !== kind) {
      for (const [each, form] of Object.entries(forms)) form.element.hidden = each !== "file";
      forms.file.begin(name);
    } else {
      tell(use({ kind: "named", name: value, options: ["moons", "circles"].includes(value) ? START : {} }));
    }
  }
}
