// The kiosk: one lane's snapshot in, one screen out. The server decides the stage; this page only shows it.
import { Basket, drawAside, drawItem, setFigure } from "./basket.js";
import { Below } from "./below.js";
import { icon, make, setText, slot } from "./dom.js";
import { ask, Live, Refused } from "./live.js";
import { Linger } from "./linger.js";
import { say } from "./words.js";

const frame = document.querySelector("[data-lane]");
const path = `/api/lanes/${encodeURIComponent(frame.dataset.lane)}`;
const screens = new Map([...document.querySelectorAll("[data-screen]")].map((s) => [s.dataset.screen, s]));
const items = new Basket(slot("items"), drawItem);
const asides = new Basket(slot("aside-items"), drawAside);

const CALM_MS = 700;
const IN_FLIGHT_MS = 450; // a finger that saw another total is still on its way
const below = new Below(document.querySelector(".goods-scroll"), slot("below"));

let shown = null; // the snapshot on screen
let online = true;
let sending = ""; // the command under way
let payable = { quote: "", at: -Infinity }; // the last total that could be paid, and when it was last on screen

const linger = new Linger(Number(frame.dataset.lingerS), () => send("finish"));

// -- one function per screen; each fills its slots from a snapshot

function showBasket(lane) {
  const goods = lane.lines.filter((line) => line.kind === "sale");
  const others = lane.lines.filter((line) => line.kind !== "sale");
  // A list that was believed whole is on the shopper's mind: what joins it late has to be seen.
  items.show(goods, slot("verdict").classList.contains("is-complete") && items.size > 0);
  asides.show(others);
  below.look();
  slot("aside").hidden = others.length === 0;

  slot("verdict").classList.toggle("is-complete", lane.complete);
  slot("verdict").classList.toggle("is-empty", lane.count === 0);
  setText(slot("basket-title"), basketTitle(lane));
  setText(slot("basket-hint"), basketHint(lane));
  setFigure(slot("count"), String(lane.count));
  setText(slot("count-word"), say("kiosk.count", { n: lane.count }));
  for (const row of ["subtotal-row", "discount-row"]) slot(row).hidden = lane.discount_minor === 0;
  setText(slot("subtotal"), lane.subtotal_text);
  setText(slot("discount"), lane.discount_text);
  setText(slot("total-word"), say(lane.complete ? "kiosk.total" : "kiosk.total_so_far"));
  setFigure(slot("total"), lane.total_text);
  slot("tax-row").hidden = lane.tax.length === 0;
  setText(slot("tax"), lane.tax.map((tax) => tax.text).join(" · "));
  holdPay(lane);
  showPay(lane);
}

function basketTitle(lane) {
  if (!lane.complete) return lane.count ? say("kiosk.reading_more", { n: lane.count }) : say("kiosk.reading");
  return lane.count ? say("kiosk.complete", { n: lane.count }) : say("kiosk.nothing_to_pay");
}

function basketHint(lane) {
  if (!lane.complete) return say("kiosk.reading_hint");
  return say(lane.count ? "kiosk.complete_hint" : "kiosk.nothing_to_pay_hint");
}

function showPay(lane) {
  const ready = mayPay(lane);
  const button = document.querySelector('[data-do="pay"]');
  // aria-disabled, not disabled: focus stays where it is while the list is read again.
  button.setAttribute("aria-disabled", String(!ready));
  button.hidden = lane.complete && lane.count === 0;
  setText(slot("pay"), payText(lane));
}

function mayPay(lane) {
  const parts = lane.reader_up && lane.terminal_up && !sending;
  return parts && lane.complete && lane.count > 0 && lane.quote !== "" && lane.quote === payable.quote;
}

/** A late item changes the total under the finger: the new one can be paid once the old one is gone for a moment. */
function holdPay(lane) {
  if (!lane.complete || lane.quote === "") return;
  const now = performance.now();
  if (lane.quote !== payable.quote && now - payable.at < IN_FLIGHT_MS) setTimeout(() => render(false), IN_FLIGHT_MS);
  else payable = { quote: lane.quote, at: now };
}

function payText(lane) {
  if (!lane.reader_up) return say("kiosk.pay_no_reader");
  if (!lane.terminal_up) return say("kiosk.pay_no_terminal");
  return lane.complete ? say("kiosk.pay", { total: lane.total_text }) : say("kiosk.pay_wait");
}

function showPaying(lane) {
  const cancelling = sending === "cancel" || lane.payment?.code === "cancelling";
  setText(slot("paying-total"), lane.total_text);
  setText(slot("prompt"), lane.payment?.text ?? say("kiosk.paying_title"));
  setText(slot("cancel"), say(cancelling ? "kiosk.cancelling" : "kiosk.cancel"));
  document.querySelector('[data-do="cancel"]').setAttribute("aria-disabled", String(cancelling));
  screens.get("paying").classList.toggle("is-working", lane.payment?.code === "working");
}

function showFailed(lane) {
  setText(slot("failed-title"), lane.payment?.text ?? "");
  setText(slot("failed-hint"), lane.payment?.hint ?? "");
  setText(slot("failed-total"), lane.total_text);
  const again = document.querySelector('[data-do="again"]');
  again.setAttribute("aria-disabled", String(!lane.terminal_up || lane.quote === ""));
}

function showUnknown(lane) {
  setText(slot("unknown-sale"), say("kiosk.unknown_sale", { total: lane.total_text, sale: lane.sale.slice(-8) }));
}

function showReceipt(lane) {
  setText(slot("receipt-amount"), say("kiosk.receipt_amount", { total: lane.total_text }));
  if (!lane.receipt) return;
  setText(slot("receipt-number"), say("kiosk.receipt_number", { number: lane.receipt.number }));
  const code = slot("receipt-qr");
  if (code.getAttribute("src") !== lane.receipt.qr) code.setAttribute("src", lane.receipt.qr);
}

/** Leave nothing of the last shopper behind. */
function wipe() {
  payable = { quote: "", at: -Infinity };
  items.show([]);
  asides.show([]);
  slot("receipt-qr").removeAttribute("src");
  for (const name of ["receipt-number", "receipt-amount", "total", "tax", "unknown-sale", "paying-total"]) {
    setText(slot(name), "");
  }
}

const fill = {
  attract: wipe,
  basket: showBasket,
  paying: showPaying,
  payment_failed: showFailed,
  payment_unknown: showUnknown,
  receipt: showReceipt,
  thanks: wipe,
  closed: wipe,
  offline: () => {},
};

// -- what is around the screens

function showNotes(lane) {
  const notes = [];
  const selling = ["attract", "basket", "payment_failed"].includes(lane.stage);
  if (selling && !lane.reader_up) notes.push(bar("warn", "plug", say("kiosk.reader_down_title"), say("kiosk.reader_down")));
  if (selling && !lane.terminal_up) {
    notes.push(bar("warn", "card", say("kiosk.terminal_down_title"), say("kiosk.terminal_down")));
  }
  if (lane.stage === "receipt" && !lane.central_up) notes.push(bar("calm", "info", "", say("kiosk.central_down_receipt")));
  for (const notice of lane.notices) notes.push(bar("calm", "info", "", notice.text));
  const place = slot("notes");
  const said = notes.map((element) => element.textContent).join("|");
  if (place.dataset.said === said) return;
  place.dataset.said = said;
  place.replaceChildren(...notes);
}

function bar(tone, sign, title, text) {
  return make("p", { class: `note ${tone}` }, icon(sign), make("span", {}, title ? make("strong", {}, `${title}. `) : "", text));
}

function showHelp(lane) {
  const button = document.querySelector('[data-do="help"]');
  button.setAttribute("aria-pressed", String(lane.help_called));
  button.title = lane.help_called ? say("kiosk.help_cancel") : "";
  setText(slot("help"), say(lane.help_called ? "kiosk.help_called" : "kiosk.help"));
}

let announceLater = 0;
let announcement = "";
function announce(lane) {
  const key = lane.complete ? "kiosk.announce_complete" : "kiosk.announce_reading";
  const next = lane.stage === "basket" ? say(key, { n: lane.count, total: lane.total_text }) : "";
  if (next === announcement) return; // a beat of the stream is no news
  announcement = next;
  clearTimeout(announceLater);
  // Once the list has been calm for a moment: twenty goods are one sentence, not twenty.
  announceLater = setTimeout(() => setText(slot("announcer"), next), next ? CALM_MS : 0);
}

// -- the screen machine

function show(lane) {
  if (shown && lane.revision < shown.revision) return; // an answer that another one overtook
  const stageChanged = shown?.stage !== lane.stage;
  shown = lane;
  render(stageChanged);
}

function render(stageChanged) {
  const stage = online && shown ? shown.stage : "offline";
  for (const [name, screen] of screens) screen.hidden = name !== stage;
  document.body.dataset.stage = stage;
  document.body.dataset.revision = shown?.revision ?? "";
  if (!shown) return;
  fill[stage](shown);
  showNotes(shown);
  showHelp(shown);
  announce(shown);
  linger.watch(stage === "receipt");
  if (stageChanged) screens.get(stage).querySelector("h1").focus({ preventScroll: true });
}

async function send(command, body) {
  if (sending) return;
  sending = command;
  render(false);
  try {
    show(await ask(`${path}/${command}`, { method: "POST", body }));
  } catch (error) {
    if (!(error instanceof Refused)) console.debug("command not answered", command, error);
    // The stream says how things are; a command is never repeated blindly.
  } finally {
    sending = "";
    render(false);
  }
}

const acts = {
  pay: () => mayPay(shown) && send("pay", { quote: shown.quote }),
  again: () => shown.quote && send("pay", { quote: shown.quote }),
  cancel: () => send("cancel"),
  back: () => send("back"),
  finish: () => send("finish"),
  help: () => send("help", { wanted: !shown.help_called }),
  more: () => linger.more(),
  below: () => below.go(),
};

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-do]");
  if (!button || !shown || !online || button.getAttribute("aria-disabled") === "true") return;
  acts[button.dataset.do]();
});
document.addEventListener("contextmenu", (event) => event.preventDefault());

new Live({
  stream: `${path}/events`,
  events: ["lane"],
  poll: async () => {
    const lane = await ask(`${path}?rev=${shown?.revision ?? ""}`);
    if (lane) show(lane);
  },
  pollMs: Number(frame.dataset.pollS) * 1000,
  onEvent: (_, lane) => show(lane),
  onState: (state) => {
    online = state === "live";
    render(true);
  },
});
