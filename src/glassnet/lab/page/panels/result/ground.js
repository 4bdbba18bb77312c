// The ground of the plane: the class that wins, stronger the surer; or the value, on a scale of colours.
import { channels, colour, unpacked } from "../../elements.js";

const FAINT = 0.1, STRONG = 0.62; // of a class's colour, where it is as likely as others and where it is certain

/** Paint what the network makes of the plane on a canvas with one pixel for each point. */
export function paintGround(canvas, plane, classes, range) {
  const image = new ImageData(plane.grid, plane.grid);
  if (plane.winner) paintClasses(image.data, unpacked(plane.winner).values, unpacked(plane.certainty).values, classes);
  else paintValues(image.data, unpacked(plane.value).values, range);
  canvas.width = canvas.height = plane.grid;
  canvas.getContext("2d").putImageData(image, 0, 0);
}

function paintClasses(pixels, winner, certainty, classes) {
  const colours = Array.from({ length: 8 }, (_, n) => channels(colour(`--class-${n}`)));
  const paper = channels(colour("--ground"));
  const even = 1 / Math.max(2, classes);
  for (let at = 0; at < winner.length; at++) {
    const sure = Math.max(0, (certainty[at] / 255 - even) / (1 - even));
    const share = FAINT + (STRONG - FAINT) * sure, paint = colours[winner[at] % 8];
    for (let c = 0; c < 3; c++) pixels[4 * at + c] = paper[c] + (paint[c] - paper[c]) * share;
    pixels[4 * at + 3] = 255;
  }
}

function paintValues(pixels, values, range) {
  const paint = valueColours(range);
  for (let at = 0; at < values.length; at++) pixels.set([...paint(values[at]), 255], 4 * at);
}

/** The colour of a value in a range of targets: from --below over the ground to --above. */
export function valueColours([low, high]) {
  const ends = [channels(colour("--below")), channels(colour("--above"))];
  const paper = channels(colour("--ground"));
  const middle = (low + high) / 2, half = (high - low) / 2 || 1;
  return (value) => {
    const place = Math.max(-1, Math.min(1, (value - middle) / half));
    return mixed(paper, ends[place > 0 ? 1 : 0], Math.abs(place));
  };
}

function mixed(from, to, share) {
  return from.map((each, n) => Math.round(each + (to[n] - each) * share));
}
