// What was read: sizes in one line, every decision on demand.
import { html } from "../../elements.js";

export function makeSummary() {
  const line = html("p", { id: "data-sizes", class: "data-tight" });
  const list = html("ul", { id: "data-notes", class: "data-notes" });
  const how = html("summary", {});
  const folded = html("details", { class: "data-folded" }, how, list);
  return {
    element: html("div", {}, line, folded),
    show({ data }) {
      line.textContent = `${counted(data.training, "training sample")}, ${data.test ? data.test.toLocaleString("en") : "no"} test; ${inputs(data)}; ${outputs(data)}`;
      const notes = [
        ...data.columns.map(({ name, kind, holds, missing }) => `${name || "(no name)"}: ${kind}, ${holds}${missing ? `, ${counted(missing, "gap")}` : ""}`),
        ...data.notes,
      ];
      folded.hidden = !notes.length;
      how.textContent = `How it was read (${counted(data.notes.length, "decision")})`;
      list.replaceChildren(...notes.map((note) => html("li", {}, note)));
    },
  };
}

function counted(count, noun) {
  return `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;
}

function inputs({ shape }) {
  return shape.length === 1 ? counted(shape[0], "feature") : `pictures of ${shape.join(" × ")}`;
}

function outputs({ task, target, classes, outputs: names }) {
  if (task === "values") return `predicts ${target}, ${names.length === 1 ? "a number" : `${names.length} numbers`}`;
  return `predicts ${target}, one of ${classes.length}: ${classes.slice(0, 10).join(", ")}${classes.length > 10 ? ", …" : ""}`;
}
