// The words that scripts need: the server's catalogue, with plural forms chosen by the browser.
import { language, texts } from "/words.js";

const plurals = new Intl.PluralRules(language);

/** Return the text of `key` with its places filled; a plural text is chosen by `values.n`. */
export function say(key, values = {}) {
  const text = texts[key];
  if (text === undefined) throw new Error(`no text for ${key}`);
  const form = typeof text === "string" ? text : (text[plurals.select(values.n)] ?? text.other);
  return form.replace(/\{([a-z_]+)\}/g, (place, name) => values[name] ?? place);
}

/** Return an age in seconds as people say it: one unit, never a false precision. */
export function sayAge(seconds) {
  const age = Math.max(0, Math.round(seconds));
  if (age < 60) return say("age.seconds", { n: age });
  if (age < 3600) return say("age.minutes", { n: Math.floor(age / 60) });
  if (age < 2 * 86400) return say("age.hours", { n: Math.floor(age / 3600) });
  return say("age.days", { n: Math.floor(age / 86400) });
}
