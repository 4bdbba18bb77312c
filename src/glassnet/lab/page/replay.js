// A recorded run in place of the server: it takes and sends the same messages as the connection.

const CANNOT = "This was not recorded: start the lab to see or change it.";
const SECONDS = 12; // that the whole run takes to play
const FEWEST = 1000 / 30; // milliseconds between two frames

/** What a WebSocket is to the lab, answered from a recording: { settings, frames, operations, answers }. */
export class Replay {
  #recording;
  #at = 0; // the frame that is shown
  #operation = null; // of the step that leads to it, if that is looked into
  #unit = null; // that is looked at, as "column,place"
  #sent = false; // whether the page has what is shown
  #ready = false;
  #timer = null;
  readyState = WebSocket.OPEN;

  constructor(recording) {
    this.#recording = recording;
    setTimeout(() => {
      this.#tell({ is: "settings", ...recording.settings });
      this.onopen?.(); // which asks for the first frame
    });
  }

  send(text) {
    const { do: command, id, ...given } = JSON.parse(text);
    if (command === "ready") {
      this.#ready = true;
      this.#show();
    } else {
      setTimeout(() => this.#answer(command, id, given));
    }
  }

  #answer(command, id, given) {
    const moved = this.#move(command, given);
    const known = moved ? {} : this.#known(command, given);
    if (known) this.#tell({ ...known, is: command, id });
    else this.#tell({ is: "error", of: command, id, sentence: CANNOT });
    if (moved) this.#moved();
  }

  // ---- through time

  #moves = {
    play: (given) => this.#play(given),
    pause: () => {},
    restart: () => this.#to(0),
    goto: ({ t }) => this.#to(nearest(this.#frames, t)),
    step: ({ count = 1 }) => this.#to(this.#at + Math.sign(count)),
    epoch: ({ count = 1 }) => this.#to(count > 0 ? this.#nextEpoch() : this.#epochBefore()),
    operation: ({ count = 1 }) => this.#toOperation(count),
    look: ({ number }) => { if (this.#inside) this.#operation = Math.min(number, this.#inside.length) - 1; },
    unit: ({ column, place }) => { this.#unit = column === undefined ? null : `${column},${place}`; },
  };

  /** Whether a command changes what is shown, which is then done. */
  #move(command, given) {
    if (!Object.hasOwn(this.#moves, command)) return false;
    if (command !== "unit") this.#stop();
    this.#moves[command](given);
    return true;
  }

  get #frames() {
    return this.#recording.frames;
  }

  /** The operations of the step that leads to the present frame, if they were recorded. */
  get #inside() {
    return this.#recording.operations[this.#frames[this.#at].t]?.every;
  }

  #to(at) {
    this.#at = Math.min(Math.max(at, 0), this.#frames.length - 1);
    this.#operation = null;
  }

  #nextEpoch() {
    const next = this.#frames.findIndex((frame) => frame.epoch > this.#frames[this.#at].epoch);
    return next < 0 ? this.#frames.length - 1 : next;
  }

  #epochBefore() {
    return this.#frames.findLastIndex((frame, n) => n < this.#at && frame.epoch < this.#frames[this.#at].epoch
      && frame.epoch !== this.#frames[n - 1]?.epoch);
  }

  /** An operation on or back; beyond the step, to the next one whose operations were recorded. */
  #toOperation(count) {
    const now = this.#operation;
    if (now !== null && this.#inside[now + count]) {
      this.#operation = now + count;
      return;
    }
    const has = (frame) => this.#recording.operations[frame.t];
    const from = count < 0 && now === null ? this.#at + 1 : this.#at;
    const next = count > 0 ? this.#frames.findIndex((frame, n) => n > this.#at && has(frame))
      : this.#frames.findLastIndex((frame, n) => n < from && has(frame));
    if (next < 0) {
      if (count < 0) this.#to(0);
      return;
    }
    this.#to(next);
    this.#operation = count > 0 ? 0 : this.#inside.length - 1;
  }

  #play({ speed, by }) {
    const last = this.#frames.length - 1;
    const pause = speed ? 1000 / speed : (1000 * SECONDS) / last;
    if (by !== "operation" && this.#at === last) this.#to(0);
    this.#timer = setInterval(() => {
      const before = [this.#at, this.#operation];
      if (by === "operation") this.#toOperation(1);
      else this.#to(this.#at + 1);
      const still = before[0] === this.#at && before[1] === this.#operation;
      if (still || (by !== "operation" && this.#at === last)) this.#stop();
      this.#moved();
    }, Math.max(FEWEST, pause));
  }

  #stop() {
    clearInterval(this.#timer);
    this.#timer = null;
  }

  // ---- what is said

  /** What was recorded of a question: inside the present step, or always. */
  #known(command, given) {
    if (command === "inside") {
      return this.#operation === null ? { of: 0 } : given.whole ? null : this.#inside[this.#operation].inside;
    }
    return this.#recording.answers[JSON.stringify([command, given])];
  }

  #moved() {
    this.#sent = false;
    this.#show();
  }

  /** Send what is shown, if the page has drawn the last frame. */
  #show() {
    if (!this.#ready || this.#sent) return;
    this.#ready = false;
    this.#sent = true;
    this.#tell({ ...this.#frame(), playing: this.#timer !== null });
  }

  #frame() {
    const frame = this.#frames[this.#at];
    if (this.#operation === null) return this.#looked(frame);
    const { before, after, every } = this.#recording.operations[frame.t];
    const shown = this.#operation + 1 < every.length ? before : after;
    return { ...this.#looked(shown), operation: every[this.#operation].operation };
  }

  /** A frame with the numbers of the unit that is looked at. */
  #looked(frame) {
    return { ...frame, unit: frame.units[this.#unit] ?? null };
  }

  #tell(message) {
    this.onmessage?.({ data: JSON.stringify(message) });
  }
}

/** The place of the frame whose step is closest to t. */
function nearest(frames, t) {
  const distance = (frame) => Math.abs(frame.t - t);
  return frames.reduce((best, frame, at) => (distance(frame) < distance(frames[best]) ? at : best), 0);
}

// What only the lab can do: in a step, another sample or all operations at once.
const FIXED = ":is(#data, #network) :is(button:not([data-look]), input, select, textarea), #inside :is(input, select)";

/** Disable what only the lab can change, and say so. */
export function recorded(page) {
  for (const heading of page.querySelectorAll("#data > h2, #network > h2")) {
    const said = document.createElement("p");
    said.className = "hint recorded";
    said.textContent = "Recorded: start the lab to change this.";
    heading.after(said);
  }
  const disable = () => {
    for (const each of page.querySelectorAll(FIXED)) {
      if (!each.disabled) each.disabled = true;
    }
  };
  disable();
  new MutationObserver(disable).observe(page, { subtree: true, childList: true, attributes: true, attributeFilter: ["disabled"] });
}
