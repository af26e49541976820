// Small things about elements that every page needs.

/** Return the element that templates mark `data-slot="name"`. */
export function slot(name) {
  const found = document.querySelector(`[data-slot="${name}"]`);
  if (!found) throw new Error(`no slot ${name}`);
  return found;
}

/** Set an element's text, and touch nothing where it is the same: live regions speak at every touch. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Return a new element. Attributes that are null or false are left out; children may be texts. */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "class") element.className = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null && child !== ""));
  return element;
}

/** Return an icon of the sprite. */
export function icon(name) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  const use = document.createElementNS(space, "use");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  use.setAttribute("href", `/static/icons.svg#${name}`);
  svg.append(use);
  return svg;
}

/** Say whether this person asked for less motion. */
export function wantsCalm() {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}

/** Return a product's picture; decorative, because its name stands beside it. */
export function picture(path) {
  return path
    ? make("img", { src: path, alt: "", loading: "lazy", decoding: "async", width: "160", height: "160" })
    : make("span", { class: "no-picture" }, icon("tag"));
}
