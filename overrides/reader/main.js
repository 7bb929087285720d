// The reader: its doors, its language, and that it forgets.
import { $, all } from "./element.js";
import { Fault } from "./fault.js";
import * as faults from "./faults.js";
import * as handover from "./handover.js";
import * as keylist from "./keylist.js";
import { bring } from "./library.js";
import * as making from "./making.js";
import * as reading from "./reading.js";
import { empty, store, take } from "./store.js";
import { say, speak } from "./words.js";

const minute = 60_000, patience = 10 * minute, warning = 9 * minute;
let touched = Date.now(), warned = false;

function start() {
  if (!globalThis.crypto?.subtle) return faults.tell(new Fault("old"));
  for (const one of all("[data-en]")) one.dataset.nl = one.textContent;
  for (const one of all("[data-en-label]")) one.dataset.nlLabel = one.getAttribute("aria-label");
  for (const door of all("[data-door]")) door.addEventListener("click", () => goTo(door.dataset.door));
  for (const box of all("[data-shows]")) box.addEventListener("change", () => reveal(box));
  for (const input of all("[type=file]")) input.addEventListener("change", () => taken([...input.files]).then(() => { input.value = ""; }));
  $("#paste").addEventListener("click", paste);
  $("#language").addEventListener("click", () => translate($("#language").lang));
  $("#forget").addEventListener("click", () => forget("forgotten"));
  // From the site, the page can be saved as the very file whose number is known; a browser's own "save page" may write another.
  if (location.protocol.startsWith("http")) {
    $("#keep a").href = location.pathname;
    $("#keep").hidden = false;
  }
  drops();
  watch();
  reading.start();
  making.start();
}

function goTo(name) {
  faults.tell();
  faults.status("");
  for (const door of all("[data-door]")) {
    $(`#${door.dataset.door}`).hidden = door.dataset.door !== name;
    door.toggleAttribute("aria-current", door.dataset.door === name);
    if (door.dataset.door === name) door.setAttribute("aria-current", "page");
  }
  $(`#${name}-title`).focus();
}

function reveal({ checked, dataset }) {
  for (const id of dataset.shows.split(" ")) $(`#${id}`).type = checked ? "text" : "password";
}

function translate(code) {
  speak(code);
  document.documentElement.lang = code;
  for (const one of all("[data-en]")) one.textContent = one.dataset[code];
  for (const one of all("[data-en-label]")) one.setAttribute("aria-label", one.dataset[`${code}Label`]);
  Object.assign($("#language"), code === "en" ? { lang: "nl", textContent: "Nederlands" } : { lang: "en", textContent: "English" });
  for (const part of [faults, reading, making]) part.render();
  renderKeys();
}

const renderKeys = () => all(".keys").forEach(keylist.render);

async function paste() {
  const text = $("#mail-text").value;
  if (!text.trim()) return faults.tell(new Fault("no-message"));
  $("#mail-text").value = "";
  await taken([new File([text], say("pasted"))]);
}

async function taken(files) {
  faults.status(say("working"));
  try {
    bring();
  } catch (fault) {
    faults.status("");
    return faults.tell(fault);
  }
  const found = await take(files);
  faults.status("");
  reading.render();
  renderKeys();
  faults.tell(...found);
  // Once a key is open, the next mail opens by itself.
  if (!found.length && [...store.keys.values()].some(({ open }) => open) && store.messages.some(({ letter }) => !letter)) await reading.openAll();
}

// A file that is dropped beside the field must not replace the page.
function drops() {
  for (const event of ["dragenter", "dragover", "drop"]) document.addEventListener(event, (drop) => drop.preventDefault());
  document.addEventListener("drop", ({ dataTransfer }) => {
    const text = dataTransfer.getData("text/plain") || dataTransfer.getData("text/html"), name = say("dropped");
    if (!dataTransfer.files.length && !text) return faults.tell(new Fault("nothing", { name }));
    taken(dataTransfer.files.length ? [...dataTransfer.files] : [new File([text], name)]);
  });
}

function watch() {
  const touch = () => { touched = Date.now(); if (warned) { warned = false; faults.status(""); } };
  for (const event of ["pointerdown", "keydown", "input", "wheel", "touchmove", "drop"]) document.addEventListener(event, touch, { passive: true });
  // Asked by the clock: a computer that slept has stopped every timer.
  const look = () => {
    const idle = Date.now() - touched;
    if (idle >= patience) forget("forgotten-idle");
    else if (idle >= warning && holdsSomething() && !warned) { warned = true; faults.status(say("soon-forgotten")); }
  };
  setInterval(look, 5000);
  for (const event of ["visibilitychange", "focus"]) addEventListener(event, look, true);
  addEventListener("pagehide", () => forget());
  addEventListener("beforeunload", (event) => { if (handover.isUnsaved()) event.preventDefault(); });
}

function holdsSomething() {
  const typed = all("input:not([type=radio]):not([type=checkbox]):not([type=file]), textarea").some(({ value }) => value);
  return store.messages.length || store.keys.size || typed || all(".made").some(({ hidden }) => !hidden);
}

function forget(word) {
  const held = holdsSomething();
  touched = Date.now();
  warned = false;
  empty();
  reading.clear();
  making.clear();
  renderKeys();
  for (const box of all("[data-shows]")) reveal(box);
  faults.tell();
  if (word && (held || word === "forgotten")) faults.status(say(word));
}

start();
