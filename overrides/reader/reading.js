// "Een bericht lezen": what was chosen, what it says, and nothing else on the screen.
import { $, button, describe, make } from "./element.js";
import { Fault } from "./fault.js";
import { sentence, status, tell } from "./faults.js";
import { grouped } from "./keys.js";
import { isPractice, letterOf, partsOf, pieces, receiptOf } from "./letter.js";
import { opened } from "./open.js";
import { store } from "./store.js";
import { moment, say } from "./words.js";

let current = null;

export function start() {
  $("#open").addEventListener("submit", async (event) => {
    event.preventDefault();
    const missing = whatIsMissing();
    if (missing) return tell(new Fault(missing));
    store.passphrase = $("#passphrase").value;
    status(say("working"));
    await openAll();
    status("");
  });
}

export function clear() {
  current = null;
  $("#open").reset();
  render();
}

function whatIsMissing() {
  if (!store.messages.length) return "no-message";
  if (!store.keys.size) return "no-key";
  return $("#passphrase").value || [...store.keys.values()].some(({ open, about }) => !about.locked || open) ? null : "no-passphrase";
}

// Every message that is still locked; the keys that open one stay open for the next.
export async function openAll() {
  const keys = () => [...store.keys.values()].map(({ key, open }) => open ?? key);
  let first = null;
  for (const one of store.messages.filter(({ letter }) => !letter)) {
    try {
      const { bytes, key } = await opened(one.packets, keys(), store.passphrase);
      store.keys.get(key.getFingerprint()).open = key;
      one.letter = await letterOf(bytes);
      one.fault = null;
      first ??= one;
    } catch (fault) {
      one.fault = fault.fault === "other-key" ? new Fault("other-key", { mine: mine() }) : fault;
    }
  }
  const faults = store.messages.map(({ fault }) => fault).filter(Boolean);
  if (first) current = first;
  // An opened key needs its passphrase no longer.
  if (first && !faults.length) $("#passphrase").value = store.passphrase = "";
  render();
  tell(...faults);
  if (first && !faults.length) $("#letter-title").focus();
}

const mine = () => [...store.keys.values()].map(({ about }) => about.address || about.name || grouped(about.fingerprint)).join(", ");

export function render() {
  $("#messages").replaceChildren(...store.messages.map(entry));
  const letter = $("#letter");
  letter.hidden = !current;
  letter.replaceChildren(...(current ? content(current) : []));
}

function entry(one, at) {
  const state = one.letter ? "opened" : one.fault ? "not-opened" : "waiting";
  const when = one.mail?.date ? new Date(one.mail.date) : null;
  const about = [one.letter ? one.letter.subject : one.mail?.subject, when && !isNaN(when) ? moment(when) : ""].filter(Boolean).join(", ");
  const name = say("a-message", { number: at + 1 });
  const item = make("li", {}, make("b", { textContent: name }), " ", make("bdi", { textContent: about }), ` – ${say(state)} `);
  if (one.fault && store.messages.length > 1) item.append(make("p", { className: "error", textContent: sentence(one.fault) }));
  if (one.letter && store.messages.length > 1) {
    const read = button(say("read"), () => { current = one; render(); $("#letter-title").focus(); });
    item.append(describe(read, `${say("read")}: ${name}`));
  }
  return item;
}

function content({ letter }) {
  const parts = partsOf(letter.text), receipt = receiptOf(parts, location.origin);
  const title = make("h2", { id: "letter-title", tabIndex: -1 }, ...shown(letter.subject || say("no-subject")));
  const tools = make("p", { className: "no-print tools" }, button(say("print"), () => window.print()), " ", copier(letter.text, say("copy-all")));
  const facts = make("dl", { className: "facts" });
  for (const { fact, value } of parts) {
    if (fact) facts.append(make("div", {}, make("dt", { textContent: fact, lang: "nl" }), make("dd", { className: fact === "Referentie" ? "reference" : "" }, ...shown(value))));
  }
  const at = Math.max(0, parts.findIndex(({ fact }) => fact)), drawn = (list) => list.filter(({ fact }) => !fact).map((part) => (part.question ? answer(part) : line(part, parts.length === 1)));
  const notes = pieces(letter.text).some(({ hidden }) => hidden) ? [make("p", { className: "note", textContent: say("hidden") })] : [];
  if (letter.attached) notes.push(make("p", { className: "note", textContent: say("attached", { count: letter.attached }) }));
  if (parts.length === 1) notes.push(make("p", { className: "hint no-print", textContent: say(isPractice(letter.text) ? "practice" : "other") }));
  const link = receipt && [confirm(receipt)];
  return [title, tools, ...(link ?? []), ...notes, ...drawn(parts.slice(0, at)), ...(facts.children.length ? [facts] : []), ...drawn(parts.slice(at))];
}

function confirm({ address, host }) {
  const link = make("a", { href: address, target: "_blank", rel: "noopener noreferrer", className: "button primary", textContent: say("receipt") });
  return make("p", { className: "no-print receipt" }, link, " ", make("span", { className: "hint", textContent: say("receipt-hint", { host }) }));
}

// An answer stands in a frame of its own, in another type than any question.
function answer({ question, answer }) {
  const text = make("pre", { className: "answer", dir: "auto", translate: false }, ...shown(answer));
  const heading = make("h3", { lang: "nl" }, ...shown(question));
  return make("section", { className: "asked" }, heading, text, make("p", { className: "no-print" }, copier(answer, say("copy"), say("copy-what", { what: question }))));
}

function line({ line }, isAll) {
  return make(isAll ? "pre" : "p", { className: isAll ? "answer" : "said", dir: "auto" }, ...shown(line));
}

// Each hidden character is alone in its frame, where it cannot turn others round; CSS shows its number.
function shown(text) {
  return pieces(text).map(({ piece, hidden, code }) => {
    if (piece) return piece;
    const frame = make("bdi", { className: "hidden-letter", textContent: hidden, title: code });
    frame.dataset.code = code;
    return frame;
  });
}

function copier(text, label, description = label) {
  return describe(button(label, async () => status(say(await copied(text) ? "copied" : "copy-failed")), { className: "quiet" }), description);
}

async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = make("textarea", { value: text, className: "off" });
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
}
