// The virtual shop floor: one state from the server, drawn whole; every act is a wish to the server.
import { setText, wantsCalm } from "/look/js/dom.js";
import { Carrying } from "./carrying.js";
import { drawCentral, drawPower } from "./behind.js";
import { drawLane } from "./lane.js";

const PACE_MS = 400;
const PACE_HIDDEN_MS = 3000;
const SAID_MS = 4500;
const WALK_MS = 6000; // how long somebody with a bag stays near

const said = document.querySelector("#said");
const iframe = document.querySelector("iframe");
const kioskAlone = document.querySelector("#kiosk-alone");
let saidUntil = 0;
let lane = document.querySelector("[data-lane]").dataset.lane; // the one that is shown
let asked = 0; // questions, numbered: an answer that a later one overtook is dropped
let drawn = 0;

async function ask(path, body) {
  const number = ++asked;
  const options = body === undefined ? {} : {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
  };
  let answer;
  try {
    answer = await fetch(path, { ...options, cache: "no-store" });
  } catch {
    say("The demo does not answer. Was it stopped?");
    return;
  }
  const state = await answer.json();
  if (!answer.ok) say(state.error);
  else if (number > drawn) {
    drawn = number;
    draw(state);
  }
}

function say(text) {
  setText(said, text);
  saidUntil = Date.now() + SAID_MS;
}

function draw(state) {
  for (const [gtin, left] of Object.entries(state.left)) {
    const label = document.querySelector(`[data-left="${gtin}"]`);
    setText(label, left ? `${left} on the shelf` : "none left");
    label.closest(".good").toggleAttribute("data-none", left === 0);
  }
  for (const shown of state.lanes) drawLane(document.querySelector(`[data-lane="${shown.lane}"]`), shown);
  drawCentral(state.central);
  drawPower(state.processes);
  document.body.dataset.revision = state.revision;
}

// --- moving ---

new Carrying({
  move: (thing, to) => ask("/api/move", { ...thing, to }),
});

function press(button) {
  const { gtin, epc } = button.dataset;
  if (gtin) {
    fly(button.querySelector("img"), document.querySelector(`[data-to="pad:${lane}"]`));
    return ask("/api/move", { gtin, to: `pad:${lane}` });
  }
  return ask("/api/move", { epcs: [epc], to: button.hasAttribute("data-sold") ? "home" : "shelf" });
}

/** Let a picture glide to where the thing goes; only to be seen, the server says what is. */
function fly(picture, target) {
  if (wantsCalm()) return;
  const from = picture.getBoundingClientRect();
  const to = target.getBoundingClientRect();
  const flying = picture.cloneNode(true);
  flying.classList.add("held");
  flying.style.left = `${from.x + from.width / 2}px`;
  flying.style.top = `${from.y + from.height / 2}px`;
  document.body.append(flying);
  const shift = `translate(${to.x + to.width / 2 - from.x - from.width / 2}px, ${to.y + to.height / 2 - from.y - from.height / 2}px)`;
  const flight = flying.animate(
    [{ transform: "none" }, { transform: shift, opacity: 0.6 }],
    { duration: 260, easing: "cubic-bezier(.3,.7,.3,1)" },
  );
  flight.finished.then(() => flying.remove());
}

function someOf(count) {
  const there = [...document.querySelectorAll(".good:not([data-none])")];
  return Array.from({ length: count }, (_, index) => there[(index * 37 + Date.now()) % there.length].dataset.gtin);
}

async function walkPast(at) {
  for (const gtin of someOf(3)) await ask("/api/move", { gtin, to: `passing:${at}` });
  say("Somebody walks past with three unpaid things in a bag.");
  setTimeout(() => ask("/api/move", { all_of: `passing:${at}`, to: "shelf" }), WALK_MS);
}

function showCategory(category) {
  for (const tab of document.querySelectorAll("button[data-category]")) {
    tab.setAttribute("aria-pressed", String(tab.dataset.category === category));
  }
  for (const good of document.querySelectorAll(".goods li")) good.hidden = good.dataset.category !== category;
  document.querySelector(".goods").scrollTop = 0;
}

function showLane(chosen) {
  lane = chosen;
  for (const article of document.querySelectorAll(".lane")) article.hidden = article.dataset.lane !== lane;
  for (const tab of document.querySelectorAll("[data-show-lane]")) {
    tab.setAttribute("aria-pressed", String(tab.dataset.showLane === lane));
  }
  iframe.src = iframe.dataset.kiosks + lane;
  iframe.title = `Kiosk ${lane}`;
  kioskAlone.href = iframe.src;
  setText(kioskAlone, iframe.title);
}

function power(button, action) {
  const row = button.closest("li");
  const observe = row.querySelector(".observe");
  // Where the page has no room to show it all the time, it is said when it matters.
  if (action !== "on" && !observe.checkVisibility()) say(observe.textContent);
  return ask(`/api/processes/${row.dataset.process}`, { action });
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  const { dataset } = button;
  if (dataset.category) showCategory(dataset.category);
  else if (dataset.showLane) showLane(dataset.showLane);
  else if (button.id === "undo") ask("/api/undo", {});
  else if (button.matches(".good:not([data-none]), .thing")) press(button);
  else if (dataset.all) ask("/api/move", { all_of: dataset.all.split(" "), to: dataset.to });
  else if (dataset.pass) walkPast(dataset.pass);
  else if (dataset.loose) {
    say("A tag without its garment lies in the bin. It is billed like goods, for now.");
    ask("/api/move", { gtin: someOf(1)[0], to: `pocket:${dataset.loose}` });
  } else if (button.matches(".toggle")) power(button, button.getAttribute("aria-checked") === "true" ? "off" : "on");
  else if (button.matches(".kill")) power(button, "kill");
});

document.addEventListener("change", async ({ target }) => {
  const { terminal, fault, visitorTo, on = "" } = target.dataset;
  if (terminal) ask(`/api/terminal/${terminal}`, { behaviour: target.value });
  if (fault) {
    const wanted = target.value;
    if (on) await ask(`/api/faults/${fault}/${on}`, { on: false });
    if (wanted) await ask(`/api/faults/${fault}/${wanted}`, { on: true });
  }
  if (visitorTo && target.value) {
    ask("/api/visit", { visitor: target.value, to: visitorTo });
    target.value = "";
  }
});

// --- staying current ---

async function follow() {
  await ask("/api/floor");
  if (Date.now() > saidUntil) setText(said, "");
  setTimeout(follow, document.hidden ? PACE_HIDDEN_MS : PACE_MS);
}
follow();
