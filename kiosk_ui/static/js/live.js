// A live view of the server: a stream where there is one, polling where there is none.
//
// 1. Silence for longer than SILENCE_MS means that the line is dead, whatever the socket says.
// 2. While there is no living stream we poll; a stream is tried again every RETRY_MS.
// 3. `onState("lost")` comes only after LOST_MS without any answer: a short hiccup frightens nobody.

const SILENCE_MS = 8000;
const RETRY_MS = 15000;
const LOST_MS = 4000;

export class Live {
  /**
   * @param {object} options
   *   stream: path of the event stream; events: names to listen for;
   *   poll: async () => void, one poll, throws when there is no answer; pollMs: its pace;
   *   onEvent: (name, body) => void; onState: ("live" | "lost") => void
   */
  constructor({ stream, events, poll, pollMs, onEvent, onState }) {
    Object.assign(this, { stream, events, poll, pollMs, onEvent, onState });
    this.heardAt = performance.now();
    this.state = "";
    this.source = null;
    this.triedAt = -RETRY_MS;
    this.polling = false;
    this.open();
    setInterval(() => this.watch(), 500);
    document.addEventListener("visibilitychange", () => document.hidden || this.watch());
  }

  /** Something came from the server, by whatever way. */
  heard() {
    this.heardAt = performance.now();
    this.tell("live");
  }

  open() {
    this.triedAt = performance.now();
    this.source?.close();
    this.source = new EventSource(this.stream);
    this.streamAt = performance.now();
    for (const name of this.events) {
      this.source.addEventListener(name, (event) => {
        this.streamAt = performance.now();
        this.heard();
        this.onEvent(name, JSON.parse(event.data));
      });
    }
  }

  watch() {
    const now = performance.now();
    const flowing = this.source?.readyState === EventSource.OPEN && now - this.streamAt < SILENCE_MS;
    if (!flowing) {
      if (now - this.triedAt > RETRY_MS) this.open();
      void this.pollOnce();
    }
    if (now - this.heardAt > LOST_MS && !flowing) this.tell("lost");
  }

  async pollOnce() {
    if (this.polling || performance.now() - (this.polledAt ?? -Infinity) < this.pollMs) return;
    this.polling = true;
    this.polledAt = performance.now();
    try {
      await this.poll();
      this.heard();
    } catch (error) {
      console.debug("no answer", error); // the state says it to people
    } finally {
      this.polling = false;
    }
  }

  tell(state) {
    if (state === this.state) return;
    this.state = state;
    this.onState(state);
  }
}

/** Ask the server; returns its JSON, null where it says that there is nothing newer. Throws what it refuses. */
export async function ask(path, { method = "GET", body, timeoutMs = 8000 } = {}) {
  const answer = await fetch(path, {
    method,
    headers: body === undefined ? {} : { "Content-Type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
    signal: AbortSignal.timeout(timeoutMs),
    cache: "no-store",
  });
  if (answer.status === 204) return null;
  const said = await answer.json();
  if (!answer.ok) throw new Refused(answer.status, said.detail);
  return said;
}

/** The server understood and said no. */
export class Refused extends Error {
  constructor(status, detail) {
    super(detail);
    this.status = status;
  }
}
