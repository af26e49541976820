// "4 more below": a list that goes on says so, and a press brings the rest.
import { setText, wantsCalm } from "./dom.js";
import { say } from "./words.js";

const PEEK_PX = 24; // an entry that shows less than this is not seen

export class Below {
  /** @param {HTMLElement} scroller; @param {HTMLButtonElement} button shown while entries lie below the edge */
  constructor(scroller, button) {
    this.scroller = scroller;
    this.button = button;
    scroller.addEventListener("scroll", () => this.look(), { passive: true });
    new ResizeObserver(() => this.look()).observe(scroller);
  }

  /** Count what lies below the edge, and say it. */
  look() {
    const edge = this.scroller.getBoundingClientRect().bottom - PEEK_PX;
    const entries = [...this.scroller.querySelectorAll("li:not([data-leaving])")];
    const hidden = entries.filter((entry) => entry.getBoundingClientRect().top > edge).length;
    this.button.hidden = hidden === 0;
    if (hidden > 0) setText(this.button, say("kiosk.below", { n: hidden }));
  }

  go() {
    this.scroller.scrollBy({ top: this.scroller.clientHeight * 0.85, behavior: wantsCalm() ? "auto" : "smooth" });
    this.scroller.focus({ preventScroll: true });
  }
}
