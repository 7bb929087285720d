// Encrypts the contact form on the reader's own device. Without this script, or when it cannot do its work, the same form
// posts normally and the server encrypts; the line at the button always says which of the two it is.

const patience = 20_000;
const version = new URL(import.meta.url).search;
const { openpgp: library } = document.querySelector("script[data-openpgp]").dataset;
const form = document.querySelector("form[data-blanks]");
let tools, unable = false, busy = false, sealed = {}, posted = false, dialled = -Infinity;

if (form) {
  for (const touch of ["focusin", "pointerdown", "input"]) form.addEventListener(touch, ready);
  form.addEventListener("submit", submit);
  if (form.elements.proof) prover();
  addEventListener("beforeunload", keep);
  document.addEventListener("click", ({ target }) => { if (target.closest?.("a[href^='tel:']")) dialled = performance.now(); });
}

const field = (id) => document.getElementById(id);
const say = (way) => { field("way").textContent = field("way").dataset[way]; };
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
  const { readers } = JSON.parse(form.dataset.blanks);
  const keys = new Set(Object.values(readers).flatMap((reader) => reader.keys));
  if (keys.size) await Promise.race([sealing.rehearse(openpgp, [...keys]), late]);
  // From here on the answers cannot leave the form unencrypted. The role keeps its name: the server must know it.
  for (const answer of form.querySelectorAll("[name]")) if (!["token", "role"].includes(answer.name)) answer.removeAttribute("name");
  say("ready");
  return { openpgp, ...sealing, ...mail };
}

// No way off the page loses what was typed without the browser's own question. Leaving empties the form first, and a number
// that is dialled is no way off, though some browsers take it for one.
function keep(event) {
  const typed = form.isConnected && [...form.querySelectorAll("[data-limit]")].some(({ value }) => value.trim());
  if (typed && !posted && performance.now() - dialled > 1000) event.preventDefault();
}

async function submit(event) {
  if (unable) { posted = true; return; }
  event.preventDefault();
  if (busy) return;
  busy = true;
  const kit = await ready();
  if (kit) await attempt(kit);
  else fail([["send", word("unable")]]);
  busy = false;
}

async function attempt(kit) {
  const answers = read(kit), faults = check(kit, answers);
  mark(faults);
  if (faults.length) return fail(faults, word("check"));
  try {
    const { ciphertext, code } = await encrypted(kit, answers);
    say("sending");
    const body = new URLSearchParams({ role: answers.role, token: form.elements.token.value, ciphertext, code });
    let answer = await post(body);
    const asked = answer.page.querySelector("[data-challenge]"), proof = asked && await (await prover()).prove?.(asked);
    if (proof) {
      body.set("proof", proof);
      say("sending");
      answer = await post(body);
    }
    show(answer);
  } catch (fault) {
    if (fault.reason === "changed") adopt(await page(await fetch(form.action)));
    fail([["send", word(fault.reason ?? "failed")]]);
  }
}

function read({ asTyped }) {
  const role = form.querySelector("[name=role]:checked")?.value;
  // The form's own language: a browser that translates the page changes the one of the page.
  const answers = { role, language: form.dataset.language, voicemail: field("voicemail").checked };
  for (const id of ["reach", "name", "when", "topic", "message"]) answers[id] = asTyped(field(id).value);
  return answers;
}

// The rules of contact_service/web/form.py, with its messages.
function check({ lengthOf, isEmpty }, answers) {
  const faults = answers.role ? [] : [["role-0", form.querySelector("fieldset").dataset.required]];
  for (const { id, dataset } of form.querySelectorAll("[data-limit]")) {
    const surplus = lengthOf(answers[id]) - dataset.limit;
    const [one, many] = JSON.parse(word("shorter"));
    if (dataset.required && isEmpty(answers[id])) faults.push([id, dataset.required]);
    else if (surplus > 0) faults.push([id, surplus === 1 ? one : many.replace("2", surplus)]);
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
    const code = await codeOf(blanks, answers);
    sealed = { content, ciphertext: await seal(openpgp, innerEntity(blanks, answers, code), keys), code: await sumOf(code) };
  }
  return sealed;
}

async function post(body) {
  try {
    const answer = await fetch(form.action, { method: "POST", body, signal: AbortSignal.timeout?.(patience) });
    return { ok: answer.ok, page: await page(answer) };
  } catch (fault) {
    throw Object.assign(fault, { reason: "network" });
  }
}

const page = async (answer) => new DOMParser().parseFromString(await answer.text(), "text/html");

function show({ ok, page }) {
  if (!ok) {
    adopt(page);
    return fail([["send", page.querySelector(".error-summary h2")?.textContent ?? word("refused")]]);
  }
  document.title = page.title;
  const received = page.querySelector("main");
  // Within the same <main>: in a new one a screen reader's next key would skip what stands in it.
  document.querySelector("main").replaceChildren(...received.childNodes);
  document.querySelector(".answer").focus();
}

// A form that comes back holds the token and the keys for the next attempt.
function adopt(page) {
  const next = page.querySelector("form[data-blanks]");
  if (!next) return;
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
  if (!unable) say("ready");
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
