// Of tables with more than two features: which two are drawn, or a projection of all.
import { choice, field, html } from "../../elements.js";

const MOST = 200; // features in a list

export function makeAxes(lab) {
  const element = html("div", { class: "data-axes" });
  let last = "";
  return {
    element,
    show({ data: { features, chosen, projected } }) {
      const now = JSON.stringify([features, chosen, projected]);
      element.hidden = features.length <= 2;
      if (now === last || element.hidden) return;
      last = now;
      const focused = element.contains(document.activeElement) ? document.activeElement.id : null;
      const names = features.slice(0, MOST).map((name, n) => [String(n), name]);
      const ask = (x, y, flat) => lab.say("features", { x, y, projected: flat });
      const axis = (text, id, at, place) => field(text, choice(names, String(at), (value) => ask(...place(Number(value)), false), { id }));
      element.replaceChildren(
        field("Draw", choice([["two", "Two features"], ["all", "Principal components"]], projected ? "all" : "two",
          (value) => ask(...chosen, value === "all"), { id: "data-drawn" })),
        ...(projected ? [html("p", { class: "hint data-tight" }, "Points only: regions would need a choice for all other directions.")] : [html("div", { class: "data-fields" },
          axis("Across", "data-x", chosen[0], (x) => x === chosen[1] ? [x, chosen[0]] : [x, chosen[1]]),
          axis("Up", "data-y", chosen[1], (y) => y === chosen[0] ? [chosen[1], y] : [chosen[0], y]))]),
      );
      if (focused) document.getElementById(focused)?.focus();
    },
  };
}
