// A recorded run in place of the server: it takes and sends the same messages as the connection.

const CANNOT = "This is a recording: start the lab to change this.";
const SECONDS = 12; // that the whole run takes to play
const FEWEST = 1000 / 30; // milliseconds between two frames

/** What a WebSocket is to the lab, answered from a recording: { settings, frames, answers }. */
export class Replay {
  #recording;
  #at = 0; // the frame that is shown
  #sent = -1; // the one that the page has
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
    if (known) this.#tell({ is: command, id, ...known });
    else this.#tell({ is: "error", of: command, id, sentence: CANNOT });
    if (moved) this.#show(true);
  }

  /** Whether a command moves through time, which is then done. */
  #move(command, given) {
    const { frames } = this.#recording;
    const last = frames.length - 1;
    const moves = {
      play: () => this.#play(),
      pause: () => {},
      restart: () => { this.#at = 0; },
      step: () => { this.#at += Math.sign(given.count ?? 1); },
      epoch: () => {
        const next = frames.findIndex((frame) => frame.epoch > frames[this.#at].epoch);
        this.#at = next < 0 ? last : next;
      },
      goto: () => { this.#at = nearest(frames, given.t); },
    };
    if (!Object.hasOwn(moves, command)) return false;
    this.#stop();
    moves[command]();
    this.#at = Math.min(Math.max(this.#at, 0), last);
    return true;
  }

  #play() {
    const last = this.#recording.frames.length - 1;
    if (this.#at === last) this.#at = 0;
    this.#timer = setInterval(() => {
      this.#at = Math.min(this.#at + 1, last);
      if (this.#at === last) this.#stop();
      this.#show(true);
    }, Math.max(FEWEST, (1000 * SECONDS) / last));
  }

  #stop() {
    clearInterval(this.#timer);
    this.#timer = null;
  }

  /** What was recorded of this question: at the present step, or at any. */
  #known(command, given) {
    const asked = JSON.stringify([command, given]);
    const { answers, frames } = this.#recording;
    return answers[frames[this.#at].t]?.[asked] ?? answers.always[asked];
  }

  /** Send the present frame, if the page has drawn the last one. */
  #show(again = false) {
    if (again) this.#sent = -1;
    if (!this.#ready || this.#sent === this.#at) return;
    this.#ready = false;
    this.#sent = this.#at;
    this.#tell({ ...this.#recording.frames[this.#at], playing: this.#timer !== null });
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

/** Disable what only the lab can change, and say so. */
export function recorded(sections) {
  for (const section of sections) {
    const said = document.createElement("p");
    said.className = "hint recorded";
    said.textContent = "Recorded: start the lab to change this.";
    section.querySelector("h2").after(said);
    const disable = () => {
      for (const each of section.querySelectorAll("button:not([data-look]), input, select, textarea")) {
        if (!each.disabled) each.disabled = true;
      }
    };
    disable();
    new MutationObserver(disable).observe(section, { childList: true, subtree: true });
  }
}
