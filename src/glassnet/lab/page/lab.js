// The page's end of the connection: it asks, and hears what has changed.

const GONE = "The lab does not answer.";

/** The connection to a server, under the name by which it knows this page. */
function connection(where) {
  const address = new URL(where);
  address.searchParams.set("session", sessionStorage.getItem("session") ?? "");
  return new WebSocket(address);
}

/** A lab: `ask` sends a command and gives its reply, `on` hears of "settings", "frame", "error"… */
export class Lab {
  #listeners = new Map();
  #waiting = new Map();
  #last = 0;
  facts = null; // of the last "settings"
  frame = null; // the last one
  chosen = {}; // what the panels look at, by its kind

  /** `open` makes the connection: a WebSocket, or what stands for one. */
  constructor(address, open = connection) {
    this.address = address;
    this.open = open;
    this.#connect();
  }

  /** Call `listener` with every message of a kind. */
  on(kind, listener) {
    const known = this.#listeners.get(kind) ?? [];
    this.#listeners.set(kind, [...known, listener]);
  }

  /** Choose a "weight" { name, place }, a "sample" { index } or a "unit" { layer, unit } for every panel
   * that hears `on("chosen:weight", …)`; null lets go of it. `chosen[kind]` is the last one. */
  choose(kind, what) {
    this.chosen[kind] = what;
    this.#tell(`chosen:${kind}`, what);
  }

  /** Ask for a command; the promise fails with the server's sentence. */
  ask(command, given = {}) {
    const id = ++this.#last;
    if (this.#socket.readyState !== WebSocket.OPEN) return Promise.reject(new Error(GONE));
    const text = JSON.stringify({ do: command, id, ...given });
    if (this.#begun) this.#socket.send(text);
    else this.#later.push(text);
    return new Promise((done, fail) => this.#waiting.set(id, { done, fail }));
  }

  /** Ask, and let the page say what goes wrong. */
  async say(command, given) {
    try {
      return await this.ask(command, given);
    } catch (problem) {
      this.#tell("error", { sentence: problem.message });
      return null;
    }
  }

  /** Take over some settings, such as { training: { … } }. */
  set(settings) {
    return this.say("settings", settings);
  }

  #begun = false; // the first frame was shown, for which everything else waits
  #later = [];
  #begin() {
    this.#begun = true;
    for (const text of this.#later.splice(0)) this.#socket.send(text);
  }

  #socket;
  #ended = false; // the session was closed or taken elsewhere: nothing is asked for any more
  #connect() {
    this.#socket = this.open(this.address);
    this.#socket.onmessage = (event) => this.#hear(JSON.parse(event.data));
    this.#socket.onclose = () => {
      for (const { fail } of this.#waiting.values()) fail(new Error(GONE));
      this.#waiting.clear();
      this.#later = [];
      if (this.#ended) return;
      this.#tell("closed", {});
      setTimeout(() => this.#connect(), 1000);
    };
    this.#socket.onopen = () => {
      this.#tell("open", {});
      this.#ready();
    };
  }

  #hear(message) {
    const waiting = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if (message.is === "session") sessionStorage.setItem("session", message.name);
    if (message.is === "ended") this.#ended = true;
    if (message.settings) {
      this.facts = message;
      this.#tell("settings", message);
    }
    const late = this.facts && message.branch < this.facts.branch; // of what was before a change
    if (message.is === "frame" && late) {
      this.#ready();
    } else if (message.is === "frame") {
      this.frame = message;
      this.#tell("frame", message);
      requestAnimationFrame(() => this.#ready());
    } else if (message.is === "error" ? !waiting : message.is !== "settings") { // whoever waits says what goes wrong
      this.#tell(message.is, message);
    }
    if (message.is === "frame" || message.is === "error") this.#begin();
    if (message.is === "error") waiting?.fail(new Error(message.sentence));
    else waiting?.done(message);
  }

  #ready() {
    if (this.#socket.readyState === WebSocket.OPEN) {
      this.#socket.send(JSON.stringify({ do: "ready" }));
    }
  }

  #tell(kind, message) {
    for (const listener of this.#listeners.get(kind) ?? []) listener(message);
  }
}
