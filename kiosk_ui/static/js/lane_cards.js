// One card per lane: where it is, who waits for help, and the payment that only a person can decide.
import { setText } from "./dom.js";
import { ask } from "./live.js";
import { say } from "./words.js";

export class LaneCards {
  /** @param {HTMLElement} place; @param {(deed) => Promise} act does something and reports what stands against it */
  constructor(place, act) {
    this.place = place;
    this.act = act;
    this.cards = new Map();
  }

  /** Show exactly these lanes. A card is made once, so that nobody loses what they are typing. */
  show(lanes) {
    for (const lane of lanes) {
      const card = this.cards.get(lane.lane) ?? this.add(lane);
      fill(card, lane);
    }
  }

  add(lane) {
    const card = document.getElementById("lane-card").content.firstElementChild.cloneNode(true);
    const name = encodeURIComponent(lane.lane);
    card.querySelector("h3").textContent = say("staff.lane", { lane: lane.lane });
    card.querySelector("a").href = `/kiosk/${name}`;
    card.querySelector('[data-do="arrived"]').addEventListener("click", () =>
      this.act(() => ask(`/api/lanes/${name}/help`, { method: "POST", body: { wanted: false } })),
    );
    card.querySelector("form").addEventListener("submit", (event) => {
      event.preventDefault();
      const form = event.target;
      const body = {
        paid: event.submitter.value === "paid",
        operator: form.elements.operator.value.trim(),
        evidence: form.elements.evidence.value.trim(),
      };
      void this.act(() => ask(`/api/staff/lanes/${name}/resolve`, { method: "POST", body }));
    });
    this.cards.set(lane.lane, card);
    this.place.append(card);
    return card;
  }
}

function fill(card, lane) {
  const part = (name) => card.querySelector(name);
  const trouble = !lane.reader_up || !lane.terminal_up || lane.stage === "closed";
  card.dataset.state = lane.help_called || lane.stage === "payment_unknown" ? "call" : trouble ? "warn" : "";
  const reading = lane.stage === "basket" ? ` · ${say(lane.complete ? "staff.complete" : "staff.reading")}` : "";
  setText(part(".lane-stage"), lane.stage_text + reading);
  part(".lane-figures").hidden = lane.count === 0;
  setText(part(".lane-items"), say("staff.lane_items", { n: lane.count }));
  setText(part(".lane-total"), lane.total_text);
  const reader = say(lane.reader_up ? "staff.reader_up" : "staff.reader_down");
  const terminal = say(lane.terminal_up ? "staff.terminal_up" : "staff.terminal_down");
  setText(part(".lane-parts"), `${reader} · ${terminal}`);
  part(".lane-help").hidden = !lane.help_called;
  const form = part(".resolve");
  const wasHidden = form.hidden;
  const old = lane.stage === "closed" && lane.payment !== null; // of before a restart
  form.hidden = !old && lane.stage !== "payment_unknown";
  if (form.hidden && !wasHidden) form.reset();
  setText(part("h4"), old ? say("staff.resolve_title_old") : say("staff.resolve_title", { total: lane.total_text }));
}
