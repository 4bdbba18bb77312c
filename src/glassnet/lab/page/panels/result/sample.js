// One sample: its picture or row, what is predicted for it, and why, as the engine explains it.
import { html } from "../../elements.js";

/** The sample as an element, hearing the lab; { element, find }. */
export function makeSample(lab) {
  const title = html("h3", { id: "sample-title", tabindex: -1 });
  const next = html("button", { id: "next-wrong", hidden: true, click: () => find(sought, shown.index) }, "Next");
  const away = html("button", { "aria-label": "Close the sample", click: () => lab.choose("sample", null) }, "Close");
  const said = html("p", { class: "hint", role: "status" });
  const inside = html("div", { class: "result-why", tabindex: 0, role: "region", "aria-label": "Reasons for the prediction" });
  const element = html("div", { id: "sample", class: "result-sample", hidden: true },
    html("div", { class: "result-sample-head" }, title, next, away), inside);
  let shown = null, sought = null, t = -1, asking = false, styled = false;

  lab.on("chosen:sample", (sample) => {
    if (sample && sought?.part !== sample.part) sought = null;
    shown = sample && { part: "training", ...sample };
    element.hidden = !shown;
    if (shown) show();
    else title.textContent = said.textContent = inside.textContent = "";
  });
  lab.on("frame", (frame) => shown && !frame.playing && frame.t !== t && show());
  lab.on("settings", ({ data }) => {
    if (shown && shown.index >= data[shown.part]) lab.choose("sample", null);
    else t = -1;
  });
  return { element, said, find };

  /** Choose the next sample that is wrong, or that a cell of the matrix counts. */
  async function find(what, after = -1) {
    const reply = await lab.say("find", { ...what, after });
    if (!reply) return;
    const none = reply.index === null;
    said.textContent = none ? `There is no such ${what.part} sample.` : "";
    if (none) return;
    sought = what;
    lab.choose("sample", { part: reply.part, index: reply.index });
    title.focus();
    element.scrollIntoView({ block: "nearest" });
  }

  async function show() {
    if (asking) return;
    asking = true;
    const { part, index } = shown;
    const reply = await lab.say("why", { part, index });
    asking = false;
    if (!reply || !shown) return;
    if (shown.part !== part || shown.index !== index) {
      show();
      return;
    }
    t = reply.t;
    write(reply);
  }

  function write({ part, index, target, prediction, wrong, html: reasons, style, t: step }) {
    if (!styled) {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(style);
      document.adoptedStyleSheets.push(sheet);
      styled = true;
    }
    const whole = prediction === undefined ? "" : wrong ? ` taken for ${prediction}` : ", predicted right";
    title.textContent = `${part === "test" ? "Test" : "Training"} sample ${index + 1}: ${target}${whole}`;
    title.title = `in step ${step}`;
    next.hidden = sought === null;
    inside.innerHTML = reasons; // made by the engine, which escapes every name and value in it
    for (const heading of inside.querySelectorAll("h2")) heading.replaceWith(html("h4", {}, heading.textContent));
  }
}
