// Making elements, unpacking arrays, writing numbers.

/** An HTML element with attributes (functions are listeners) and children. */
export function html(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

/** The same for SVG. */
export function svg(tag, attributes = {}, ...children) {
  return filled(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

function filled(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

/** A labelled control: the label's text, then the control. */
export function field(text, control, hint = null) {
  return html("label", { class: "field" }, html("span", {}, text), control, hint ? html("small", {}, hint) : null);
}

/** A select with options [value, text]. */
export function choice(options, chosen, change, attributes = {}) {
  const made = options.map(([value, text]) => html("option", { value, selected: value === chosen }, text));
  return html("select", { change: (event) => change(event.target.value), ...attributes }, made);
}

/** The numbers of a packed array: { shape, values }. */
export function unpacked({ shape, kind, data }) {
  const letters = atob(data), bytes = new Uint8Array(letters.length);
  for (let at = 0; at < letters.length; at++) bytes[at] = letters.charCodeAt(at);
  return { shape, values: kind === "u1" ? bytes : new Float32Array(bytes.buffer) };
}

/** A number as the engine's pages write it: six digits. */
export function number(value) {
  if (value === null || value === undefined) return "–";
  if (!Number.isFinite(value)) return String(value);
  const short = Number(value.toPrecision(6));
  const size = Math.abs(short);
  return size !== 0 && (size < 1e-4 || size >= 1e6) ? short.toExponential() : String(short);
}

/** A colour of the style sheet, such as "--class-0". */
export function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/** Red, green, blue of a colour written #rrggbb. */
export function channels(hex) {
  return [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
}
