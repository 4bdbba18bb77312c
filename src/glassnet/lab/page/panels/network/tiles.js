// Small pictures of units: numbers as colours, from the largest below 0 to the largest above.
import { channels, colour } from "../../elements.js";

let signed = null, inked = null;

/** Read the colours of the style sheet again, as when it turns dark. */
export function readColours() {
  const [ground, below, above, ink] = ["--ground", "--below", "--above", "--ink"].map((name) => channels(colour(name)));
  signed = table((level) => mixed(ground, level < 127.5 ? below : above, Math.abs(level - 127.5) / 127.5));
  inked = table((level) => mixed(ground, ink, level / 255));
}

/** Paint unit `n` of a column's maps on a canvas. */
export function paint(canvas, { shape, values }, n, kind) {
  const [, rows, across, colours = 1] = shape;
  if (canvas.width !== across || canvas.height !== rows) {
    canvas.width = across;
    canvas.height = rows;
    canvas.image = null;
  }
  const context = canvas.getContext("2d");
  canvas.image ??= context.createImageData(across, rows);
  const size = rows * across;
  if (colours === 3) fillColours(canvas.image.data, values, size);
  else fill(new Uint32Array(canvas.image.data.buffer), values, n * size, kind === "picture" ? inked : signed);
  context.putImageData(canvas.image, 0, 0);
}

function fill(pixels, values, start, colours) {
  for (let at = 0; at < pixels.length; at++) pixels[at] = colours[values[start + at]];
}

function fillColours(bytes, values, size) {
  for (let at = 0; at < size; at++) {
    for (let c = 0; c < 3; c++) bytes[4 * at + c] = values[3 * at + c];
    bytes[4 * at + 3] = 255;
  }
}

function table(of) {
  const bytes = new Uint8ClampedArray(4 * 256);
  for (let level = 0; level < 256; level++) bytes.set([...of(level), 255], 4 * level);
  return new Uint32Array(bytes.buffer);
}

function mixed(from, to, share) {
  return from.map((value, c) => value + (to[c] - value) * share);
}
