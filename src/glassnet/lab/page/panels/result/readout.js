// What the network predicts at a place, in words: every number is the engine's.
import { number } from "../../elements.js";

const MOST = 4; // classes that are named

/** "moon 1: 0.93, moon 0: 0.07", the likeliest first; or the values. */
export function outputsInWords({ names, values, probable }) {
  const each = values.map((value, n) => [names[n] ?? `output ${n}`, value]);
  if (!probable) return each.map(([name, value]) => `${name} ${number(value)}`).join(", ");
  const sorted = each.sort((a, b) => b[1] - a[1]);
  const said = sorted.slice(0, MOST).map(([name, value]) => `${name} ${number(value)}`).join(", ");
  return sorted.length > MOST ? `${said}, …` : said;
}

/** "x1 = 0.3, x2 = 0.25". */
export function placeInWords(place, names) {
  return place.map((value, n) => `${names[n]} = ${number(value)}`).join(", ");
}
