// The virtual shop floor: what lies where, moved by dragging or by pressing. One state from the server, drawn whole.

const said = document.querySelector("#said");
let saidUntil = 0;

async function ask(path, body) {
  const options = body === undefined ? {} : {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
  };
  const answer = await fetch(path, options);
  const state = await answer.json();
  if (!answer.ok) {
    say(state.error ?? "That did not work.");
    return;
  }
  draw(state);
}

function say(text) {
  said.textContent = text;
  saidUntil = Date.now() + 4000;
}

// --- drawing -------------------------------------------------------------------------------------------------

function draw(state) {
  for (const [gtin, left] of Object.entries(state.left)) {
    const label = document.querySelector(`[data-left="${gtin}"]`);
    label.textContent = left ? `${left} on the shelf` : "none left";
    label.parentElement.toggleAttribute("data-none", left === 0);
  }
  for (const lane of state.lanes) {
    for (const kind of ["pad", "passing", "pocket"]) {
      drawLying(document.querySelector(`[data-to="${kind}:${lane.lane}"]:not(button) .lying`), lane[kind]);
    }
    const hint = document.querySelector(`[data-lane="${lane.lane}"] .hint`);
    hint.hidden = lane.pad.length > 0;
    const choice = document.querySelector(`[data-terminal="${lane.lane}"]`);
    choice.disabled = lane.behaviour === null;
    if (lane.behaviour !== null && document.activeElement !== choice) choice.value = lane.behaviour;
  }
  drawPower(state.processes);
}

function drawLying(list, things) {
  const wanted = new Map(things.map((thing) => [thing.epc, thing]));
  for (const item of [...list.children]) {
    if (!wanted.delete(item.dataset.epc)) item.remove();
  }
  for (const thing of wanted.values()) {
    const item = document.createElement("li");
    item.dataset.epc = thing.epc;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "thing";
    button.dataset.epc = thing.epc;
    button.title = `${thing.name} ${thing.detail} · ${thing.epc}`;
    button.setAttribute("aria-label", `Take ${thing.name} ${thing.detail} back to the shelf`);
    if (thing.gtin) {
      const picture = document.createElement("img");
      picture.src = `/pictures/${thing.gtin}.svg`;
      picture.alt = "";
      picture.draggable = false;
      button.append(picture);
    } else {
      const tag = document.createElement("span");
      tag.className = "tag";
      tag.textContent = "other tag";
      button.append(tag);
    }
    item.append(button);
    list.append(item);
  }
}

function drawPower(processes) {
  const list = document.querySelector("#power ul");
  if (list.children.length !== processes.length) {
    list.replaceChildren(...processes.map((process) => {
      const row = document.createElement("li");
      row.dataset.process = process.name;
      const state = document.createElement("span");
      state.className = "state";
      const toggle = document.createElement("button");
      toggle.type = "button";
      toggle.className = "toggle";
      const kill = document.createElement("button");
      kill.type = "button";
      kill.className = "kill";
      kill.textContent = "Crash it";
      row.append(state, toggle, kill);
      return row;
    }));
  }
  for (const process of processes) {
    const row = list.querySelector(`[data-process="${process.name}"]`);
    const state = row.querySelector(".state");
    state.dataset.state = process.state;
    state.textContent = `${process.name}: ${process.state}`;
    row.querySelector(".toggle").textContent = process.state === "off" ? "Switch on" : "Switch off";
    row.querySelector(".kill").disabled = process.state !== "up";
  }
}

// --- moving --------------------------------------------------------------------------------------------------

const firstLane = document.querySelector("[data-lane]").dataset.lane;
let hold = null;

function thingOf(target) {
  const good = target.closest(".good, .thing");
  if (!good || good.hasAttribute("data-none")) return null;
  return good.dataset.gtin ? { gtin: good.dataset.gtin } : { epcs: [good.dataset.epc] };
}

document.addEventListener("pointerdown", (event) => {
  const thing = event.button === 0 ? thingOf(event.target) : null;
  if (!thing) return;
  const picture = event.target.closest("button").querySelector("img, .tag");
  hold = { thing, from: event.target, x: event.clientX, y: event.clientY, picture, held: null };
});

document.addEventListener("pointermove", (event) => {
  if (!hold) return;
  if (!hold.held) {
    if (Math.hypot(event.clientX - hold.x, event.clientY - hold.y) < 8) return;
    hold.held = hold.picture.cloneNode(true);
    hold.held.classList.add("held");
    document.body.append(hold.held);
    document.querySelector("iframe").style.pointerEvents = "none";
  }
  hold.held.style.left = `${event.clientX}px`;
  hold.held.style.top = `${event.clientY}px`;
  const spot = spotUnder(event);
  for (const drop of document.querySelectorAll(".drop")) drop.classList.remove("drop");
  spot?.classList.add("drop");
});

document.addEventListener("pointerup", (event) => {
  if (!hold) return;
  const { thing, held } = hold;
  hold = null;
  document.querySelector("iframe").style.pointerEvents = "";
  if (!held) return; // a press: see click
  held.remove();
  const spot = spotUnder(event);
  for (const drop of document.querySelectorAll(".drop")) drop.classList.remove("drop");
  if (spot) ask("/api/move", { ...thing, to: spot.dataset.to ?? "shelf" });
  swallowNextClick();
});

function spotUnder(event) {
  const below = document.elementFromPoint(event.clientX, event.clientY);
  return below?.closest(".pad, .spot, #shelves");
}

function swallowNextClick() {
  const swallow = (event) => event.stopPropagation();
  window.addEventListener("click", swallow, { capture: true, once: true });
  setTimeout(() => window.removeEventListener("click", swallow, { capture: true }), 50);
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  const { dataset } = button;
  if (button.role === "tab") showCategory(dataset.category);
  else if (button.id === "undo") ask("/api/undo", {});
  else if (dataset.gtin && !button.hasAttribute("data-none")) ask("/api/move", { gtin: dataset.gtin, to: `pad:${firstLane}` });
  else if (dataset.epc) ask("/api/move", { epcs: [dataset.epc], to: "shelf" });
  else if (dataset.all) ask("/api/move", { all_of: dataset.all, to: dataset.to });
  else if (dataset.visitor) ask("/api/visit", { visitor: dataset.visitor, to: dataset.to });
  else if (dataset.pass) walkPast(dataset.pass);
  else if (dataset.loose) dropLoose(dataset.loose);
  else if (button.classList.contains("toggle")) switchProcess(button, button.textContent === "Switch on" ? "on" : "off");
  else if (button.classList.contains("kill")) switchProcess(button, "kill");
});

function switchProcess(button, action) {
  ask(`/api/processes/${button.closest("li").dataset.process}`, { action });
}

function someOf(count) {
  const there = [...document.querySelectorAll(".good:not([data-none])")];
  return Array.from({ length: count }, (_, index) => there[(index * 37 + Date.now()) % there.length].dataset.gtin);
}

async function walkPast(lane) {
  for (const gtin of someOf(3)) await ask("/api/move", { gtin, to: `passing:${lane}` });
  say("Somebody walks past with three unpaid things in a bag.");
  setTimeout(() => ask("/api/move", { all_of: `passing:${lane}`, to: "shelf" }), 6000);
}

function dropLoose(lane) {
  const [gtin] = someOf(1);
  say("A tag without its garment lies in the bin.");
  ask("/api/move", { gtin, to: `pocket:${lane}` });
}

function showCategory(category) {
  for (const tab of document.querySelectorAll("[role=tab]")) {
    tab.setAttribute("aria-selected", String(tab.dataset.category === category));
  }
  for (const good of document.querySelectorAll(".goods li")) good.hidden = good.dataset.category !== category;
}

const faults = new Map();
document.addEventListener("change", async (event) => {
  const { terminal, fault } = event.target.dataset;
  if (terminal) ask(`/api/terminal/${terminal}`, { behaviour: event.target.value });
  if (fault) {
    const before = faults.get(fault);
    if (before) await ask(`/api/faults/${fault}/${before}`, { on: false });
    if (event.target.value) await ask(`/api/faults/${fault}/${event.target.value}`, { on: true });
    faults.set(fault, event.target.value);
  }
});

// --- staying current -------------------------------------------------------------------------------------------

async function follow() {
  try {
    await ask("/api/floor");
  } catch {
    say("The demo does not answer. Was it stopped?");
  }
  if (Date.now() > saidUntil) said.textContent = "";
  setTimeout(follow, 700);
}
follow();
