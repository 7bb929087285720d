// The part of a form in which somebody gets a new passphrase: words that the page draws, or one of their own.
import { $, all } from "./element.js";
import { Fault } from "./fault.js";
import { asDrawn } from "./keys.js";
import { drawn, isTooEasy, strength, wordCount } from "./passphrase.js";
import { say } from "./words.js";

const list = () => WORDS.split(" ");

export function start(form) {
  $(".again", form).addEventListener("click", () => draw(form));
  for (const way of all("[name$=-way]", form)) way.addEventListener("change", () => choose(form));
  clear(form);
}

export function clear(form) {
  for (const field of all(".passphrase input:not([type=radio]):not([type=checkbox])", form)) field.value = "";
  $("[value=drawn]", form).checked = true;
  choose(form);
  draw(form);
}

function draw(form) {
  $(".drawn", form).textContent = drawn(list());
  render(form);
}

export function render(form) {
  $(".bits", form).textContent = say("bits", { count: wordCount, list: list().length, bits: strength(list()) });
}

const isOwn = (form) => $("[value=own]", form).checked;

function choose(form) {
  for (const part of all("[data-way]", form)) part.hidden = (part.dataset.way === "own") !== isOwn(form);
}

// The chosen passphrase; raises a Fault when it is too easy or was typed otherwise the second time. `about` says who it is for.
export function chosen(form, about) {
  const passphrase = isOwn(form) ? $(".own", form).value : $(".drawn", form).textContent;
  if (isOwn(form) && isTooEasy(passphrase, about)) throw new Fault("passphrase-short");
  const again = $(".repeat input", form).value;
  if (again !== passphrase && (isOwn(form) || asDrawn(again) !== passphrase)) throw new Fault("passphrase-differs");
  return passphrase;
}
