// The staff page: asks every other second and draws what changed. No stream: it may lie open on many phones.
import { make, setText, slot } from "./dom.js";
import { LaneCards } from "./lane_cards.js";
import { ask, Refused } from "./live.js";
import { Sweep } from "./sweep.js";
import { say, sayAge } from "./words.js";

const PACE_MS = 2000 * Number(document.querySelector("[data-poll-s]").dataset.pollS);
const SALES_EVERY = 3; // rounds
const STALE_MS = 6000;
const GIGABYTE = 1e9;

let answeredAt = performance.now();
let soldBefore = null;
const lanes = new LaneCards(slot("lanes"), act);
const sweep = new Sweep(act);

/** Do something and say what stood against it. */
async function act(deed) {
  slot("refusal").hidden = true;
  try {
    await deed();
  } catch (error) {
    setText(slot("refusal"), say("staff.failed", { reason: error.message }));
    slot("refusal").hidden = false;
  }
  await round(true);
}

function showReaders(readers) {
  const rows = readers.map((reader) => {
    const figures = [
      reader.model,
      reader.tx_power_dbm === null ? "" : say("staff.power", { n: reader.tx_power_dbm }),
      reader.reads_per_s === null ? "" : say("staff.reads", { n: Math.round(reader.reads_per_s) }),
      reader.last_read_age_s === null ? "" : say("staff.last_read", { age: sayAge(reader.last_read_age_s) }),
      reader.temperature_c === null ? "" : say("staff.temperature", { n: Math.round(reader.temperature_c) }),
      reader.antennas_gone.length ? say("staff.antennas_gone", { ports: reader.antennas_gone.join(", ") }) : "",
    ];
    return make(
      "li",
      { class: "reader", "data-state": reader.state },
      make("span", { class: "state" }, reader.state_text),
      make("strong", {}, reader.name),
      make("span", { class: "muted" }, [...figures, reader.detail].filter(Boolean).join(" · ")),
    );
  });
  slot("readers").replaceChildren(...(rows.length ? rows : [make("li", { class: "muted" }, say("staff.no_readers"))]));
}

function showBox({ outbox, central, sales, disk }) {
  setText(slot("outbox"), outbox.depth ? say("staff.outbox_depth", { n: outbox.depth }) : say("staff.outbox_empty"));
  const age = outbox.age_s === null ? "" : say("staff.outbox_age", { age: sayAge(outbox.age_s) });
  setText(slot("outbox-note"), [age, outbox.last_error].filter(Boolean).join(" · "));
  slot("outbox-fact").dataset.state = outbox.last_error ? "warn" : "";
  setText(slot("central"), say(central.up ? "staff.central_up" : "staff.central_down"));
  setText(slot("central-note"), central.detail);
  slot("central-fact").dataset.state = central.up ? "" : "warn";
  setText(slot("sold"), sales.total_text);
  setText(slot("sold-note"), say("staff.sold_count", { n: sales.today }));
  const free = disk.free_bytes;
  setText(slot("disk"), free === null ? say("staff.not_known") : say("staff.disk_free", { n: (free / GIGABYTE).toFixed(1) }));
}

function showSales(sales) {
  slot("no-sales").hidden = sales.length > 0;
  slot("sales-table").hidden = sales.length === 0;
  slot("sales").replaceChildren(
    ...sales.map((sale) =>
      make(
        "tr",
        {},
        make("th", { scope: "row" }, sale.number),
        make("td", {}, sale.sold_text),
        make("td", {}, sale.lane),
        make("td", {}, String(sale.items)),
        make("td", { class: "amount" }, sale.total_text),
      ),
    ),
  );
}

function showFreshness() {
  const silent = performance.now() - answeredAt;
  const stale = silent > STALE_MS;
  slot("freshness").dataset.state = stale ? "stale" : "live";
  setText(slot("freshness"), stale ? say("staff.stale", { age: sayAge(silent / 1000) }) : say("staff.live"));
}

let rounds = 0;
async function round(everything = false) {
  try {
    const overview = await ask("/api/staff/overview");
    lanes.show(overview.lanes);
    showReaders(overview.readers);
    showBox(overview);
    if (everything || overview.sales.today !== soldBefore || rounds % SALES_EVERY === 0) {
      soldBefore = overview.sales.today;
      showSales((await ask("/api/staff/sales")).sales);
    }
    sweep.show((await ask("/api/staff/stocktake")).stocktake);
    answeredAt = performance.now();
  } catch (error) {
    if (error instanceof Refused && error.status === 401) location.reload(); // the door is locked again
    console.debug("no answer", error); // how long ago is said on the page
  }
  rounds += 1;
  showFreshness();
}

/** Ask for ever, one round after the other, never two at once. */
async function follow() {
  for (;;) {
    if (!document.hidden) await round();
    await new Promise((resume) => setTimeout(resume, PACE_MS));
  }
}

function showTab() {
  const wanted = location.hash.slice(1) || "now";
  document.body.dataset.tab = wanted;
  for (const tab of document.querySelectorAll(".tab")) {
    if (tab.hash === `#${wanted}`) tab.setAttribute("aria-current", "page");
    else tab.removeAttribute("aria-current");
  }
}

addEventListener("hashchange", showTab);
showTab();
void follow();
