// What went wrong, in the language that is chosen, where a reader or a screen reader notices it.
import { $, make } from "./element.js";
import { Fault } from "./fault.js";
import { say } from "./words.js";

let shown = [];

// `faults` are errors; one that is no Fault is a surprise, and says so.
export function tell(...faults) {
  shown = faults;
  render();
  if (faults.length) $("#faults").focus();
}

export function render() {
  const box = $("#faults"), sentences = [...new Set(shown.map(sentence))];
  box.hidden = !sentences.length;
  $("h2", box).textContent = say("fault-title");
  $("ul", box).replaceChildren(...sentences.map((text) => make("li", { textContent: text })));
}

export function sentence(fault) {
  if (fault instanceof Fault) return say(fault.fault, { ...fault.about, name: fault.about.name || say("nameless") });
  return say("unexpected", { what: fault?.message ?? String(fault) });
}

export function status(text) {
  $("#status").textContent = text;
}
