// The quantiles of many seeds over the epochs: two bands and the median of each group.
import { html, number, unpacked } from "../../elements.js";
import { chart } from "./chart.js";
import { badge, words } from "./runs.js";

/** Bands of the groups that a study found; `show(metric)` draws one column of the history. */
export function bands(groups, quantiles) {
  const table = html("table", { class: "compare-table" });
  const plot = chart({ label: "Epoch of the bands over seeds", say, moved: () => tell() });
  let rows = [];
  let column = "";
  return { element: html("div", {}, plot.element, html("div", { class: "compare-wide", tabindex: 0, role: "group", "aria-label": "Quantiles over seeds" }, table)), show };

  function show(next) {
    column = next;
    rows = groups.filter((group) => group.bands[column]).map((group) => ({ group, curves: lines(group.bands[column]) }));
    const styled = (group) => `compare-${group.letter || "M"}`;
    plot.show({
      epochs: groups[0].epochs, name: named(column),
      bands: rows.flatMap(({ group, curves }) => [
        { low: curves[0], high: curves.at(-1), style: `${styled(group)} compare-outer` },
        { low: curves[1], high: curves.at(-2), style: styled(group) },
      ]),
      lines: rows.map(({ group, curves }) => ({
        ys: curves[2], style: `${styled(group)} ${group.letter ? "compare-long" : ""}`, letter: group.letter || "M",
      })),
    });
    tell();
  }

  function lines({ shape, ...rest }) {
    const { values } = unpacked({ shape, ...rest });
    return Array.from({ length: shape[0] }, (_, q) => Array.from(values.slice(q * shape[1], (q + 1) * shape[1])));
  }

  function tell() {
    const at = plot.index();
    const head = ["", ...quantiles.map((share) => (share === 0.5 ? "median" : `${Math.round(100 * share)} %`))];
    table.replaceChildren(
      html("caption", {}, `${named(column)} after epoch ${groups[0].epochs[at]}: quantiles over seeds`),
      html("thead", {}, html("tr", {}, head.map((text) => (text ? html("th", { scope: "col" }, text) : html("td"))))),
      html("tbody", {}, rows.map(({ group, curves }) => html("tr", {},
        html("th", { scope: "row" }, badge(group.letter || "M"), html("span", { class: "compare-hidden" }, group.name)),
        curves.map((curve) => html("td", {}, number(curve[at])))))),
    );
  }

  function say(index) {
    const parts = rows.map(({ group, curves }) =>
      `${group.name} median ${number(curves[2][index])}, 5 to 95 % ${number(curves[0][index])} to ${number(curves.at(-1)[index])}`);
    return `${named(column)} after epoch ${groups[0].epochs[index]}: ${parts.join("; ")}`;
  }
}

/** The name of a column of the history. */
export function named(column) {
  return column.startsWith("val_") ? `test ${words(column.slice(4))}` : `training ${words(column)}`;
}
