// The curves of the main run and its forks, as far as they were sent.

/** Take in what a frame has of a curve: from epoch `first` on. */
function taken(known, { first, columns }) {
  const made = {};
  for (const name of new Set([...Object.keys(known), ...Object.keys(columns)])) {
    made[name] = (known[name] ?? []).slice(0, first).concat(columns[name] ?? []);
  }
  return made;
}

export class Store {
  main = {};
  forks = []; // with their columns, in the order of their letters
  changed = true;

  take(frame) {
    const before = new Map(this.forks.map((fork) => [fork.letter, fork]));
    if (frame.curves.first === 0 || length(frame.curves.columns)) {
      this.changed = true;
      this.main = taken(this.main, frame.curves);
    }
    this.forks = (frame.forks ?? []).map((fork) => {
      const known = before.get(fork.letter);
      if (!known || fork.curves.first === 0 || length(fork.curves.columns)) this.changed = true;
      return { ...fork, columns: taken(known?.columns ?? {}, fork.curves) };
    }).sort((a, b) => (a.letter < b.letter ? -1 : 1));
    if (this.forks.length !== before.size) this.changed = true;
  }

  /** All runs: the main one first, its letter is "M". */
  get runs() {
    return [{ letter: "M", name: "Main run", from: 0, columns: this.main }, ...this.forks];
  }

  /** The metrics that have curves: "loss", then those of people. */
  get metrics() {
    return Object.keys(this.main).filter((name) => !name.startsWith("val_"));
  }
}

function length(columns) {
  return Object.values(columns)[0]?.length ?? 0;
}
