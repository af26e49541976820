// What happens behind the counter: central's numbers for what was touched, and the power switches.
import { make, setText, wantsCalm } from "/look/js/dom.js";

const strip = document.querySelector("#central");
const part = (name) => strip.querySelector(`[data-slot="${name}"]`);

/** Draw what central says of the products that were touched last. */
export function drawCentral({ up, items }) {
  part("central-dot").dataset.state = up ? "up" : "down";
  setText(part("central-state"), up ? "and so does the online shop" : "nothing: it is off. The online shop says how old its numbers are.");
  part("central-hint").hidden = items.length > 0;
  const list = strip.querySelector("ul");
  const rows = new Map([...list.children].map((row) => [row.dataset.gtin, row]));
  list.replaceChildren(...items.map((item) => {
    const row = rows.get(item.gtin) ?? newRow(item.gtin);
    fill(row, item, up);
    return row;
  }));
}

function newRow(gtin) {
  const picture = make("img", { src: `/goods/${gtin}.svg`, alt: "" });
  return make("li", { "data-gtin": gtin }, picture, make("span", {}), make("b", {}), make("small", {}));
}

function fill(row, item, up) {
  const [, name, count, age] = row.children;
  setText(name, `${item.name} ${item.detail}`);
  const now = item.now ?? row.dataset.now; // what it said last, where it is off now
  if (item.now !== null && row.dataset.now !== undefined && row.dataset.now !== String(item.now) && !wantsCalm()) {
    count.animate([{ scale: 1.6 }, { scale: 1 }], { duration: 500, easing: "ease-out" });
  }
  if (item.now !== null) row.dataset.now = item.now;
  const before = item.before ?? "?";
  setText(count, `${before} → ${now ?? "?"}`);
  count.toggleAttribute("data-changed", now !== undefined && String(now) !== String(before));
  setText(age, up ? (item.age_s === null ? "never counted" : `last change ${sayAge(item.age_s)} ago`) : "as central said last");
}

function sayAge(seconds) {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 100) return `${Math.round(seconds)} s`;
  return `${Math.round(seconds / 60)} min`;
}

const SAYS = { up: "running", starting: "starting …", down: "died, coming back …", off: "switched off" };

/** Draw one switch per process. */
export function drawPower(processes) {
  const list = document.querySelector("#power ul");
  if (list.children.length !== processes.length) list.replaceChildren(...processes.map(newSwitch));
  for (const process of processes) {
    const row = list.querySelector(`[data-process="${process.name}"]`);
    row.dataset.state = process.state;
    const restarts = process.restarts ? ` · ${process.restarts} ${process.restarts === 1 ? "restart" : "restarts"}` : "";
    setText(row.querySelector(".state"), SAYS[process.state] + restarts);
    row.querySelector(".toggle").setAttribute("aria-checked", String(process.state !== "off"));
    row.querySelector(".kill").disabled = process.state !== "up";
  }
}

function newSwitch({ name, title, observe }) {
  const toggle = make("button", { type: "button", class: "toggle", role: "switch", "aria-label": `${title}: power`, title: "Pull the plug, or put it back" });
  const kill = make("button", { type: "button", class: "button small kill", "aria-label": `Crash: ${title}` }, "Crash it");
  const state = make("span", { class: "state" });
  return make("li", { "data-process": name, title: observe }, make("strong", {}, title), toggle, state, kill, make("p", { class: "observe" }, observe));
}
