// The keys that were chosen, below each field in which one is chosen.
import { $, make } from "./element.js";
import { Fault } from "./fault.js";
import { grouped } from "./keys.js";
import { store } from "./store.js";
import { day, say } from "./words.js";

// In a list with `data-picks`, one of several can be picked.
export function render(list) {
  const before = $("input:checked", list)?.value;
  list.replaceChildren(...[...store.keys.values()].map(({ about }) => {
    const picks = "picks" in list.dataset && store.keys.size > 1;
    const name = make("b", { textContent: about.id || "–", translate: false });
    const item = make("li", {}, picks ? choice(name, about.fingerprint, before) : name, ` ${untilWhen(about.ends)} `, make("code", { textContent: grouped(about.fingerprint) }));
    if (!about.locked) item.append(make("p", { className: "note", textContent: say("unlocked") }));
    return item;
  }));
}

function choice(name, fingerprint, before) {
  const pick = make("input", { type: "radio", name: "picked", id: `pick-${fingerprint}`, value: fingerprint, checked: before === fingerprint });
  return make("p", { className: "choice" }, pick, " ", make("label", { htmlFor: pick.id }, name));
}

function untilWhen(ends) {
  if (ends === undefined) return say("key-end-unknown");
  if (ends === null) return say("key-endless");
  return say(ends < new Date() ? "key-ended" : "key-ends", { date: day(ends) });
}

// The only key there is, or the one that was picked.
export function picked(list) {
  if (!store.keys.size) throw new Fault("no-key");
  const fingerprint = store.keys.size > 1 ? $("input:checked", list)?.value : [...store.keys.values()][0].about.fingerprint;
  const found = [...store.keys.values()].find(({ about }) => about.fingerprint === fingerprint);
  if (!found) throw new Fault("choose-one");
  return found;
}
