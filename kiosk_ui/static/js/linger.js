// "Are you still there?": a receipt does not stay on screen for the next shopper. Time left is shown, spoken at a few
// steps, and can be extended as often as wanted (EN 301 549, 9.2.2.1; WCAG 2.2, 2.2.1).
import { setText, slot } from "./dom.js";
import { say } from "./words.js";

const ASKED_S = 20;
const SPOKEN_S = 10; // said once more; the question itself is read when it opens

export class Linger {
  /** @param {number} quietS seconds without a touch before the question; @param {() => void} leave when nobody answers */
  constructor(quietS, leave) {
    this.quietS = quietS;
    this.leave = leave;
    this.dialog = document.querySelector("dialog.still");
    this.on = false;
    for (const name of ["pointerdown", "keydown"]) document.addEventListener(name, () => this.on && !this.dialog.open && this.more());
    this.dialog.addEventListener("cancel", () => this.more());
  }

  /** Say whether a receipt is on screen. */
  watch(on) {
    if (on === this.on) return;
    this.on = on;
    if (on) this.more();
    else this.stop();
  }

  /** Somebody is there: begin anew. */
  more() {
    this.stop();
    this.timer = setTimeout(() => this.question(), this.quietS * 1000);
  }

  stop() {
    clearTimeout(this.timer);
    clearInterval(this.ticking);
    this.dialog.close();
  }

  question() {
    let left = ASKED_S;
    const tick = () => setText(slot("still"), say("kiosk.still_lead", { n: left }));
    tick();
    this.dialog.showModal();
    this.ticking = setInterval(() => {
      left -= 1;
      tick();
      if (left === SPOKEN_S) setText(slot("announcer"), say("kiosk.still_lead", { n: left }));
      if (left > 0) return;
      this.stop();
      this.leave();
    }, 1000);
  }
}
