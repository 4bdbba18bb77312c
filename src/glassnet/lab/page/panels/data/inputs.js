// Fields that are asked once a person has finished, and do not change under their hands.
import { field, html } from "../../elements.js";

/** An input that is not filled while somebody types: { input, set }; `change` is called afterwards. */
export function typed(attributes, change) {
  let typing = false;
  const input = html("input", {
    ...attributes,
    input: () => { typing = true; },
    change: () => {
      typing = false;
      change(input);
    },
  });
  return { input, set(value) { if (!typing) input.value = value ?? ""; } };
}

/** A labelled number: { element, input, set }; `change` gets the number, or null if it is left empty. */
export function numberField(text, attributes, change) {
  const { input, set } = typed({ type: "number", inputmode: "decimal", ...attributes }, () => {
    if (input.reportValidity()) change(input.value === "" ? null : Number(input.value));
  });
  return { element: field(text, input), input, set };
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
