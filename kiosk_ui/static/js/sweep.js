// The stocktake: start, watch it grow, compare.
import { make, picture, setText, slot } from "./dom.js";
import { ask } from "./live.js";
import { say } from "./words.js";

const SHOWN = 50; // tags of a list; more help nobody on a phone, and make the page heavy. The JSON has them all.
const drawn = new WeakMap(); // list element → the tags that it shows, as text

export class Sweep {
  /** @param {(deed) => Promise} act does something and reports what stands against it */
  constructor(act) {
    const order = (name, body) => act(() => ask(`/api/staff/stocktake/${name}`, { method: "POST", body, timeoutMs: 30000 }));
    slot("count-start").addEventListener("submit", (event) => {
      event.preventDefault();
      void order("start", { zone: document.getElementById("zone").value.trim() });
    });
    slot("count-finish").addEventListener("click", () => order("finish"));
  }

  /** Show the running or latest sweep; null where none ever ran. */
  show(sweep) {
    const running = sweep?.state === "running";
    slot("count-never").hidden = sweep !== null;
    slot("count-start").hidden = running;
    slot("sweep").hidden = sweep === null;
    if (sweep === null) return;
    setText(slot("sweep-title"), say(running ? "staff.count_running" : "staff.count_done", { zone: sweep.zone }));
    slot("sweep-bar").max = Math.max(1, sweep.expected);
    slot("sweep-bar").value = sweep.found;
    setText(slot("sweep-progress"), say("staff.count_progress", { found: sweep.found, expected: sweep.expected }));
    const rate = sweep.tags_per_s;
    setText(slot("sweep-rate"), running && rate !== null ? say("staff.count_rate", { n: Math.round(rate) }) : "");
    slot("count-finish").hidden = !running;
    slot("report").hidden = running;
    if (!running) this.report(sweep);
  }

  report(sweep) {
    const { expected, found, missing, unexpected } = sweep;
    const figures = { expected, found, missing: missing.length, unexpected: unexpected.length };
    for (const [name, figure] of Object.entries(figures)) setText(slot(`tally-${name}`), String(figure));
    list(slot("missing"), missing, say("staff.none_missing"));
    list(slot("unexpected"), unexpected, say("staff.none_unexpected"));
  }
}

function list(place, tags, none) {
  const said = JSON.stringify(tags);
  if (drawn.get(place) === said) return;
  drawn.set(place, said);
  const rows = tags.slice(0, SHOWN).map((tag) =>
    make(
      "li",
      { class: "tag" },
      make("span", { class: "frame-picture tag-picture" }, picture(tag.picture)),
      make(
        "span",
        {},
        make("strong", {}, tag.name || tag.epc),
        make("span", { class: "muted" }, [tag.detail, tag.name ? tag.epc : ""].filter(Boolean).join(" · ")),
      ),
    ),
  );
  if (tags.length > SHOWN) rows.push(make("li", { class: "muted" }, say("staff.and_more", { n: tags.length - SHOWN })));
  place.replaceChildren(...(rows.length ? rows : [make("li", { class: "muted" }, none)]));
}
