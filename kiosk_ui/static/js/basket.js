// The list of goods: what comes glides in, what goes glides out, the rest stays where it is.
import { make, picture, setText, wantsCalm } from "./dom.js";
import { say } from "./words.js";

const MOVE = { duration: 320, easing: "cubic-bezier(.2,.8,.2,1)" };
const LEAVE = { duration: 240, easing: "ease-in", fill: "forwards" };

export class Basket {
  /** @param {HTMLElement} list an empty list element; @param {(line) => HTMLElement} draw makes one entry */
  constructor(list, draw) {
    this.list = list;
    this.draw = draw;
    this.entries = new Map(); // epc → { element, shown }
  }

  /** Show exactly `lines`, in their order. With `follow`, what is new is brought into view. */
  show(lines, follow = false) {
    const before = this.places();
    const wanted = new Set(lines.map((line) => line.epc));
    for (const [epc, entry] of this.entries) if (!wanted.has(epc)) this.remove(epc, entry);
    let newest = null;
    lines.forEach((line, index) => {
      const entry = this.entries.get(line.epc) ?? this.add(line);
      if (!before.has(line.epc)) newest = entry.element;
      const shown = JSON.stringify(line);
      if (entry.shown !== shown) this.redraw(entry, line, shown);
      const staying = [...this.list.children].filter((child) => !child.dataset.leaving);
      if (staying[index] !== entry.element) this.list.insertBefore(entry.element, staying[index] ?? null);
    });
    this.glide(before);
    if (follow) newest?.scrollIntoView({ block: "nearest", behavior: wantsCalm() ? "auto" : "smooth" });
  }

  get size() {
    return this.entries.size;
  }

  places() {
    return new Map([...this.entries].map(([epc, { element }]) => [epc, element.getBoundingClientRect()]));
  }

  add(line) {
    const entry = { element: make("li"), shown: "" };
    this.entries.set(line.epc, entry);
    return entry;
  }

  redraw(entry, line, shown) {
    const drawn = this.draw(line);
    entry.element.className = drawn.className;
    // Keep the picture that is there: a new one would flash.
    const old = entry.element.querySelector("img");
    const fresh = drawn.querySelector("img");
    if (old && fresh && old.getAttribute("src") === fresh.getAttribute("src")) fresh.replaceWith(old);
    entry.element.replaceChildren(...drawn.childNodes);
    entry.shown = shown;
  }

  remove(epc, { element }) {
    this.entries.delete(epc);
    if (wantsCalm() || !element.isConnected || !this.list.offsetParent) return element.remove();
    const { offsetTop, offsetLeft, offsetWidth, offsetHeight } = element;
    element.dataset.leaving = "yes";
    element.setAttribute("aria-hidden", "true");
    // Out of the flow at once, so that the others close the gap while it fades.
    Object.assign(element.style, {
      position: "absolute",
      top: `${offsetTop}px`,
      left: `${offsetLeft}px`,
      width: `${offsetWidth}px`,
      height: `${offsetHeight}px`,
    });
    const gone = element.animate([{ opacity: 1 }, { opacity: 0, transform: "translateY(-1.5rem) scale(.94)" }], LEAVE);
    gone.finished.then(() => element.remove());
    return undefined;
  }

  glide(before) {
    if (wantsCalm()) return;
    for (const [epc, { element }] of this.entries) {
      const from = before.get(epc);
      const to = element.getBoundingClientRect();
      if (!from) {
        element.animate([{ opacity: 0, transform: "translateY(1.25rem) scale(.97)" }, { opacity: 1, transform: "none" }], MOVE);
      } else if (from.width > 0 && (from.left !== to.left || from.top !== to.top)) {
        const shift = `translate(${from.left - to.left}px, ${from.top - to.top}px)`;
        element.animate([{ transform: shift }, { transform: "none" }], MOVE);
      }
    }
  }
}

/** Return the entry of a line that is for sale. */
export function drawItem(line) {
  const name = make("span", { class: "item-name" }, line.name);
  const saving = line.discount_text
    ? make(
        "span",
        { class: "item-saving" },
        make("span", { class: "promotion" }, ...line.promotions.map((text) => `${text} `), make("span", { class: "amount" }, line.discount_text)),
        make("span", { class: "was" }, say("kiosk.instead_of", { price: line.price_text })),
      )
    : "";
  return make(
    "li",
    { class: "item" },
    make("span", { class: "frame-picture item-picture" }, picture(line.picture)),
    make("span", { class: "item-words" }, name, line.detail ? make("span", { class: "item-detail" }, line.detail) : ""),
    make("span", { class: "item-price amount" }, line.gross_text),
    saving,
  );
}

/** Return the entry of a line that is not charged, and why. */
export function drawAside(line) {
  return make(
    "li",
    { class: `aside-item ${line.kind}` },
    make("span", { class: "frame-picture item-picture" }, picture(line.picture)),
    make(
      "span",
      { class: "item-words" },
      make("span", { class: "item-name" }, line.name ? `${line.name}: ${line.note}` : line.note),
      make("span", { class: "item-detail" }, line.hint),
    ),
  );
}

/** Change a number without moving anything: figures have one width, and the change is a short brightening. */
export function setFigure(element, text) {
  if (element.textContent === text) return;
  setText(element, text);
  if (!wantsCalm()) element.animate([{ opacity: 0.35 }, { opacity: 1 }], { duration: 200, easing: "ease-out" });
}
