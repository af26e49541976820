// One lane: what lies on its pad, what its till and its terminal do, and what to do next.
import { make, setText, wantsCalm } from "/look/js/dom.js";

const SOME = 8; // more things than this lie closer
const LOTS = 24;

/** Draw a lane of the server's state into its article. */
export function drawLane(article, lane) {
  const slot = (name) => article.querySelector(`[data-slot="${name}"]`);
  for (const kind of ["pad", "passing", "pocket"]) {
    drawLying(article.querySelector(`:not(button)[data-to="${kind}:${lane.lane}"] .lying`), lane[kind]);
  }
  article.querySelector(".hint").hidden = lane.pad.length > 0;
  article.dataset.glow = glowOf(lane);
  article.dataset.reader = readerOf(lane);
  setText(slot("led"), ledOf(lane));
  drawTill(article, slot, lane);
  drawTerminal(article, slot, lane);
  const { text, tone = "" } = nextOf(lane);
  setText(slot("next"), text);
  article.querySelector(".next").dataset.tone = tone;
  const home = article.querySelector(".home");
  home.disabled = lane.pad.length === 0;
  home.toggleAttribute("data-urged", lane.till?.stage === "receipt" && lane.pad.length > 0);
  drawFault(article.querySelector("[data-fault]"), lane.reader);
}

function drawLying(list, things) {
  const wanted = new Map(things.map((thing) => [thing.epc, thing]));
  for (const item of [...list.children]) if (!wanted.delete(item.dataset.epc)) item.remove();
  for (const thing of wanted.values()) list.append(lyingThing(thing));
  list.dataset.many = things.length > LOTS ? "lots" : things.length > SOME ? "some" : "few";
}

function lyingThing(thing) {
  const what = `${thing.name} ${thing.detail}`.trim();
  const looks = thing.gtin
    ? make("img", { src: `/goods/${thing.gtin}.svg`, alt: "", draggable: "false" })
    : make("span", { class: "tag" }, "other tag");
  const button = make(
    "button",
    { type: "button", class: "thing", "data-epc": thing.epc, title: `${what} · ${thing.epc}`, "aria-label": `Take back: ${what}` },
    looks,
  );
  const item = make("li", { "data-epc": thing.epc }, button);
  const [turn, x, y] = scatter(thing.epc);
  item.style.setProperty("--turn", `${turn}deg`);
  item.style.setProperty("--shift-x", `${x}rem`);
  item.style.setProperty("--shift-y", `${y}rem`);
  if (!wantsCalm()) {
    button.animate([{ scale: 1.35, opacity: 0 }, { scale: 1, opacity: 1 }], { duration: 240, easing: "cubic-bezier(.3,1.5,.5,1)" });
  }
  return item;
}

/** Return turn in degrees and shifts in rem, small, the same for the same EPC. */
function scatter(epc) {
  let hash = 7;
  for (const letter of epc) hash = (hash * 31 + letter.charCodeAt(0)) >>> 0;
  const part = (shift) => ((hash >>> shift) % 101) / 50 - 1;
  return [part(0) * 13, part(7) * 0.5, part(13) * 0.6];
}

function glowOf({ till, pad }) {
  if (!till?.reader_up) return "";
  if (till.stage === "receipt") return "paid";
  if (till.stage !== "basket") return "";
  return till.complete ? (pad.length ? "whole" : "") : "reading";
}

function readerOf({ reader, till }) {
  if (!reader) return "off";
  return till && !till.reader_up ? "deaf" : "up";
}

function ledOf({ reader, till }) {
  if (!reader) return "reader off";
  return till && !till.reader_up ? "the till has lost it" : `${Math.round(reader.reads_per_s)} reads/s`;
}

function drawTill(article, slot, { till }) {
  const reading = till?.stage === "basket" && !till.complete ? ", still reading" : "";
  setText(slot("stage"), till ? `${till.stage_text}${reading}` : "The store service is off.");
  setText(slot("count"), till ? `${till.count} ${till.count === 1 ? "item" : "items"}` : "");
  setText(slot("total"), till ? till.total_text : "");
}

function drawTerminal(article, slot, { behaviour, till }) {
  const choice = article.querySelector("[data-terminal]");
  choice.disabled = behaviour === null;
  if (behaviour !== null && document.activeElement !== choice) choice.value = behaviour;
  const screen = slot("terminal");
  const [state, text] = terminalScreen(behaviour, till);
  screen.dataset.state = state;
  setText(screen, text);
}

function terminalScreen(behaviour, till) {
  if (behaviour === null) return ["off", "off"];
  if (behaviour === "offline") return ["off", "no line"];
  if (till?.stage === "paying") return ["busy", `${till.total_text} · tapping the card`];
  if (till?.stage === "payment_failed") return ["no", "not charged"];
  if (till?.stage === "payment_unknown") return ["busy", "asked for its books"];
  if (till?.stage === "receipt") return ["yes", `✓ ${till.total_text}`];
  return ["ready", "ready"];
}

function drawFault(choice, reader) {
  choice.disabled = reader === null;
  const names = [...choice.options].map((option) => option.value);
  const on = reader?.faults.find((fault) => names.includes(fault)) ?? "";
  choice.dataset.on = on;
  if (document.activeElement !== choice) choice.value = on;
}

/** Return what a visitor should do now, in words. */
function nextOf({ till, pad, reader, behaviour }) {
  if (!till) return { text: "The kiosk says: one moment. Switch the store service on again below.", tone: "warn" };
  if (!reader || !till.reader_up) return { text: "The reader is away. See how the kiosk says so, and keeps the goods in mind.", tone: "warn" };
  const words = {
    attract: pad.length ? "The reader has seen something …" : "Put some goods on the pad: drag them, or press them.",
    basket: basketNext(till, pad, behaviour),
    paying: "The card is being tapped for you. Watch the kiosk.",
    payment_failed: "Nothing was charged. Let the terminal approve, then press Try again on the kiosk.",
    payment_unknown: "The reply was lost. The till asks the terminal's own books, and never charges twice.",
    receipt: pad.length ? "Paid. Now take all home." : "Paid, and taken home. Press Done on the kiosk, or wait: it leaves the receipt by itself.",
    thanks: "Goodbye! Look at central's numbers below.",
    closed: "The till finishes something of before first.",
  };
  const tones = { payment_failed: "warn", payment_unknown: "warn", receipt: "good", thanks: "good" };
  return { text: words[till.stage] ?? till.stage_text, tone: tones[till.stage] };
}

function basketNext(till, pad, behaviour) {
  if (!till.complete) return "The reader listens until the basket is whole …";
  if (till.count === 0) return pad.length ? "Nothing of this is for sale here." : "The pad is empty again.";
  if (!till.terminal_up || behaviour === null) return "The list is whole, but the terminal does not answer. See what the kiosk says.";
  return `The basket is whole. Press Pay ${till.total_text} on the kiosk.`;
}
