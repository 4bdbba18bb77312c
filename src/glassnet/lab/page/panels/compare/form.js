// One thing to change: which, to what, and the button that forks.
import { choice, field, html } from "../../elements.js";

const FRESH = ["activation", "first weights"];
const SEEDS = ["order", "first weights"];
const NAMES = { order: "order of the samples" };

export function form(lab) {
  const place = html("div", { class: "compare-value" });
  const hint = html("p", { class: "hint", id: "compare-hint" });
  const button = html("button", { id: "fork", class: "main", "aria-describedby": "compare-hint", click: fork });
  const which = html("div");
  let choices = null;
  let what = "learning rate";
  let value = null; // the control
  lab.on("settings", begin);
  lab.on("frame", show);
  return html("div", { class: "compare-form" }, html("div", { class: "row" }, which, place, button), hint);

  async function begin() {
    choices ??= await lab.ask("fork_choices");
    const options = choices.changes.map((name) => [name, NAMES[name] ?? name]);
    which.replaceChildren(field("Change", choice(options, what, (next) => { what = next; control(); }, { id: "fork-change" })));
    control();
  }

  function control() {
    const { training } = lab.facts.settings;
    const numeric = (given, more) => html("input", { type: "number", id: "fork-value", value: given, ...more });
    const among = (names, given) => choice(names.map((name) => [name, name]), given, () => {}, { id: "fork-value" });
    if (what === "learning rate") value = numeric("", { min: 0, step: "any", placeholder: "0.01", required: true });
    else if (what === "batch size") value = numeric(training.batch_size === "full" ? 32 : training.batch_size, { min: 1 });
    else if (SEEDS.includes(what)) value = numeric(lab.facts.settings.seed + 1, { min: 0 });
    else value = among(what === "optimizer" ? choices.optimizers : choices.activations);
    value.addEventListener("keydown", (event) => { if (event.key === "Enter") fork(); });
    place.replaceChildren(field(SEEDS.includes(what) ? "to seed" : "to", value));
    show();
  }

  function show() {
    const t = lab.frame?.t ?? 0;
    const fresh = FRESH.includes(what) || t === 0;
    button.textContent = fresh ? "Fork at the start" : `Fork at step ${t}`;
    hint.textContent = FRESH.includes(what)
      ? "This alters the network, so the fork starts afresh at step 0 and catches up."
      : what === "order"
        ? "The fork continues from the present state; the new order begins with the next epoch."
        : "The fork continues from the present state: weights, moments and order of the samples.";
  }

  function fork() {
    const text = value.value.trim();
    const given = value.type === "number" ? Number(text) : text;
    if (text === "") value.focus();
    else lab.say("fork", { change: what, value: given });
  }
}
