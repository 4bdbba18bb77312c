// Compare: the run and its forks in one picture, and the same settings with many seeds.
import { choice, field, html, number } from "../elements.js";
import { chart } from "./compare/chart.js";
import { form } from "./compare/form.js";
import { forks, values, words } from "./compare/runs.js";
import { seeds } from "./compare/seeds.js";
import { Store } from "./compare/store.js";

const NOTHING = "No epoch has ended yet. Press Play: the curves of the run and of its forks are drawn here, epoch by epoch.";

export function compare(panel, lab) {
  const store = new Store();
  lab.on("frame", (frame) => store.take(frame)); // before all that look into it
  const table = values();
  const list = forks(lab);
  const picker = html("div");
  const curves = chart({ label: "Epoch of the compared curves", say, moved: () => tell(), nothing: NOTHING });
  let metric = "loss";
  let offered = "";
  let seen = true; // whether it is on the screen
  new IntersectionObserver(([entry]) => { seen = entry.isIntersecting; draw(); }).observe(panel);

  const key = html("p", { class: "hint compare-key" },
    html("span", { class: "compare-sample" }), "test", html("span", { class: "compare-sample compare-dashed" }), "training");
  panel.append(
    html("p", { class: "hint" }, "Fork the run, change one thing, and let both continue: a fork follows when the main run trains."),
    html("div", { class: "compare-columns" },
      html("div", {}, html("div", { class: "compare-head" }, picker, key), curves.element, form(lab)),
      html("div", {}, table.table, list.list)),
    seeds(lab, store),
  );
  lab.on("frame", () => {
    list.show(store.forks);
    draw();
  });

  function draw() {
    if (!seen || !store.changed) return;
    store.changed = false;
    pick();
    const { runs } = store;
    const longest = Math.max(...runs.map(({ columns }) => columns[metric]?.length ?? 0));
    const line = (run, column, style) => ({
      ys: run.columns[column] ?? [], from: run.from, style: `compare-${run.letter} ${style}`,
      letter: style && run.columns[`val_${metric}`] ? "" : run.letter,
    });
    curves.show({
      epochs: Array.from({ length: longest }, (_, n) => n + 1), bands: [], name: words(metric),
      lines: [...runs.map((run) => line(run, metric, "compare-dashed")), ...runs.map((run) => line(run, `val_${metric}`, ""))],
    });
    tell();
  }

  function pick() {
    const names = store.metrics.length ? store.metrics : ["loss"];
    if (names.join() === offered) return;
    offered = names.join();
    if (!names.includes(metric)) metric = names[0];
    picker.replaceChildren(field("Metric", choice(names.map((name) => [name, words(name)]), metric, (next) => {
      metric = next;
      store.changed = true;
      draw();
    }, { id: "compare-metric" })));
  }

  function tell() {
    table.show(store, metric, curves.index() + 1);
  }

  function say(index) {
    const parts = store.runs.map(({ letter, columns }) =>
      `${letter === "M" ? "main run" : letter} training ${number(columns[metric]?.[index])}, test ${number(columns[`val_${metric}`]?.[index])}`);
    return `${words(metric)} after epoch ${index + 1}: ${parts.join("; ")}`;
  }
}
