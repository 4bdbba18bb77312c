// A plus between two columns: it lists every layer that can stand there, by family.
import { html } from "../../elements.js";

/** A select that looks like a plus; `add` hears of the words of the layer that is chosen. */
export function makeAdder(facts, kinds, row, style, add) {
  const after = row > 0 ? facts.words.rows[row - 1].words : "the inputs";
  const select = html("select", {
    class: "net-add", style, "data-key": `add ${row}`, title: `Add a layer after ${after}`, "aria-label": `Add a layer after ${after}`,
    change: () => {
      const words = select.value;
      select.value = "";
      if (words) add(words);
    },
  }, html("option", { value: "" }, "+"), layerOptions(kinds, facts.words.fits[row] ?? []));
  return select;
}

/** Options for every layer, by family; those that do not take this shape come last. */
export function layerOptions(kinds, fits) {
  const rest = [];
  const groups = Object.entries(kinds?.families ?? {}).map(([family, all]) => {
    const fitting = all.filter(({ name }) => fits.includes(name));
    rest.push(...all.filter(({ name }) => !fits.includes(name)));
    return fitting.length ? html("optgroup", { label: family }, fitting.map(option)) : null;
  });
  return [...groups, rest.length ? html("optgroup", { label: "need another shape" }, rest.map(option)) : null];
}

function option({ words }) {
  return html("option", { value: words }, words);
}
