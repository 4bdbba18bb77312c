// How a file is read: the decisions that the reader makes, and may be told.
import { choice, field, html } from "../../elements.js";
import { changed, numberField } from "./inputs.js";

const KINDS = [["", "as found"], ["number", "number"], ["raw", "number as it is"], ["category", "category"], ["date", "date"], ["drop", "leave out"]];
const TASKS = [["", "By the target"], ["classification", "Classification"], ["regression", "Regression"]];
const MOST = 60; // columns in the list

export function makeFile({ lab, use, tell }) {
  const columns = html("datalist", { id: "data-columns" });
  const target = html("input", {
    id: "data-target", list: "data-columns", placeholder: "by its name, or the last",
    change: () => set({ target: target.value ? [target.value] : null }),
  });
  const task = choice(TASKS, "", (value) => set({ task: value || null }), { id: "data-task" });
  const size = numberField("Pixels along an edge", { id: "data-size", min: 1, max: 256, step: 1, placeholder: "their median" }, (value) => set({ size: value }));
  const kinds = html("ul", { class: "data-kinds" });
  const folded = html("details", { class: "data-folded" }, html("summary", {}, "Columns"), kinds);
  const table = html("div", {}, field("Target", target), field("Task", task), columns, folded);
  const element = html("div", {}, table, size.element);
  let source = { kind: "file", name: "" };
  return { element, begin, show };

  function begin(name) {
    source = { kind: "file", name };
    fill({ columns: [] }, lab.facts.files[name]);
    tell(use(source));
  }

  function set(changes) {
    source = changed(source, changes);
    tell(use(source));
  }

  function show({ settings, data, files }) {
    source = settings.data;
    fill(data, files[source.name]);
  }

  function fill(data, form) {
    table.hidden = form === "pictures" || form === "folder";
    size.element.hidden = form !== "pictures";
    size.set(source.size);
    target.value = source.target?.join(", ") ?? "";
    task.value = source.task ?? "";
    columns.replaceChildren(...data.columns.map(({ name }) => html("option", { value: name })));
    folded.hidden = !data.columns.length;
    kinds.replaceChildren(...data.columns.filter(({ kind }) => kind !== "target").slice(0, MOST).map(row));
  }

  function row({ name, kind }) {
    const asked = source.drop?.includes(name) ? "drop" : source.kinds?.[name]?.split(":")[0] ?? "";
    return html("li", {}, field(`${name || "(no name)"}: ${kind}`, choice(KINDS, asked, (value) => ask(name, value))));
  }

  function ask(name, value) {
    const drop = (source.drop ?? []).filter((each) => each !== name);
    const kinds = Object.fromEntries(Object.entries(source.kinds ?? {}).filter(([each]) => each !== name));
    if (value === "drop") drop.push(name);
    else if (value) kinds[name] = value;
    set({ drop: drop.length ? drop : null, kinds: Object.keys(kinds).length ? kinds : null });
  }
}
