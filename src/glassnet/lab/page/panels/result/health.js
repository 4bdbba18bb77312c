// What is wrong with the training, each with buttons that try the advice.
import { html } from "../../elements.js";

/** A list of sentences, hearing the lab; empty as long as nothing is wrong. */
export function makeHealth(lab) {
  const element = html("div", { id: "health", class: "result-health", role: "status" });
  lab.on("frame", ({ wrongs }) => wrongs && element.replaceChildren(...wrongs.map(wrongOf)));
  return element;

  function wrongOf({ kind, sentence, tries }) {
    return html("div", { class: "result-wrong", "data-kind": kind }, html("p", {}, sentence),
      tries.length ? html("p", { class: "hint" }, "Try it:") : null, tries.flatMap(buttonsOf));
  }

  function buttonsOf({ remedy, n, words, here, start }) {
    const ask = (from) => () => lab.say("treat", { remedy, n, start: from });
    const ways = [here && start ? ["from here", false] : null, start ? ["from the start", true] : null, here && !start ? ["", false] : null];
    return ways.filter(Boolean).map(([from, afresh]) =>
      html("button", { class: "result-try", click: ask(afresh) }, from ? `${words}, ${from}` : words));
  }
}
