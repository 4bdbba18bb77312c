// Number fields that are asked once a person has finished, and do not change under their hands.
import { field, html } from "../../elements.js";

/** A labelled number: { element, input, set }; `change` gets the number, or null if it is left empty. */
export function numberField(text, attributes, change) {
  let typing = false;
  const input = html("input", {
    type: "number", inputmode: "decimal", ...attributes,
    input: () => { typing = true; },
    change: () => {
      typing = false;
      if (input.reportValidity()) change(input.value === "" ? null : Number(input.value));
    },
  });
  const element = field(text, input);
  return {
    element,
    input,
    set(value) {
      if (!typing) input.value = value ?? "";
    },
  };
}

/** A group of buttons of which one is chosen: { element, value }. */
export function radios(name, legend, options, change) {
  let chosen = options[0][0];
  const element = html("fieldset", { class: "data-radios" }, html("legend", {}, legend), options.map(([value, face, title]) =>
    html("label", { title }, html("input", {
      type: "radio", name, value, checked: value === chosen, "aria-label": title,
      change: () => { chosen = value; change?.(value); },
    }), html("span", {}, face))));
  return { element, get value() { return chosen; } };
}

/** Merge changes into a source; what is null goes back to what it is by itself. */
export function changed(source, changes) {
  return Object.fromEntries(Object.entries({ ...source, ...changes }).filter(([, value]) => value !== null && value !== undefined));
}
