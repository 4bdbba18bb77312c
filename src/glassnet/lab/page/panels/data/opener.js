// Files that are opened or dropped anywhere on the page.
import { html } from "../../elements.js";

const NETWORK = ".safetensors"; // which no data are
const ENDINGS = `.csv,.tsv,.txt,.gz,.json,.jsonl,.ndjson,.parquet,.arrow,.feather,.xlsx,.ods,.npy,.npz,.zip,${NETWORK}`;

/** `opened` hears the name of a file of data, `begun` that of a trained network. */
export function makeOpener(lab, said, { opened, begun }) {
  const input = html("input", {
    type: "file", id: "data-file", class: "data-hidden", accept: ENDINGS, "aria-label": "Open a file",
    change: () => { if (input.files[0]) send(input.files[0]); input.value = ""; },
  });
  const element = html("label", { class: "data-opener", title: "A table (CSV, TSV, JSON, Parquet, Arrow, Excel, ODS), arrays (npy, npz), a .zip with a folder of pictures for each class, or a trained network (.safetensors)" },
    input, html("span", {}, "File …"));
  addEventListener("dragover", (event) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    element.classList.add("data-over");
  });
  addEventListener("dragleave", (event) => { if (!event.relatedTarget) element.classList.remove("data-over"); });
  addEventListener("drop", (event) => {
    element.classList.remove("data-over");
    const [file] = event.dataTransfer?.files ?? [];
    if (!file) return;
    event.preventDefault();
    send(file);
  });
  return { element };

  async function send(file) {
    said.textContent = `Reading ${file.name} …`;
    const address = `upload/${lab.facts.shelf}?name=${encodeURIComponent(file.name)}`;
    try {
      const reply = await fetch(address, { method: "POST", body: file });
      const { name, error } = await reply.json();
      if (error) said.textContent = error;
      else if (name.endsWith(NETWORK)) begun(name);
      else opened(name);
    } catch {
      said.textContent = `${file.name} was not read to its end: it may be larger than 64 MiB, or the lab has ended.`;
    }
  }
}
