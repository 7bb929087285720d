// What a key's owner takes away: files whose names say what they are for, what to do with them, and a page to print.
import { $, button, make } from "./element.js";
import { grouped } from "./keys.js";
import { status } from "./faults.js";
import { day, say, stepsOf } from "./words.js";

let unsaved = new Set();

export const isUnsaved = () => unsaved.size > 0;
export function forget() { unsaved = new Set(); }

// Which files belong to which task, in the order in which they must be saved.
const kinds = {
  made: [["secret", "save-secret"], ["public", "save-public"]],
  prolonged: [["secret", "save-secret"], ["public", "save-public"]],
  relocked: [["secret", "save-secret"]],
  revoked: [["public", "save-revocation"]],
};
const prefixes = { secret: "GEHEIM-nooit-versturen", public: "PUBLIEK-naar-de-beheerder" };

export function show(article, kind, key) {
  unsaved = new Set(kinds[kind].map(([part]) => part).filter((part) => part === "secret"));
  render(article, kind, key);
  article.hidden = false;
  // The title, not its frame: a screen reader says no more than "article" of that.
  $("h2", article).focus();
}

export function render(article, kind, key) {
  const facts = [["name", key.name], ["address", key.address], ["fingerprint", grouped(key.fingerprint)], ["ends", key.ends ? day(key.ends) : say("never")]];
  const list = make("dl", { className: "facts" });
  for (const [name, value] of facts.filter(([, value]) => value)) {
    list.append(make("div", {}, make("dt", { textContent: say(name) }), make("dd", { textContent: value, className: name, translate: false })));
  }
  const files = kinds[kind].map(([part, label], at) => file(key, part, `${at + 1}. ${say(label)}`, kind));
  // They go on where the files end.
  const steps = make("ol", { start: files.length + 1 }, ...stepsOf(kind).map((step) => make("li", { textContent: step })));
  const print = button(say("print"), () => window.print(), { className: "quiet" });
  const texts = kinds[kind].map(([part]) => asText(key, part, kind));
  const instead = make("details", { className: "no-print" }, make("summary", { textContent: say("as-text-short") }), ...texts);
  article.replaceChildren(make("h2", { textContent: say(`${kind}-title`), tabIndex: -1 }), list, ...files, steps, make("p", { className: "no-print" }, print), instead);
}

export function nameOf(key, part, kind) {
  const who = key.address.split("@")[0].toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "") || "sleutel";
  const prefix = kind === "revoked" ? "INTREKKING-alleen-als-het-moet" : prefixes[part];
  const mark = { prolonged: "-verlengd", relocked: "-nieuw-wachtwoord" }[kind] ?? "";
  return `${prefix}-${who}-${key.fingerprint.slice(-8)}${mark}.asc`;
}

function file(key, part, label, kind) {
  const name = nameOf(key, part, kind), save = button(label, () => {
    download(name, key[part]);
    unsaved.delete(part);
    state.textContent = say("saved");
    status(`${name}: ${say("saved")}`);
  }, { className: part === "secret" ? "primary" : "" });
  const state = make("span", { className: "state" });
  return make("p", { className: `file ${part}` }, save, " ", make("code", { textContent: name }), " ", state);
}

function download(name, text) {
  const address = URL.createObjectURL(new Blob([text], { type: "application/pgp-keys" }));
  const link = make("a", { href: address, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

function asText(key, part, kind) {
  const area = make("textarea", { readOnly: true, value: key[part], spellcheck: false, translate: false });
  return make("label", {}, say("as-text", { name: nameOf(key, part, kind) }), area);
}
