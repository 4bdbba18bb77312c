// A confusion matrix: a row for each true class, with its recall; mistakes are coloured, and each cell leads to a sample.
import { html } from "../../elements.js";
import { brief } from "./metrics.js";

const ARROWS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

/** The matrix as { element, show }; `choose` is told the true class and what it is taken for. */
export function makeMatrix(choose) {
  const element = html("div", { class: "result-matrix", keydown: move });
  let names = null, cells = [], recalls = [];
  return { element, show };

  /** Show these counts; the table itself stays as long as the classes do. */
  function show(confusion, recall, classes) {
    if (names !== classes.join("\n")) make(classes);
    confusion.forEach((row, target) => {
      const all = row.reduce((sum, each) => sum + each, 0);
      recalls[target].textContent = recall[target] === null ? "–" : brief(recall[target]);
      row.forEach((count, given) => fill(cells[target][given], count, all, classes[target], classes[given], target === given));
    });
  }

  function fill(button, count, all, target, given, right) {
    button.textContent = String(count);
    button.setAttribute("aria-label", right ? `${count} of ${target} predicted right` : `${count} of ${target} taken for ${given}`);
    button.style.setProperty("--share", right || !all ? 0 : Math.sqrt(count / all).toFixed(3));
    button.classList.toggle("none", count === 0);
  }

  function make(classes) {
    names = classes.join("\n");
    recalls = classes.map(() => html("td"));
    cells = classes.map((_, target) => classes.map((_, given) => html("button", {
      tabindex: target || given ? -1 : 0, class: target === given ? "right" : "wrong", click: () => choose(target, given),
    })));
    element.replaceChildren(html("table", {},
      html("caption", {}, "Rows: true class. Columns: predicted class."),
      html("thead", {}, html("tr", {}, html("td"), html("th", { scope: "col" }, "recall"), classes.map((name) => html("th", { scope: "col", title: name }, name)))),
      html("tbody", {}, classes.map((name, target) => html("tr", {}, html("th", { scope: "row", title: name }, name), recalls[target],
        cells[target].map((button) => html("td", {}, button)))))));
  }

  function move(event) {
    const by = ARROWS[event.key];
    if (!by) return;
    const target = cells.findIndex((row) => row.includes(document.activeElement));
    if (target < 0) return;
    event.preventDefault();
    const given = cells[target].indexOf(document.activeElement);
    const to = cells[target + by[0]]?.[given + by[1]];
    if (!to) return;
    document.activeElement.tabIndex = -1;
    to.tabIndex = 0;
    to.focus();
  }
}
