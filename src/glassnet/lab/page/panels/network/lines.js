// Weights as lines: as wide as they are large, in the colours of numbers below and above 0.
import { svg, unpacked } from "../../elements.js";

/** The lines between two columns; `update` takes those of a frame. */
export class Lines {
  #pool = [];

  constructor(k, from, to) {
    this.k = k;
    this.from = from.units;
    this.to = to.units;
    this.group = svg("g", { class: "net-lines" });
    this.given = null;
  }

  /** Draw these weights; without any, how units are handed on. */
  update(given) {
    if (!given) return this.#handOn();
    const values = unpacked(given.values).values, sizes = unpacked(given.sizes).values;
    this.given = { ...given, values };
    while (this.#pool.length < given.from.length) this.#add();
    this.#pool.forEach((line, n) => {
      const there = n < given.from.length;
      line.show(there);
      if (!there) return;
      const share = given.top > 0 ? Math.min(sizes[n] / given.top, 1) : 0;
      line.place(this.from[given.from[n]], this.to[given.to[n]]);
      line.look(given.bundle > 1 ? "bundle" : values[n] < 0 ? "below" : "above", share);
    });
  }

  /** Let those weights stand out that are looked at: { name, place }. */
  mark(weights) {
    const given = this.given;
    const own = weights.filter((each) => each && each.name === given?.name).map(({ place }) => String(place));
    this.#pool.forEach((line, n) => line.mark(n < given.from.length && own.includes(String(given.places[n]))));
  }

  #add() {
    const line = new Line(this.k, this.#pool.length);
    this.#pool.push(line);
    this.group.append(line.drawn, line.hit);
  }

  #handOn() {
    if (this.group.childNodes.length) return;
    const [from, to] = [this.from, this.to];
    if (from.length === to.length) {
      from.forEach((unit, n) => this.group.append(svg("path", { class: "net-handed", d: curve(unit, to[n]) })));
    } else {
      this.group.append(svg("path", { class: "net-ribbon", d: ribbon(from, to) }));
    }
  }
}

class Line {
  #at = ""; #look = ""; #there = true; #marked = false;

  constructor(k, n) {
    this.drawn = svg("path", { class: "net-line" });
    this.hit = svg("path", { class: "net-hit" });
    this.hit.line = { k, n };
  }

  show(there) {
    if (there === this.#there) return;
    this.#there = there;
    this.drawn.style.display = this.hit.style.display = there ? "" : "none";
  }

  place(from, to) {
    const d = curve(from, to);
    if (d === this.#at) return;
    this.#at = d;
    this.drawn.setAttribute("d", d);
    this.hit.setAttribute("d", d);
  }

  look(kind, share) {
    const many = kind === "bundle"; // stands for many weights, so that it says less
    const width = (0.5 + (many ? 2 : 4.5) * share).toFixed(1), opacity = (0.16 + (many ? 0.3 : 0.74) * share).toFixed(2);
    const look = `${kind} ${width} ${opacity}`;
    if (look === this.#look) return;
    this.#look = look;
    this.drawn.setAttribute("data-kind", kind);
    this.drawn.setAttribute("stroke-width", width);
    this.drawn.setAttribute("stroke-opacity", opacity);
  }

  mark(chosen) {
    if (chosen === this.#marked) return;
    this.#marked = chosen;
    this.drawn.classList.toggle("net-marked", chosen);
  }
}

function curve(from, to) {
  const x = from.x + from.size, y = from.y + from.size / 2, end = to.y + to.size / 2;
  const bend = (to.x - x) * 0.45;
  return `M${x} ${y}C${x + bend} ${y} ${to.x - bend} ${end} ${to.x} ${end}`;
}

function ribbon(from, to) {
  const x = from[0].x + from[0].size, end = to[0].x, bend = (end - x) * 0.45;
  const top = from[0].y, low = from.at(-1).y + from[0].size, up = to[0].y, down = to.at(-1).y + to[0].size;
  return `M${x} ${top}C${x + bend} ${top} ${end - bend} ${up} ${end} ${up}V${down}C${end - bend} ${down} ${x + bend} ${low} ${x} ${low}Z`;
}
