// Encrypts the contact form on the reader's own device and sends it. Where the device cannot encrypt, the server does; the line at the
// button always says which of the two it is. Without this script the same form posts by itself.

const patience = 20_000, longest = 60_000;
const version = new URL(import.meta.url).search, address = location.pathname, ours = "form[data-blanks]";
const { openpgp: library } = document.querySelector("script[data-openpgp]").dataset;
let form = document.querySelector(ours);
let kit, loading, attempts = 0, unable = false, odd = [], busy = false, sealed = {}, meant = -Infinity, chosen, byHand = true;
// Extensions put other elements in the place of ours: what happens is heard at the document, and the sentences are kept.
const heard = { focusin: ready, pointerdown: ready, input: ready, click: byWhom, change: byWhom, submit };
const field = (id) => form.querySelector(`#${id}`);
const { ways, words } = form ? { ways: field("way").dataset, words: field("send").dataset } : {};

if (form) {
  // From here on this script alone sends. A call of another one's, such as an extension makes, would send what can be read or nothing
  // at all, and take the page away: with no dialog around the form it leads nowhere. Browsers from before 2022 know no such method;
  // there the policy of the page lets no form go to such an address.
  form.method = "dialog";
  if (form.method !== "dialog") Object.assign(form, { method: "post", action: "data:," });
  // An answer without a name cannot leave with the form either. The role keeps its name: by it, five buttons are one choice.
  for (const answer of form.querySelectorAll("[name]:not([name=token], [name=role])")) answer.removeAttribute("name");
  // What they warn of cannot happen where this script runs.
  for (const note of document.querySelectorAll(".unscripted")) note.remove();
  for (const name of Object.keys(heard)) document.addEventListener(name, hear, true);
  addEventListener("beforeunload", keep);
  document.addEventListener("click", follow);
}

function hear(event) {
  const touched = event.target.closest?.(ours);
  if (!touched) return;
  form = touched;
  heard[event.type](event);
}

function say(way) {
  const line = field("way");
  if (line) line.textContent = ways[way];
}
const role = () => form.querySelector("[name=role]:checked")?.value.replace(/\.+$/, "");
const word = (name) => words[name];

const late = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const here = () => Boolean(kit) && !odd.includes(role());

// Characters as Python counts them (an emoji is one, where JavaScript counts two), and emptiness (U+FEFF is no space to it).
const lengthOf = (text) => [...text].length;
const isEmpty = (text) => !/\S|\uFEFF/.test(text);

function ready() {
  loading ??= load().catch(cannot);
  return loading;
}

function cannot() {
  unable = true;
  if (!busy) say("unable");
}

// What comes late counts as soon as it is there; until then the line says that the server encrypts.
async function load() {
  if (!unable) say("loading");
  const slow = setTimeout(cannot, patience);
  try {
    if (!crypto.subtle) throw new Error("no secure context");
    const [openpgp, sealing, mail] = await modules();
    const roles = Object.entries(JSON.parse(form.dataset.blanks).readers);
    odd = await oddRoles(roles, (keys) => sealing.rehearse(openpgp, keys, ask));
    if (odd.length && odd.length === roles.length) throw new Error("no key of use");
    unable = false;
    kit = { openpgp, ...sealing, ...mail };
    tell();
    return kit;
  } finally {
    clearTimeout(slow);
  }
}

// A connection that failed is tried anew at a later touch, under another address: a browser may keep that an import failed.
function modules() {
  const again = attempts++ ? `${attempts}` : "", ours = version + (again && `&${again}`);
  const imports = [`${library}/openpgp.min.mjs${again && `?${again}`}`, `seal.js${ours}`, `mail.js${ours}`];
  return Promise.all(imports.map((file) => import(`./${file}`))).catch((fault) => {
    late(patience).then(() => { loading = undefined; });
    throw fault;
  });
}

// A key that OpenPGP.js cannot use costs its own role, and no other, that it is encrypted here.
async function oddRoles(roles, rehearse) {
  const works = (keys) => (keys.length ? rehearse([...new Set(keys)]).then(() => true, () => false) : true);
  if (await works(roles.flatMap(([, reader]) => reader.keys))) return [];
  const each = await Promise.all(roles.map(([, reader]) => works(reader.keys)));
  return roles.filter((_, at) => !each[at]).map(([name]) => name);
}

// Who will encrypt, as far as it is known.
function tell() {
  if (!busy) say(here() ? "ready" : "unable");
}

const typed = () => [...document.querySelectorAll(`${ours} [data-limit]`)].some(({ value }) => value.trim());

// A link opens beside what was typed: not every browser asks before it leaves a page (Safari on a phone never does). The button
// that leaves does so in this tab, also when its own script is not here.
function follow({ target }) {
  const link = target.closest?.("a[href]:not([href^='#'])");
  if (link?.protocol === "tel:" || link?.matches("[data-leave]")) meant = performance.now();
  else if (link && typed()) link.target = "_blank";
}

// No other way off the page loses it without the browser's own question. Leaving empties the form first. A number that is dialled
// is no way off, though some browsers take it for one; a moment later the question is due again.
function keep(event) {
  if (typed() && performance.now() - meant > 2000) event.preventDefault();
}

// Extensions that fill in forms choose a role that nobody has looked at: by a script, of which an event tells that much. A role that
// came back with the form was chosen before.
function byWhom({ target, type, isTrusted }) {
  if (target.name !== "role") return;
  if (type === "click") byHand = isTrusted;
  else {
    chosen = isTrusted && byHand ? target : null;
    if (kit) tell();
  }
}

// Such a role is asked for once, with the name of those who would read the message.
function unseen() {
  const button = form.querySelector("[name=role]:checked");
  if (!button || button === chosen || button.defaultChecked) return [];
  chosen = button;
  // Without brackets, of whatever script a browser that translates pages has made them.
  const readers = button.closest(".choice").querySelector(".hint").textContent.replace(/[^\p{L}\p{N}]*\p{Ps}|\p{Pe}[^\p{L}\p{N}]*/gu, "").trim();
  return [["role-0", form.querySelector("fieldset").dataset.unseen.replace("#", readers)]];
}

function shorter(surplus) {
  const [one, many] = JSON.parse(word("shorter"));
  return surplus === 1 ? one : many.replace("2", surplus);
}

// Nothing goes out that our server would encrypt before the line at the button has said so. It goes as the encrypted one does, and
// not as the browser itself would send it: that may lose the text with the connection, and Chromium writes what it posted to the disk.
async function submit(event) {
  event.preventDefault();
  if (busy) return;
  const told = unable || odd.includes(role());
  busy = true;
  try {
    if (!told) await Promise.race([ready(), late(patience)]);
    if (here() || told) await attempt(here() ? kit : undefined);
    else fail([["send", word("unable")]]);
  } catch {
    fail([["send", word("unable")]]);
  } finally {
    busy = false;
  }
}

async function attempt(tools) {
  const answers = read(tools?.asTyped ?? String), faults = check(answers);
  mark(faults);
  if (faults.length) return fail(faults, word("check"));
  try {
    const { reference } = JSON.parse(form.dataset.blanks);
    const message = tools ? await encrypted(tools, answers) : readable(answers);
    let answer = await post(message);
    const asked = answer.refusal?.querySelector("[data-challenge]"), proof = asked && await proven(asked);
    if (proof) {
      message.body.set("proof", proof);
      answer = await post(message);
    }
    show(answer, reference);
  } catch (fault) {
    if (fault.reason === "changed") await renew();
    // What this device could not encrypt after all, it does not try again: the next time the server does, and the line says so.
    if (tools && !fault.reason) { odd = [...odd, answers.role]; tell(); }
    fail([["send", word(fault.reason ?? "unable")]]);
  }
}

// Work that a browser can't do, or does not end, is no reason to wait for ever: the page says what else helps.
async function proven(asked) {
  const proof = import(`./proof.js${version}`).then(({ prove }) => prove(asked)).catch(() => "");
  return Promise.race([proof, late(6 * patience)]);
}

function read(asTyped) {
  // The form's own language: a browser that translates the page changes the one of the page.
  const answers = { role: role(), language: form.dataset.language, voicemail: field("voicemail").checked };
  for (const id of ["reach", "name", "when", "topic", "message"]) answers[id] = asTyped(field(id).value);
  return answers;
}

// The rules of contact_service/web/form.py, with its messages.
function check(answers) {
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
  const blanks = JSON.parse(form.dataset.blanks), { keys } = blanks.readers[answers.role];
  // The same text sent again is the same ciphertext, so that a lost answer leaves one mail.
  const content = JSON.stringify([answers, blanks]);
  if (sealed.content !== content) {
    const code = await codeOf(blanks, answers), sum = await sumOf(code), inner = innerEntity(blanks, answers, code, sum);
    sealed = { content, ciphertext: await seal(openpgp, inner, keys, ask), code: sum, bucket: inner.length };
  }
  const { ciphertext, code, bucket } = sealed;
  return { body: new URLSearchParams({ role: answers.role, token: form.elements.token.value, ciphertext, code }), bucket };
}

// What our server encrypts, in a post of one of the same lengths.
function readable({ language, voicemail, ...answers }) {
  const body = new URLSearchParams({ ...answers, voicemail: voicemail ? "y" : "", token: form.elements.token.value });
  return { body, bucket: JSON.parse(form.dataset.blanks).buckets.find((size) => roomFor(size) >= String(body).length) };
}

async function post({ body, bucket }) {
  say("sending");
  const slow = setTimeout(() => say("slow"), patience);
  try {
    return await answered({ method: "POST", body: evened(body, bucket) }, longest);
  } catch (fault) {
    throw Object.assign(fault, { reason: "network" });
  } finally {
    clearTimeout(slow);
  }
}

// One length for each size of the text, whatever the role, the language and the number of keys: with room for a dozen keys of
// the longest kind and for a proof of work. The address, which is longer in English, counts as well.
const roomFor = (bucket) => 14_336 + 1.5 * bucket - address.length;

function evened(body, bucket) {
  body.set("padding", "");
  body.set("padding", ".".repeat(Math.max(0, roomFor(bucket) - String(body).length)));
  return body;
}

// Whatever stands between a device and our server may answer in its place: a filter, a page to log in to a network. So a page
// counts as received when it names our reference, as refused when it brings our form; nothing else of it is used or shown.
async function answered(options, milliseconds) {
  const { status, text } = await ask(address, options, milliseconds);
  const page = new DOMParser().parseFromString(text, "text/html"), main = page.querySelector("main");
  return { status, title: page.title, main, refusal: status >= 400 && isForm(main) ? main : null };
}

// Every request ends in time, its answer included. AbortSignal.timeout is younger than many a phone.
async function ask(address, options, milliseconds = patience) {
  const stop = new AbortController(), timer = setTimeout(() => stop.abort(), milliseconds);
  try {
    const answer = await fetch(address, { redirect: "manual", cache: "no-store", signal: stop.signal, ...options });
    return { status: answer.status, date: answer.headers.get("Date"), text: await answer.text() };
  } finally {
    clearTimeout(timer);
  }
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
    const told = refusal.querySelector(".error-summary li") ?? refusal.querySelector(".error-summary h2");
    return fail([["send", told?.textContent ?? word("foreign")]]);
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

// Without what is optional in it. Translators and readers aloud take it apart.
function questionOf(id) {
  const question = field(id).closest(".field").querySelector("legend, label").cloneNode(true);
  question.querySelector(".optional")?.remove();
  return question.textContent.trim();
}

function fail(faults, title = word("unsent")) {
  say(here() ? "ready" : "unable");
  document.querySelector(".error-summary")?.remove();
  const summary = box(title);
  for (const [id, text] of faults) {
    const label = id === "send" ? "" : `${questionOf(id)} `;
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
