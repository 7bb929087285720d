// Two comforts on top of pages that work without scripts: leaving fast, and searching. Nothing is stored or sent.

// Shift three times, not Escape: Escape already stops speech in screen readers, closes our search and leaves full
// screen, and a stray Escape would lose a half-written message. Windows' sticky keys only start at five.
const presses = 3, within = 3000;
let times = [];

function leave(event) {
  event?.preventDefault();
  document.documentElement.hidden = true;
  document.title = "…";
  for (const form of document.forms) form.reset();
  // replace(): the Back button then does not return to this page.
  location.replace(document.querySelector("[data-leave]").href);
}

document.querySelector("[data-leave]").addEventListener("click", leave);
document.addEventListener("keyup", (event) => {
  times = event.key === "Shift" ? [...times.filter((t) => event.timeStamp - t < within), event.timeStamp] : [];
  if (times.length >= presses) leave();
});

// The language link keeps the place on the page.
for (const link of document.querySelectorAll("[data-twin]"))
  link.addEventListener("click", () => { link.hash = location.hash; });

const field = document.getElementById("q");
field.form.addEventListener("submit", (event) => event.preventDefault());
field.addEventListener("focus", () => {
  import("./search.js" + new URL(import.meta.url).search).then((search) => search.start(field));
}, { once: true });
