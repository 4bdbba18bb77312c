// How a file is read: the decisions that the reader makes, and may be told.
import { choice, field, html } from "../../elements.js";
import { changed, numberField, typed } from "./inputs.js";

const KINDS = [["", "as found"], ["number", "number"], ["raw", "number as it is"], ["category", "category"], ["date", "date"], ["drop", "leave out"]];
const TASKS = [["", "By the target"], ["classification", "Classification"], ["regression", "Regression"]];
const MOST = 60; // columns in the list
const TEXT = /\.(csv|tsv|txt)(\.gz)?$/i, BOOK = /\.(xlsx|ods)$/i; // what is read with these settings
const READING = [
  ["separator", "Separator", ", or ; or tab or blank", TEXT],
  ["encoding", "Encoding", "utf-8, or latin-1, cp1252, utf-16 …", TEXT],
  ["decimal", "Decimal mark", ". or ,", TEXT],
  ["thousands", "Thousands mark", "none, or , or .", TEXT],
  ["sheet", "Sheet", "the first with a table, or its name", BOOK],
];

export function makeFile({ lab, use, tell }) {
  const columns = html("datalist", { id: "data-columns" });
  const target = typed({ id: "data-target", list: "data-columns", placeholder: "by its name, or the last" },
    ({ value }) => set({ target: value ? [value] : null }));
  const task = choice(TASKS, "", (value) => set({ task: value || null }), { id: "data-task" });
  const size = numberField("Pixels along an edge", { id: "data-size", min: 1, max: 256, step: 1, placeholder: "their median" }, (value) => set({ size: value }));
  const kinds = html("ul", { class: "data-kinds" });
  const folded = html("details", { class: "data-folded" }, html("summary", {}, "Columns"), kinds);
  const reading = READING.map(([name, text, placeholder, of]) => {
    const mark = typed({ id: `data-${name}`, placeholder, autocomplete: "off" }, ({ value }) => set({ [name]: value || null }));
    return { name, of, fill: mark.set, element: field(text, mark.input) };
  });
  const how = html("details", { class: "data-folded", id: "data-reading" }, html("summary", {}, "Reading"),
    html("div", { class: "data-fields" }, reading.map(({ element }) => element)));
  const table = html("div", {}, field("Target", target.input), field("Task", task), columns, how, folded);
  const element = html("div", {}, table, size.element);
  let source = { kind: "file", name: "" };
  return { element, begin, show };

  function begin(name) {
    source = { kind: "file", name };
    fill({ columns: [] }, lab.facts.files[name]);
    tried();
  }

  function set(changes) {
    source = changed(source, changes);
    tried();
  }

  /** Read it; if that fails, what may help is opened. */
  function tried() {
    const reply = use(source);
    reply.catch(() => { how.open = !how.hidden; });
    tell(reply);
  }

  function show({ settings, data, files }) {
    source = settings.data;
    fill(data, files[source.name]);
  }

  function fill(data, form) {
    table.hidden = form === "pictures" || form === "folder";
    size.element.hidden = form !== "pictures";
    for (const each of reading) {
      each.element.hidden = !each.of.test(source.name);
      each.fill(source[each.name]);
    }
    how.hidden = reading.every(({ element }) => element.hidden);
    size.set(source.size);
    target.set(source.target?.join(", "));
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
