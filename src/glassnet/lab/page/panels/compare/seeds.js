// How sure? The same settings with many seeds: ask, wait, and show what came of it.
import { choice, field, html } from "../../elements.js";
import { bands, named } from "./bands.js";
import { common, strip } from "./dots.js";

const EVERY = 250; // milliseconds between two looks at a training that is under way

export function seeds(lab, store) {
  const times = html("input", { type: "number", id: "seeds-times", min: 10, max: 1000, value: 100, keydown: (event) => { if (event.key === "Enter") begin(); } });
  const of = html("div");
  const start = html("button", { id: "seeds-begin", click: begin }, "Train them");
  const cancel = html("button", { id: "seeds-cancel", click: stop }, "Cancel");
  const bar = html("progress", { "aria-label": "Training from many seeds", max: 1, value: 0 });
  const far = html("span");
  const waiting = html("div", { class: "row compare-waiting", hidden: true }, bar, far, cancel);
  const said = html("p", { class: "compare-problem", role: "status" });
  const found = html("div", { id: "seeds-found" });
  let offered = null;
  let fork = "";
  let asking = false;
  lab.on("frame", offer);
  lab.on("settings", (facts) => { if (facts.is !== "fork_main") look(); });
  offer();
  return html("div", { class: "compare-seeds" },
    html("h3", { id: "seeds-title" }, "How sure?"),
    html("p", { class: "hint" }, "Train the present settings from many seeds at once. All start at the first step and learn from the same data; "
      + "only first weights, order of the samples and noise differ."),
    html("div", { class: "row" }, field("Seeds", times), of, start),
    waiting, said, found);

  function offer() {
    const now = store.forks.map(({ letter, name }) => `${letter}${name}`).join("|");
    if (now === offered) return;
    offered = now;
    if (!store.forks.some(({ letter }) => letter === fork)) fork = "";
    const options = [["", "main run"], ...store.forks.map(({ letter, name }) => [letter, `main run and ${letter}: ${name}`])];
    of.replaceChildren(field("Of", choice(options, fork, (next) => { fork = next; }, { id: "seeds-of" })));
  }

  async function begin() {
    said.textContent = "";
    try {
      show(await lab.ask("seeds_begin", { times: Number(times.value), fork }));
    } catch (problem) {
      said.textContent = problem.message;
    }
    follow();
  }

  async function stop() {
    await lab.ask("seeds_cancel");
    show(await lab.ask("seeds"));
    said.textContent = "Cancelled.";
  }

  async function look() {
    const state = await lab.ask("seeds");
    show(state);
    return state.state === "running";
  }

  async function follow() {
    if (asking) return;
    asking = true;
    try {
      while (await look()) await new Promise((done) => setTimeout(done, EVERY));
    } finally {
      asking = false;
    }
  }

  function show(state) {
    waiting.hidden = state.state !== "running";
    start.disabled = state.state === "running";
    if (state.state === "running") {
      bar.value = state.done / state.total;
      far.textContent = `${state.done} of ${state.total} epochs`;
    } else if (state.state === "problem") said.textContent = state.sentence;
    else if (state.state === "done") result(state);
    else found.replaceChildren();
  }

  function result({ groups, sentences, quantiles }) {
    const sound = groups.filter(({ finals }) => finals.length);
    const words = html("ul", { class: "compare-sentences" }, sentences.map((sentence) => html("li", {}, sentence)));
    if (!sound.length) return found.replaceChildren(words);
    const { column } = sound[0];
    const plot = bands(sound, quantiles);
    const columns = Object.keys(sound[0].bands);
    const picker = field("Metric of the band", choice(columns.map((name) => [name, named(name)]), column, plot.show, { id: "seeds-metric" }));
    const spread = common(sound);
    const own = lab.facts.settings.seed;
    const strips = sound.map((group) => strip(group, spread, own, named(group.column)));
    found.replaceChildren(html("div", { class: "compare-columns" },
      html("div", {}, picker, plot.element),
      html("div", {}, words, html("h3", {}, `Last ${named(column)} of every seed`), ...strips)));
    plot.show(column);
  }
}
