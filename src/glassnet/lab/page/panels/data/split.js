// How the data are parted, and the seed of everything that is drawn.
import { html } from "../../elements.js";
import { changed, numberField } from "./inputs.js";

const WITHOUT = ["mnist", "fashion-mnist"]; // come with a test part
const SHARES = { named: 0.2, file: 0.2, points: 0.25, formula: 0.25, digits: 0 };

export function makeSplit({ lab, use, tell, now }) {
  const share = numberField("Test share", { id: "data-test", min: 0, max: 0.95, step: "any" }, (value) => {
    const source = now();
    const next = source.kind === "named" ? { options: changed(source.options, { test: value }) } : { test: value };
    tell(use(changed(source, next)));
  });
  const seed = numberField("Seed", { id: "data-seed", min: 0, max: 2 ** 32 - 1, step: 1, required: true }, (value) => lab.set({ seed: value }));
  const element = html("div", {}, html("div", { class: "data-fields" }, share.element, seed.element),
    html("p", { class: "hint data-tight" }, "The same seed gives the same numbers."));
  return { element, show };

  function show({ settings, data }) {
    const { data: source } = settings;
    share.element.hidden = source.kind === "named" && WITHOUT.includes(source.name);
    const given = source.kind === "named" ? source.options.test : source.test;
    share.set(given ?? (["moons", "circles"].includes(data.name) ? 0.25 : SHARES[source.kind]));
    seed.set(settings.seed);
  }
}
