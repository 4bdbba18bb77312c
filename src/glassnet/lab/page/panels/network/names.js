// What things of the network are called on the page.
import { number, unpacked } from "../../elements.js";

/** The words of a layer, as the text has them. */
export function wordsOf(facts, n) {
  const row = facts.words.rows[n - facts.words.first];
  return row ? row.words : facts.layers[n].words;
}

/** A column in words: "inputs", "dense 4, tanh", "outputs". */
export function columnName(facts, k) {
  const { columns } = facts;
  if (k === 0) return "inputs";
  if (k === columns.length - 1) return "outputs";
  return columns[k].layers.map((n) => wordsOf(facts, n)).join(", ");
}

/** A unit by its name, or its number. */
export function unitName(column, n) {
  if (column.names[n]) return column.names[n];
  if (column.shape.length > 1) return column.of > 1 ? `channel ${n}` : "picture";
  return `unit ${n}`;
}

/** What a unit gives for the sample that is looked at. */
export function unitNumber(given, n) {
  if (given.values) return number(unpacked(given.values).values[n]);
  return `${number(unpacked(given.lows).values[n])} to ${number(unpacked(given.highs).values[n])}`;
}

/** A shape: 28 × 28 × 6. */
export function times(shape) {
  return shape.join(" × ");
}

/** A whole number with commas. */
export function whole(count) {
  return count.toLocaleString("en");
}

/** One of something, or several. */
export function counted(count, noun) {
  return `${whole(count)} ${noun}${count === 1 ? "" : "s"}`;
}
