// "Een sleutel maken" and "Sleutel beheren".
import { $, all, make } from "./element.js";
import { Fault } from "./fault.js";
import { status, tell } from "./faults.js";
import * as handover from "./handover.js";
import { picked } from "./keylist.js";
import { endAfter, made, prolonged, relocked, revoked } from "./keys.js";
import { bring } from "./library.js";
import * as field from "./passphrase-field.js";
import { day, say } from "./words.js";

const isAddress = /^[^\s@<>"(),:;\\[\]]+@[^\s@<>"(),:;\\[\]]+\.[^\s@<>"(),:;\\[\].]{2,}$/;
const results = new Map();

export function start() {
  for (const id of ["make", "manage"]) field.start($(`#${id}-form`));
  submit("#make-form", "#make .made", makeKey);
  submit("#manage-form", "#manage .made", manage);
  for (const task of all("[name=task]")) task.addEventListener("change", chooseTask);
  render();
}

export function clear() {
  results.clear();
  handover.forget();
  for (const id of ["make", "manage"]) {
    $(`#${id}-form`).reset();
    $(`#${id}-form`).hidden = false;
    field.clear($(`#${id}-form`));
    $(`#${id} .made`).replaceChildren();
    $(`#${id} .made`).hidden = true;
  }
  chooseTask();
  render();
}

export function render() {
  for (const select of all(".years")) {
    const chosen = select.value || "2";
    select.replaceChildren(...[1, 2, 3].map((count) => make("option", {
      value: count, textContent: say(count === 1 ? "year" : "years", { count, date: day(endAfter(count), "short") }),
    })));
    select.value = chosen;
  }
  for (const id of ["make", "manage"]) field.render($(`#${id}-form`));
  for (const [article, [kind, key]] of results) handover.render(article, kind, key);
}

function submit(form, article, act) {
  let busy = false;
  $(form).addEventListener("submit", async (event) => {
    event.preventDefault();
    if (busy) return;
    busy = true;
    tell();
    status(say("working"));
    try {
      bring();
      const [kind, key] = await act($(form));
      results.set($(article), [kind, key]);
      status("");
      // Pressed once more, it would make another key, of which one file might be kept with the other file of this one.
      $(form).hidden = kind === "made";
      handover.show($(article), kind, key);
    } catch (fault) {
      status("");
      tell(fault);
    }
    busy = false;
  });
}

async function makeKey(form) {
  // Signs that nobody sees come along with what is copied from elsewhere, and the key would be for another address.
  const [name, address] = ["#name", "#address"].map((field) => $(field).value.replace(/\p{Cf}/gu, "").trim()), who = { name, address };
  if (!who.name) throw new Fault("need-name");
  if (/[<>\p{Cc}]/u.test(who.name)) throw new Fault("plain-name");
  if (!isAddress.test(address)) throw new Fault("need-address");
  return ["made", await made({ ...who, passphrase: field.chosen(form, [who.name, who.address]), years: Number($("#make-years").value) })];
}

async function manage(form) {
  const { key, about } = picked($(".keys", form)), passphrase = $("#own-passphrase").value;
  if (about.locked && !passphrase) throw new Fault("no-passphrase");
  const task = $("[name=task]:checked").value;
  if (task === "relock") return ["relocked", await relocked(key, passphrase, field.chosen(form, [about.id]))];
  if (task === "revoke") return ["revoked", await revoked(key, passphrase, $("#reason").value)];
  return ["prolonged", await prolonged(key, passphrase, Number($("#manage-years").value))];
}

function chooseTask() {
  for (const part of all("[data-task]")) part.hidden = part.dataset.task !== $("[name=task]:checked").value;
}
