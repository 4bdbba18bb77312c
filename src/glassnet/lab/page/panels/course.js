// The tasks of the course: begin one, solve it with the panels above, and let the engine check it.
import { html, number } from "../elements.js";
import { done, remember } from "./course/progress.js";

export async function course(panel, lab) {
  const count = html("p", { class: "course-count", role: "status" });
  const grid = html("div", { class: "course-grid" });
  panel.append(
    html("p", { class: "hint" }, "A task for each chapter of the course. Solve it with everything on this page; the engine checks it. "
      + "This browser remembers which are done."),
    count, grid);
  let made = false;
  lab.on("settings", async () => {
    if (made) return;
    made = true;
    const { cards } = await lab.ask("tasks");
    grid.replaceChildren(...cards.map((card) => item(card, lab, tell)));
    tell();
  });

  function tell() {
    count.textContent = `${done().length} of ${grid.children.length} done`;
  }
}

function item(card, lab, solved) {
  const mark = html("span", { class: "course-mark" });
  const verdict = html("p", { class: "course-verdict", role: "status" });
  const asked = card.asks === "layer" ? layers(lab) : null;
  const begin = html("button", { click: start, "aria-label": `Begin: ${card.title}` }, "Begin");
  const check = html("button", { class: "main", click: judge, "aria-label": `Check: ${card.title}` }, "Check");
  show();
  return html("details", { name: "course", class: "course-card", id: `task-${card.page}` },
    html("summary", {}, html("span", { class: "course-number" }, card.page.slice(0, 2).replace(/^0/, "")), html("span", { class: "course-title" }, card.title), mark),
    html("p", {}, card.task),
    html("p", { class: "hint" }, `Chapter ${card.chapter}`, html("br"), html("code", {}, card.path)),
    html("div", { class: "row" }, begin, asked?.button ?? check), asked?.element,
    asked ? html("div", { class: "row course-named" }, asked.label, check) : null, verdict,
    html("p", { class: "hint" }, "Begin replaces the present data, network and training."));

  async function start() {
    verdict.textContent = "";
    asked?.clear();
    if (await lab.say("task_begin", { page: card.page })) verdict.textContent = "The lab is set to this task.";
  }

  async function judge() {
    const found = await lab.say("task_check", { page: card.page, entered: asked?.value() ?? "" });
    if (!found) return;
    verdict.textContent = `${found.done ? "Done." : "Not yet."} ${found.sentence}`;
    verdict.classList.toggle("course-done", found.done);
    if (found.done) remember(card.page);
    show();
    solved();
  }

  function show() {
    const is = done().includes(card.page);
    mark.textContent = is ? "✓ done" : "";
    mark.classList.toggle("course-done", is);
  }
}

/** The engine's gradient checks in a table, and a choice of a layer. */
function layers(lab) {
  const table = html("table", { class: "course-checks", hidden: true });
  const select = html("select", {}, html("option", { value: "" }, "choose a layer"));
  const label = html("label", { class: "field", hidden: true }, html("span", {}, "The wrong one is"), select);
  const button = html("button", { click: look }, "Compare every gradient with differences");
  return { button, label, element: table, value: () => select.value, clear };

  function clear() {
    table.hidden = label.hidden = true;
    select.value = "";
  }

  async function look() {
    const found = await lab.say("task_gradients");
    if (!found) return;
    const head = ["array", "relative error", ""].map((text) => (text ? html("th", { scope: "col" }, text) : html("td")));
    const rows = found.checks.map(({ name, error, right }) => html("tr", {},
      html("th", { scope: "row" }, html("code", {}, name)), html("td", {}, number(error)), html("td", { class: right ? "" : "course-wrong" }, right ? "ok" : "✗ wrong")));
    table.replaceChildren(
      html("caption", {}, `Right if the error is below ${number(found.tolerance)}; x is the input, 2.W the weights of layer 2. A wrong dx spoils every array before it.`),
      html("thead", {}, html("tr", {}, head)), html("tbody", {}, rows));
    const kept = select.value;
    select.replaceChildren(html("option", { value: "" }, "choose a layer"), ...found.layers.map((words, n) => html("option", { value: n }, words)));
    select.value = kept;
    table.hidden = label.hidden = false;
  }
}
