// Where everything of the picture stands, in pixels, for the room there is.

const PLUS = 44, HEAD = 38, AIR = 10, FOOT = 64, MORE = 24, LINE = 16;
const NARROW = 480, LARGE = 780; // pixels, below which columns come closer, and above which units grow
const LETTER = 6.6; // pixels of a letter of a name, about

/** Columns with the places of their units, gaps between columns, and the size of it all. */
export function arranged(columns, room) {
  const narrow = room < NARROW;
  const most = Math.max(...columns.map((column) => column.units));
  const size = tileSize(most, room), pitch = size + (most > 8 ? 5 : 9);
  const pictures = columns.some(({ shape }) => shape.length > 1);
  const wide = columns.map((column) => widthOf(column, size, narrow ? (pictures ? 72 : 60) : 98));
  const gaps = Math.max(columns.length - 1, 1);
  const left = (room - wide.reduce((sum, width) => sum + width, 0)) / gaps;
  const gap = Math.min(Math.max(left, narrow ? (pictures ? 40 : 20) : 32), room > LARGE ? 240 : 170);
  const width = wide.reduce((sum, each) => sum + each, 0) + gap * (columns.length - 1);
  const heads = Math.max(...columns.map((column, k) => column.layers.length + (k === 0 || k === columns.length - 1)));
  const top = PLUS + heads * HEAD + AIR;
  const tall = Math.max(...columns.map((column) => heightOf(column, pitch, narrow)));
  let x = Math.max(0, (room - width) / 2);
  const placed = columns.map((column, k) => {
    const made = ofColumn(column, { k, last: columns.length - 1, x, width: wide[k], top, tall, pitch, size, narrow });
    x += wide[k] + gap;
    return made;
  });
  return {
    columns: placed, gap, plus: PLUS, head: HEAD, top, foot: top + tall + 6,
    sums: top + tall + 28 + (narrow && pictures ? LINE : 0),
    width: Math.max(room, width), height: top + tall + FOOT + (narrow && pictures ? 2 * LINE : 0),
    gaps: placed.slice(1).map((column, k) => ({ x: (placed[k].x + placed[k].width + column.x) / 2, room: gap + Math.min(column.width, placed[k].width) })),
  };
}

function tileSize(most, room) {
  const [few, some, many] = room > LARGE ? [76, 58, 42] : room < NARROW ? [41, 39, 36] : [49, 39, 36];
  return most > 8 ? many : most > 5 ? some : few;
}

function isPicture(column) {
  return column.of === 1 && column.shape.length > 1;
}

function pictureSize(narrow) {
  return narrow ? 84 : 116;
}

function nameWidth(column, narrow) {
  const letters = Math.max(0, ...column.names.map((name) => name.length));
  return letters ? Math.min(letters * LETTER + 8, narrow ? 46 : 92) : 0;
}

function widthOf(column, size, least) {
  const narrow = least < 90;
  const tile = isPicture(column) ? pictureSize(narrow) : size;
  return Math.max(tile + nameWidth(column, narrow), least);
}

function heightOf(column, pitch, narrow) {
  const tiles = isPicture(column) ? pictureSize(narrow) : column.units * pitch;
  return tiles + (column.of > column.units ? MORE : 0);
}

function ofColumn(column, { k, last, x, width, top, tall, pitch, size, narrow }) {
  const tile = isPicture(column) ? pictureSize(narrow) : size;
  const step = isPicture(column) ? tile : pitch;
  const names = nameWidth(column, narrow);
  const start = top + (tall - heightOf(column, pitch, narrow)) / 2 + (step - tile) / 2;
  const middle = x + width / 2;
  const tileX = middle - (tile + names) / 2 + (k === 0 ? names : 0);
  const units = Array.from({ length: column.units }, (_, n) => ({ x: tileX, y: start + n * step, size: tile }));
  const nameX = k === last ? tileX + tile + 4 : tileX - names;
  const bottom = units.at(-1).y + tile;
  return { x, width, units, name: { x: nameX, width: names - 4, before: k !== last }, more: { x: middle, y: bottom + 3 } };
}
