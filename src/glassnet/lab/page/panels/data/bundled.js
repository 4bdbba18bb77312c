// The options of a bundled set.
import { html } from "../../elements.js";
import { changed, numberField } from "./inputs.js";

export function makeBundled({ lab, use, tell, now }) {
  const samples = numberField("Samples", { id: "data-samples", min: 4, max: 100000, step: 1 }, (value) => option({ samples: value }));
  const noise = numberField("Noise", { id: "data-noise", min: 0, max: 100, step: "any" }, (value) => option({ noise: value }));
  const first = numberField("Train on the first", { id: "data-first", min: 1, step: 1, placeholder: "all" }, (value) => set({ samples: value }));
  const element = html("div", { class: "data-fields" }, samples.element, noise.element, first.element);
  const set = (changes) => tell(use(changed(now(), changes)));
  const option = (changes) => set({ options: changed(now().options, changes) });
  let defaults = null;
  for (const each of [samples, noise, first]) each.element.hidden = true; // until it is known which of them the data have
  return { element, begin() {}, show };

  async function show({ settings: { data } }) {
    defaults ??= lab.ask("sources").then(({ named }) => Object.fromEntries(named.map((each) => [each.name, each.options])))
      .catch(() => ({}));
    const known = (await defaults)[data.name] ?? {};
    const made = "noise" in known;
    samples.element.hidden = noise.element.hidden = !made;
    first.element.hidden = made;
    samples.set(data.options.samples ?? known.samples);
    noise.set(data.options.noise ?? known.noise);
    first.set(data.samples);
  }
}
