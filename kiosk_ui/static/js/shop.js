// The online shop: every product, and how many are in the store, with the age of that truth.
import { make, picture, setText, slot } from "./dom.js";
import { ask, Live } from "./live.js";
import { say, sayAge } from "./words.js";

const TICK_MS = 1000;
const RETRY_MS = 4000;

const cards = new Map(); // gtin → { product, card, stock, count, age }
const stock = new Map(); // gtin → Map(location → { item, at })
let central = { central_up: false, silent_s: null, at: performance.now(), known: false };
let online = true;
let category = "";

// -- products

async function fetchProducts() {
  try {
    const { products, categories } = await ask("/api/shop/products", { timeoutMs: 20000 });
    draw(products, categories);
  } catch (error) {
    console.debug("products not fetched", error);
    setText(slot("found"), say("shop.failed"));
    setTimeout(fetchProducts, RETRY_MS);
  }
}

function draw(products, categories) {
  const list = slot("products");
  for (const product of products) {
    const count = make("span", { class: "stock-count" });
    const age = make("span", { class: "stock-age" });
    const card = make(
      "li",
      { class: "product", "data-gtin": product.gtin },
      make("span", { class: "frame-picture product-picture" }, picture(product.picture)),
      make(
        "span",
        { class: "product-words" },
        make("span", { class: "product-name" }, product.name),
        product.detail ? make("span", { class: "product-detail" }, product.detail) : "",
      ),
      make("span", { class: "product-price amount" }, product.price_text),
      make("span", { class: "stock" }, make("span", { class: "stock-dot", "aria-hidden": "true" }), count, age),
    );
    cards.set(product.gtin, { product, card, count, age });
  }
  list.replaceChildren(...[...cards.values()].map(({ card }) => card));
  drawCategories(categories);
  filter();
  for (const gtin of cards.keys()) showStock(gtin);
}

function drawCategories(categories) {
  const choose = (name) =>
    make("button", { class: "button chip", type: "button", "data-category": name, "aria-pressed": String(name === "") }, name || say("shop.every"));
  slot("categories").replaceChildren(choose(""), ...categories.map(choose));
}

function filter() {
  const words = document.getElementById("search").value.toLowerCase().split(/\s+/).filter(Boolean);
  let found = 0;
  for (const { product, card } of cards.values()) {
    const text = `${product.name} ${product.detail} ${product.category} ${product.gtin}`.toLowerCase();
    const fits = (category === "" || product.category === category) && words.every((word) => text.includes(word));
    card.hidden = !fits;
    found += fits ? 1 : 0;
  }
  setText(slot("found"), say("shop.found", { n: found }));
  slot("nothing").hidden = found > 0;
}

function choose(name) {
  category = name;
  for (const chip of document.querySelectorAll("[data-category]")) {
    chip.setAttribute("aria-pressed", String(chip.dataset.category === name));
  }
  filter();
}

// -- what is in the store

function learn(item, flash) {
  const places = stock.get(item.gtin) ?? new Map();
  places.set(item.location, { item, at: performance.now() });
  stock.set(item.gtin, places);
  showStock(item.gtin, flash);
}

function showStock(gtin, flash = false) {
  const shown = cards.get(gtin);
  if (!shown) return;
  const places = [...(stock.get(gtin)?.values() ?? [])];
  const available = places.reduce((sum, { item }) => sum + Math.max(0, item.available), 0);
  const state = places.length === 0 ? "unknown" : available > 0 ? "in" : "out";
  shown.card.dataset.stock = state;
  const count = { unknown: say("shop.unknown"), in: say("shop.in_store", { n: available }), out: say("shop.out") }[state];
  const unsure = places.reduce((sum, { item }) => sum + item.uncertain, 0);
  setText(shown.count, unsure > 0 ? `${count}, ${say("shop.unsure", { n: unsure })}` : count);
  showAge(shown, places);
  if (flash) {
    shown.card.classList.remove("changed");
    void shown.card.offsetWidth; // begin the animation anew
    shown.card.classList.add("changed");
  }
}

function showAge(shown, places) {
  const ages = places.map(({ item, at }) => (item.age_s === null ? null : item.age_s + (performance.now() - at) / 1000));
  const oldest = ages.includes(null) || ages.length === 0 ? null : Math.max(...ages);
  if (oldest === null) setText(shown.age, places.length ? say("shop.never") : "");
  else setText(shown.age, say(online && central.central_up ? "shop.checked" : "shop.as_known", { age: sayAge(oldest) }));
}

function tick() {
  for (const [gtin, shown] of cards) {
    if (!shown.card.hidden) showAge(shown, [...(stock.get(gtin)?.values() ?? [])]);
  }
  showTruth();
}

// -- how sure all of it is

function showTruth() {
  const live = online && central.central_up;
  slot("pulse").dataset.state = live ? "live" : central.known || !online ? "down" : "connecting";
  if (!central.known && online) return;
  setText(slot("pulse-text"), live ? say("shop.live") : online ? say("shop.central_down") : say("shop.offline"));
  slot("truth").hidden = live;
  if (live) return;
  const silent = central.silent_s === null ? null : central.silent_s + (performance.now() - central.at) / 1000;
  const down = silent === null ? say("shop.central_down") : say("shop.central_down_since", { age: sayAge(silent) });
  setText(slot("truth-title"), `${online ? down : say("shop.offline")}.`);
  setText(slot("truth-hint"), say(online ? "shop.central_down_hint" : "shop.offline_hint"));
}

function hearCentral({ central_up, silent_s }) {
  central = { central_up, silent_s, at: performance.now(), known: true };
  showTruth();
}

function takeAll(availability) {
  hearCentral(availability);
  for (const item of availability.items) learn(item, false);
}

const take = {
  snapshot: takeAll,
  availability: (item) => learn(item, true),
  central: hearCentral,
};

slot("finder").addEventListener("submit", (event) => event.preventDefault());
slot("finder").addEventListener("input", filter);
slot("categories").addEventListener("click", (event) => {
  const chip = event.target.closest("[data-category]");
  if (chip) choose(chip.dataset.category);
});
slot("show-all").addEventListener("click", () => {
  document.getElementById("search").value = "";
  choose("");
});

setInterval(tick, TICK_MS);
new Live({
  stream: "/api/shop/events",
  events: Object.keys(take),
  poll: async () => takeAll(await ask("/api/shop/availability")),
  pollMs: Number(document.querySelector("[data-poll-s]").dataset.pollS) * 3000,
  onEvent: (name, body) => take[name](body),
  onState: (state) => {
    online = state === "live";
    showTruth();
  },
});
void fetchProducts();
