// Sends what the form holds to /predict, and shows what comes back. Nothing is computed here.

const SHOWN = 20; // classes with a bar; of more, the most likely ones

const form = document.getElementById("form");
const result = document.getElementById("result");
const file = document.getElementById("file");
const rows = document.getElementById("rows");
const columns = [...document.querySelectorAll("[data-column]")];
const address = new URL("predict", location.href).href;

/** What to send: a picture, or rows as JSON, numbers as they were typed. */
function request() {
  if (file) return file.files[0] && { type: file.files[0].type, body: file.files[0] };
  const row = columns.map((each) => `${JSON.stringify(each.dataset.column)}: ${value(each)}`);
  return { type: "application/json", body: rows ? rows.value : `[{${row.join(", ")}}]` };
}

function value(entry) {
  if (entry.value.trim() === "") return "null";
  const isNumber = entry.inputMode === "decimal" && /^-?(0|[1-9]\d*)(\.\d+)?(e[+-]?\d+)?$/i.test(entry.value);
  return isNumber ? entry.value : JSON.stringify(entry.value);
}

function element(name, properties = {}, children = []) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

function text(said) {
  if (said === null || typeof said !== "object") return String(said);
  return Object.entries(said).map(([name, each]) => `${name}: ${each}`).join(", ");
}

/** The ends of an interval; of several targets, by their names. */
function interval(ends) {
  if (Array.isArray(ends)) return ends.join(" to ");
  return Object.entries(ends).map(([name, each]) => `${name}: ${interval(each)}`).join(", ");
}

/** A bar for each class, the most likely first. */
function bars(probabilities) {
  const list = Object.entries(probabilities).sort((a, b) => b[1] - a[1]);
  const lines = list.slice(0, SHOWN).flatMap(([name, p]) => {
    const filled = element("div");
    filled.style.width = `${100 * p}%`;
    return [
      element("dt", { textContent: name }),
      element("dd", { className: "bar", ariaHidden: "true" }, [filled]),
      element("dd", { textContent: `${(100 * p).toFixed(2)} %`, title: String(p) }),
    ];
  });
  const more = list.length - SHOWN;
  const rest = more > 0 ? [element("p", { className: "quiet", textContent: `and ${more} less likely` })] : [];
  return [element("dl", {}, lines), ...rest];
}

function show(answer) {
  const made = (answer.predictions ?? []).flatMap((each) => [
    element("p", { className: "said", textContent: text(each.prediction) }),
    ...(each.interval ? [element("p", { className: "interval", textContent: `interval: ${interval(each.interval)}` })] : []),
    ...(each.probabilities ? bars(each.probabilities) : []),
  ]);
  const notes = (answer.notes ?? []).map((note) => element("p", { className: "quiet", textContent: note }));
  const error = answer.error ? [element("p", { className: "error", textContent: answer.error })] : [];
  result.replaceChildren(...made, ...notes, ...error);
}

async function predict() {
  const wanted = request();
  if (!wanted) return show({ error: "Choose a picture first." });
  try {
    const headers = { "content-type": wanted.type };
    const response = await fetch(address, { method: "POST", headers, body: wanted.body });
    show(await response.json());
  } catch {
    show({ error: "The service does not answer: is it still running?" });
  }
}

/** The request as a command, quoted for a shell. */
function command() {
  const wanted = request();
  const name = wanted?.body.name ?? "picture.png";
  const body = file ? `@${name}` : wanted.body;
  const type = wanted?.type ?? "image/png";
  const quote = (word) => `'${word.replaceAll("'", "'\\''")}'`;
  document.getElementById("command").textContent =
    `curl ${address} -H 'content-type: ${type}' --data-binary ${quote(body)}`;
}

function picture(chosen) {
  const shown = document.getElementById("shown");
  URL.revokeObjectURL(shown.src);
  shown.src = URL.createObjectURL(chosen);
  shown.hidden = false;
  command();
  predict();
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  predict();
});
form.addEventListener("input", command);
if (file) {
  const drop = document.querySelector(".drop");
  file.addEventListener("change", () => file.files[0] && picture(file.files[0]));
  for (const name of ["dragover", "dragleave", "drop"]) {
    addEventListener(name, (event) => {
      event.preventDefault();
      drop.classList.toggle("over", name === "dragover");
    });
  }
  addEventListener("drop", (event) => {
    if (!event.dataTransfer.files.length) return;
    file.files = event.dataTransfer.files;
    picture(file.files[0]);
  });
}
command();
