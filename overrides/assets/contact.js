// Encrypts the contact form on the reader's own device. Without this script, or when it cannot do its work, the same form
// posts normally and the server encrypts; the line at the button always says which of the two it is.

const patience = 20_000;
const version = new URL(import.meta.url).search;
const { openpgp: library } = document.querySelector("script[data-openpgp]").dataset;
const form = document.querySelector("form[data-blanks]");
let tools, able = false, unable = false, odd = [], busy = false, sealed = {}, meant = -Infinity, chosen, byHand = true;

if (form) {
  for (const touch of ["focusin", "pointerdown", "input"]) form.addEventListener(touch, ready);
  for (const touch of ["click", "change"]) form.addEventListener(touch, byWhom);
  form.addEventListener("submit", submit);
  form.addEventListener("change", ({ target }) => { if (target.name === "role" && able) choose(); });
  if (form.elements.proof) prover();
  addEventListener("beforeunload", keep);
  document.addEventListener("click", follow);
}

const field = (id) => document.getElementById(id);
const say = (way) => { field("way").textContent = field("way").dataset[way]; };
const role = () => form.querySelector("[name=role]:checked")?.value;
const word = (name) => field("send").dataset[name];

// Asked for when very many messages come in. Without it, sending again after a minute does as well.
function prover() {
  return import(`./proof.js${version}`).catch(() => ({}));
}

function ready() {
  tools ??= load().catch(() => { unable = true; say("unable"); });
  return tools;
}

async function load() {
  say("loading");
  if (!crypto.subtle) throw new Error("no secure context");
  const late = new Promise((_, reject) => setTimeout(reject, patience));
  const imports = [import(`./${library}/openpgp.min.mjs`), import(`./seal.js${version}`), import(`./mail.js${version}`)];
  const [openpgp, sealing, mail] = await Promise.race([Promise.all(imports), late]);
  const roles = Object.entries(JSON.parse(form.dataset.blanks).readers);
  odd = await Promise.race([oddRoles(roles, (keys) => sealing.rehearse(openpgp, keys)), late]);
  if (odd.length && odd.length === roles.length) throw new Error("no key of use");
  able = true;
  choose();
  return { openpgp, ...sealing, ...mail };
}

// A key that OpenPGP.js cannot use costs its own role, and no other, that it is encrypted here.
async function oddRoles(roles, rehearse) {
  const works = (keys) => (keys.length ? rehearse([...new Set(keys)]).then(() => true, () => false) : true);
  if (await works(roles.flatMap(([, reader]) => reader.keys))) return [];
  const each = await Promise.all(roles.map(([, reader]) => works(reader.keys)));
  return roles.filter((_, at) => !each[at]).map(([name]) => name);
}

// As long as this device encrypts, an answer has no name, and so cannot leave the form as it was typed. The role keeps its name:
// the server must know it.
function choose() {
  const here = !odd.includes(role());
  for (const answer of form.querySelectorAll("[name], [data-name]")) {
    if (["token", "role"].includes(answer.name)) continue;
    answer.dataset.name ??= answer.name;
    if (here) answer.removeAttribute("name");
    else answer.name = answer.dataset.name;
  }
  say(here ? "ready" : "unable");
}

const typed = () => form.isConnected && [...form.querySelectorAll("[data-limit]")].some(({ value }) => value.trim());

// A link opens beside what was typed: not every browser asks before it leaves a page (Safari on a phone never does).
function follow({ target }) {
  const link = target.closest?.("a[href]:not([href^='#'])");
  if (link?.protocol === "tel:") meant = performance.now();
  else if (link && typed()) link.target = "_blank";
}

// No other way off the page loses it without the browser's own question. Leaving empties the form first. Sending is meant, and a
// number that is dialled is no way off, though some browsers take it for one; a moment later the question is due again, since
// sending may have been stopped.
function keep(event) {
  if (typed() && performance.now() - meant > 2000) event.preventDefault();
}

// Extensions that fill in forms choose a role that nobody has looked at: by a script, of which an event tells that much. A role that
// came back with the form was chosen before.
function byWhom({ target, type, isTrusted }) {
  if (target.name !== "role") return;
  if (type === "click") byHand = isTrusted;
  else chosen = isTrusted && byHand ? target : null;
}

// Such a role is asked for once, with the name of those who would read the message.
function unseen() {
  const button = form.querySelector("[name=role]:checked");
  if (!button || button === chosen || button.defaultChecked) return [];
  chosen = button;
  const readers = button.closest(".choice").querySelector(".hint").textContent.slice(1, -1);
  return [["role-0", form.querySelector("fieldset").dataset.unseen.replace("#", readers)]];
}

// What our server encrypts may be so long that it could not be given back; it is stopped here.
function overlong() {
  return [...form.querySelectorAll("[data-limit]")].flatMap(({ id, value, dataset }) => {
    const surplus = [...value.trim()].length - dataset.limit;
    return surplus > 0 ? [[id, shorter(surplus)]] : [];
  });
}

function shorter(surplus) {
  const [one, many] = JSON.parse(word("shorter"));
  return surplus === 1 ? one : many.replace("2", surplus);
}

async function submit(event) {
  const here = !unable && !odd.includes(role()), asked = here ? [] : [...unseen(), ...overlong()];
  if (!here && !asked.length) {
    if (able) choose();
    even();
    meant = performance.now();
    return;
  }
  event.preventDefault();
  if (asked.length) { mark(asked); return fail(asked, word("check")); }
  if (busy) return;
  busy = true;
  try {
    const kit = await ready();
    if (kit && !odd.includes(role())) await attempt(kit);
    else fail([["send", word("unable")]]);
  } finally {
    busy = false;
  }
}

async function attempt(kit) {
  const answers = read(kit), faults = check(kit, answers);
  mark(faults);
  if (faults.length) return fail(faults, word("check"));
  try {
    const { ciphertext, code, bucket, reference } = await encrypted(kit, answers);
    const body = new URLSearchParams({ role: answers.role, token: form.elements.token.value, ciphertext, code });
    let answer = await post(body, bucket);
    const asked = answer.refusal?.querySelector("[data-challenge]"), proof = asked && await proven(asked);
    if (proof) {
      body.set("proof", proof);
      answer = await post(body, bucket);
    }
    show(answer, reference);
  } catch (fault) {
    if (fault.reason === "changed") await renew();
    fail([["send", word(fault.reason ?? "failed")]]);
  }
}

// Work that a browser can't do, or does not end, is no reason to wait for ever: the page says what else helps.
async function proven(asked) {
  const late = new Promise((resolve) => setTimeout(resolve, 6 * patience));
  return Promise.race([prover().then(({ prove }) => prove?.(asked)).catch(() => ""), late]);
}

function read({ asTyped }) {
  // The form's own language: a browser that translates the page changes the one of the page.
  const answers = { role: role(), language: form.dataset.language, voicemail: field("voicemail").checked };
  for (const id of ["reach", "name", "when", "topic", "message"]) answers[id] = asTyped(field(id).value);
  return answers;
}

// The rules of contact_service/web/form.py, with its messages.
function check({ lengthOf, isEmpty }, answers) {
  const faults = answers.role ? unseen() : [["role-0", form.querySelector("fieldset").dataset.required]];
  for (const { id, dataset } of form.querySelectorAll("[data-limit]")) {
    const surplus = lengthOf(answers[id]) - dataset.limit;
    if (dataset.required && isEmpty(answers[id])) faults.push([id, dataset.required]);
    else if (surplus > 0) faults.push([id, shorter(surplus)]);
  }
  return faults;
}

async function encrypted({ openpgp, innerEntity, codeOf, sumOf, seal }, answers) {
  say("encrypting");
  const blanks = JSON.parse(form.dataset.blanks);
  const { keys } = blanks.readers[answers.role];
  // The same text sent again is the same ciphertext, so that a lost answer leaves one mail.
  const content = JSON.stringify([answers, blanks]);
  if (sealed.content !== content) {
    const code = await codeOf(blanks, answers), sum = await sumOf(code);
    const inner = innerEntity(blanks, answers, code, sum), ciphertext = await seal(openpgp, inner, keys);
    sealed = { content, ciphertext, code: sum, bucket: inner.length, reference: blanks.reference };
  }
  return sealed;
}

async function post(body, bucket) {
  say("sending");
  try {
    return await answered({ method: "POST", body: evened(body, bucket) });
  } catch (fault) {
    throw Object.assign(fault, { reason: "network" });
  }
}

// One length for each size of the text, whatever the role, the language and the number of keys: with room for a dozen keys of
// the longest kind and for a proof of work. The address, which is longer in English, counts as well.
const roomFor = (bucket) => 14_336 + 1.5 * bucket - new URL(form.action).pathname.length;

function evened(body, bucket) {
  body.set("padding", "");
  body.set("padding", ".".repeat(Math.max(0, roomFor(bucket) - String(body).length)));
  return body;
}

// What our server encrypts gets one of the same lengths. Without JavaScript nothing can do that: a post then tells how much was written.
function even() {
  const body = new URLSearchParams([...new FormData(form)].map(([name, value]) => [name, value.replace(/\r?\n/g, "\r\n")]));
  const bucket = JSON.parse(form.dataset.blanks).buckets.find((size) => roomFor(size) >= String(body).length);
  if (bucket) form.elements.padding.value = evened(body, bucket).get("padding");
}

// Whatever stands between a device and our server may answer in its place: a filter, a page to log in to a network. So a page
// counts as received when it names our reference, as refused when it brings our form; nothing else of it is used or shown.
async function answered(options) {
  const answer = await fetch(form.action, { redirect: "manual", signal: within(patience), ...options });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html"), main = page.querySelector("main");
  return { status: answer.status, title: page.title, main, refusal: answer.status >= 400 && isForm(main) ? main : null };
}

// AbortSignal.timeout is younger than many a phone.
function within(milliseconds) {
  const stop = new AbortController();
  setTimeout(() => stop.abort(), milliseconds);
  return stop.signal;
}

function isForm(main) {
  const next = main?.querySelector("form[data-blanks]");
  try {
    return Boolean(next.elements.token.value && JSON.parse(next.dataset.blanks).readers);
  } catch {
    return false;
  }
}

function show({ status, title, main, refusal }, reference) {
  if (refusal) {
    adopt(refusal);
    return fail([["send", refusal.querySelector(".error-summary h2")?.textContent ?? word("foreign")]]);
  }
  if (status !== 200 || main?.querySelector(".answer .reference")?.textContent !== reference) {
    return fail([["send", word("foreign")]]);
  }
  document.title = title;
  // Within the same <main>: in a new one a screen reader's next key would skip what stands in it.
  main.querySelector(".answer").autofocus = false;
  document.querySelector("main").replaceChildren(...main.childNodes);
  // At once: from the button it is a long way, and a page in motion is not read.
  scrollTo({ top: 0, behavior: "instant" });
  document.querySelector(".answer").focus({ preventScroll: true });
}

// The keys have changed: the page as it is now holds the new ones. Without it the next attempt asks again.
async function renew() {
  const { status, main } = await answered({}).catch(() => ({}));
  if (status === 200 && isForm(main)) adopt(main);
}

// A form that comes back holds the token and the keys for the next attempt.
function adopt(main) {
  const next = main.querySelector("form[data-blanks]");
  form.dataset.blanks = next.dataset.blanks;
  form.elements.token.value = next.elements.token.value;
}

// The box that the service itself shows with an error. It is built here, since some browsers show what waits in a template.
function box(title) {
  const made = Object.assign(document.createElement("div"), { className: "error-summary", tabIndex: -1 });
  made.setAttribute("role", "alert");
  const heading = document.createElement("h2"), again = document.createElement("p");
  heading.textContent = title;
  // Our own sentence, with a phone number that dials.
  again.append(...new DOMParser().parseFromString(word("again"), "text/html").body.childNodes);
  made.append(heading, again, document.createElement("ul"));
  return made;
}

function mark(faults) {
  for (const old of form.querySelectorAll(".error")) { undescribe(old.id); old.remove(); }
  for (const old of form.querySelectorAll(".has-error")) old.classList.remove("has-error");
  for (const old of form.querySelectorAll("[aria-invalid]")) old.removeAttribute("aria-invalid");
  for (const [id, text] of faults) {
    const box = field(id).closest(".field"), control = box.matches("fieldset") ? box : field(id);
    const error = document.createElement("p");
    Object.assign(error, { className: "error", id: `${id.split("-")[0]}-error`, textContent: `${word("error")}: ${text}` });
    (box.querySelector(".hint") ?? box.querySelector("label")).after(error);
    box.classList.add("has-error");
    control.setAttribute("aria-invalid", "true");
    const described = (control.getAttribute("aria-describedby") ?? "").split(" ");
    control.setAttribute("aria-describedby", [...new Set([...described, error.id])].join(" ").trim());
  }
}

function undescribe(id) {
  for (const control of form.querySelectorAll(`[aria-describedby~="${id}"]`)) {
    const left = control.getAttribute("aria-describedby").split(/\s+/).filter((name) => name && name !== id);
    if (left.length) control.setAttribute("aria-describedby", left.join(" "));
    else control.removeAttribute("aria-describedby");
  }
}

function fail(faults, title = word("unsent")) {
  if (!unable && !odd.includes(role())) say("ready");
  document.querySelector(".error-summary")?.remove();
  const summary = box(title);
  for (const [id, text] of faults) {
    const label = id === "send" ? "" : field(id).closest(".field").querySelector("legend, label").firstChild.textContent.trim() + " ";
    const link = document.createElement("a");
    link.href = `#${id}`;
    link.textContent = label + text;
    summary.querySelector("ul").append(document.createElement("li"));
    summary.querySelector("li:last-child").append(link);
  }
  document.querySelector("main").prepend(summary);
  if (!document.title.startsWith(`${word("error")}: `)) document.title = `${word("error")}: ${document.title}`;
  summary.focus();
}
