// The published tutorials: one click sets data, network and training.
import { html } from "../../elements.js";

export function makeTutorials(lab, said) {
  const list = html("ul", { class: "data-tutorials" });
  const element = html("details", { class: "data-folded", toggle: fill }, html("summary", {}, "Published tutorials"), list);
  return { element, show() {} };

  async function fill() {
    if (!element.open || list.childElementCount) return;
    const { tutorials } = await lab.ask("sources");
    list.replaceChildren(...tutorials.map(({ name, title, source, published }) => html("li", {},
      html("button", { "data-tutorial": name, click: () => open(name) }, title),
      html("span", { class: "hint" }, `${source}; published accuracy ${published}`))));
  }

  async function open(name) {
    said.textContent = "Reading …";
    const reply = await lab.say("tutorial", { name });
    said.textContent = reply ? "Data, network and training are as published." : "";
  }
}
