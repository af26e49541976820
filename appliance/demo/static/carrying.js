// Carrying things from place to place with a mouse, a pen or a finger. A press without a move is left to `click`.
//
// 1. A mouse takes a thing after a move of a few pixels. A finger takes what lies in a tray at once, and what stands
//    on a shelf after a short hold, because a finger that moves at once wants to scroll.
// 2. While something is held the page does not scroll and the click at the end is swallowed.
// 3. Keys: on a thing, P passes by, B into the bin, H home, S shelf, L pad; Escape drops what is held where it was.

const FAR_PX = 7;
const HOLD_MS = 220;
const KEYS = { p: "passing", b: "pocket", l: "pad", h: "home", s: "shelf" };

export class Carrying {
  /** @param {(thing: object, to: string) => void} move what to do when a thing is put down somewhere */
  constructor({ move }) {
    this.move = move;
    this.hold = null;
    document.addEventListener("pointerdown", (event) => this.touch(event));
    document.addEventListener("pointermove", (event) => this.drag(event));
    document.addEventListener("pointerup", (event) => this.putDown(event));
    document.addEventListener("pointercancel", () => this.letGo());
    document.addEventListener("touchmove", (event) => this.hold?.picture && event.preventDefault(), { passive: false });
    document.addEventListener("contextmenu", (event) => this.hold && event.preventDefault());
    document.addEventListener("dragstart", (event) => event.preventDefault());
    document.addEventListener("keydown", (event) => this.key(event));
  }

  touch(event) {
    const button = event.button === 0 && event.isPrimary ? thingAt(event.target) : null;
    if (!button) return;
    this.hold = { button, x: event.clientX, y: event.clientY, picture: null, timer: 0 };
    this.hold.waits = event.pointerType === "touch" && button.matches(".good");
    // A touch captures its target by itself; free it, so that what is under the finger can be found.
    if (button.hasPointerCapture(event.pointerId)) button.releasePointerCapture(event.pointerId);
    if (this.hold.waits) this.hold.timer = setTimeout(() => this.pickUp(), HOLD_MS);
  }

  drag(event) {
    const { hold } = this;
    if (!hold) return;
    const isFar = Math.hypot(event.clientX - hold.x, event.clientY - hold.y) > FAR_PX;
    if (!hold.picture) {
      if (!isFar) return;
      if (hold.waits) return this.letGo(); // it scrolls
      this.pickUp();
    }
    hold.x = event.clientX;
    hold.y = event.clientY;
    this.follow();
  }

  pickUp() {
    const { hold } = this;
    hold.picture = hold.button.querySelector("img, .tag").cloneNode(true);
    hold.picture.classList.add("held");
    document.body.append(hold.picture);
    document.body.classList.add("dragging");
    this.follow();
  }

  follow() {
    const { x, y, picture } = this.hold;
    picture.style.left = `${x}px`;
    picture.style.top = `${y}px`;
    const place = placeAt(x, y);
    for (const other of document.querySelectorAll(".drop")) if (other !== place) other.classList.remove("drop");
    place?.classList.add("drop");
  }

  putDown(event) {
    const { hold } = this;
    this.letGo();
    if (!hold?.picture) return;
    swallowNextClick();
    const place = placeAt(event.clientX, event.clientY);
    if (place && place !== hold.button.closest("[data-to]")) this.move(whatIs(hold.button), place.dataset.to);
  }

  letGo() {
    if (!this.hold) return;
    clearTimeout(this.hold.timer);
    this.hold.picture?.remove();
    this.hold = null;
    document.body.classList.remove("dragging");
    for (const place of document.querySelectorAll(".drop")) place.classList.remove("drop");
  }

  key(event) {
    if (event.key === "Escape") return this.letGo();
    const kind = event.ctrlKey || event.metaKey || event.altKey ? null : KEYS[event.key.toLowerCase()];
    const button = kind ? thingAt(event.target) : null;
    if (!button) return;
    const lane = (button.closest(".lane") ?? document.querySelector(".lane:not([hidden])")).dataset.lane;
    this.move(whatIs(button), ["home", "shelf"].includes(kind) ? kind : `${kind}:${lane}`);
  }
}

/** Return the button of a thing that can be carried, or null. */
function thingAt(target) {
  return target.closest?.(".good:not([data-none]), .thing") ?? null;
}

function whatIs(button) {
  return button.dataset.gtin ? { gtin: button.dataset.gtin } : { epcs: [button.dataset.epc] };
}

function placeAt(x, y) {
  return document.elementFromPoint(x, y)?.closest(":not(button)[data-to]") ?? null;
}

function swallowNextClick() {
  const swallow = (event) => event.stopPropagation();
  window.addEventListener("click", swallow, { capture: true, once: true });
  setTimeout(() => window.removeEventListener("click", swallow, { capture: true }), 50);
}
