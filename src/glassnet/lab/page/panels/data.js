// The data: which, how much, how it is parted.
import { choice, field, html } from "../elements.js";

export function data(panel, lab) {
  const inside = html("div");
  panel.append(inside);
  lab.on("settings", (facts) => {
    const names = facts.datasets.map((name) => [name, name]);
    const { data } = facts;
    inside.replaceChildren(
      field("Dataset", choice(names, facts.settings.data.name, (name) => lab.set({ data: { name } }), { id: "dataset" })),
      html("p", { class: "hint" }, `${data.training} training, ${data.test} test samples`),
    );
  });
}
