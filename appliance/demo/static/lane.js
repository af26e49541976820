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
  drawWaysOut(article, lane);
  drawFault(article.querySelector("[data-fault]"), lane.reader);
}

/** What lies on the pad and in the bin may be taken home, and goes back to the shelf unless it is sold. */
function drawWaysOut(article, lane) {
  const lying = lyingAt(lane);
  const home = article.querySelector(".home");
  home.disabled = lying.length === 0;
  home.toggleAttribute("data-urged", lying.some((thing) => thing.sold));
  const back = article.querySelector(".back");
  back.disabled = lying.every((thing) => thing.sold);
  back.title = back.disabled && lying.length ? "Paid for: what is sold can only be taken home." : "";
}

function lyingAt({ pad, pocket }) {
  return [...pad, ...pocket];
}

function drawLying(list, things) {
  const wanted = new Map(things.map((thing) => [thing.epc, thing]));
  for (const item of [...list.children]) if (!wanted.delete(item.dataset.epc)) item.remove();
  for (const thing of wanted.values()) list.append(lyingThing(thing));
  for (const thing of things) drawOwner(list.querySelector(`[data-epc="${thing.epc}"] .thing`), thing);
  list.dataset.many = things.length > LOTS ? "lots" : things.length > SOME ? "some" : "few";
}

function lyingThing(thing) {
  const looks = thing.gtin
    ? make("img", { src: `/goods/${thing.gtin}.svg`, alt: "", draggable: "false" })
    : make("span", { class: "tag" }, "other tag");
  const button = make(
    "button",
    { type: "button", class: "thing", "data-epc": thing.epc },
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

/** Say whose a thing is: the shop's goes back to the shelf at a press, the shopper's goes home. */
function drawOwner(button, thing) {
  const what = `${thing.name} ${thing.detail}`.trim();
  button.toggleAttribute("data-sold", thing.sold);
  button.title = `${what}${thing.sold ? " · yours, paid for" : ""} · ${thing.epc}`;
  button.setAttribute("aria-label", `${thing.sold ? "Take home" : "Take back"}: ${what}`);
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
function nextOf(lane) {
  const { till, pad, reader, behaviour } = lane;
  if (!till) return { text: "The kiosk says: one moment. Switch the store service on again below.", tone: "warn" };
  if (!reader || !till.reader_up) return { text: "The reader is away. See how the kiosk says so, and keeps the goods in mind.", tone: "warn" };
  const words = {
    attract: isAllSold(lane) ? ALL_SOLD : pad.length ? "The reader has seen something …" : "Put some goods on the pad: drag them, or press them.",
    basket: isAllSold(lane) ? ALL_SOLD : basketNext(till, pad, behaviour),
    paying: "The card is being tapped for you. Watch the kiosk.",
    payment_failed: "Nothing was charged. Let the terminal approve, then press Try again on the kiosk.",
    payment_unknown: "The reply was lost. The till asks the terminal's own books, and never charges twice.",
    receipt: receiptNext(lane),
    thanks: isAllSold(lane) ? ALL_SOLD : "Goodbye! Look at central's numbers below.",
    closed: "The till finishes something of before first.",
  };
  const tones = { payment_failed: "warn", payment_unknown: "warn", receipt: "good", thanks: "good" };
  return { text: words[till.stage] ?? till.stage_text, tone: tones[till.stage] };
}

const ALL_SOLD = "All of this is paid for and yours: take it home.";

function isAllSold(lane) {
  const lying = lyingAt(lane);
  return lying.length > 0 && lying.every((thing) => thing.sold);
}

function receiptNext(lane) {
  const lying = lyingAt(lane);
  if (lying.some((thing) => thing.sold)) return "Paid. Now take all home: what is sold cannot go back to the shelf.";
  if (lane.bought_at.some((kind) => kind !== "home")) {
    return "Paid, but not all of it was taken home: some was put elsewhere before. It is sold all the same.";
  }
  if (lying.length) return "Paid, and taken home. What lies here now is not paid for: put it back to the shelf.";
  return "Paid, and taken home. Press Done on the kiosk, or wait: it leaves the receipt by itself.";
}

function basketNext(till, pad, behaviour) {
  if (!till.complete) return "The reader listens until the basket is whole …";
  if (till.count === 0) return pad.length ? "Nothing of this is for sale here." : "The pad is empty again.";
  if (!till.terminal_up || behaviour === null) return "The list is whole, but the terminal does not answer. See what the kiosk says.";
  return `The basket is whole. Press Pay ${till.total_text} on the kiosk.`;
}
