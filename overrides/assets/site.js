// Two comforts on top of pages that work without scripts: leaving fast, and searching. Nothing is stored or sent.

// Shift three times, not Escape: Escape already stops speech in screen readers, closes our search and leaves full
// screen, and a stray Escape would lose a half-written message. Windows' sticky keys only start at five presses.
const presses = 3, within = 3000;
const exit = document.querySelector("[data-leave]"), field = document.getElementById("q");
let times = [];

function leave(event) {
  event?.preventDefault();
  document.documentElement.hidden = true;
  document.title = "…";
  field.value = "";
  for (const form of document.forms) form.reset();
  // replace(): the Back button then does not return to this page.
  location.replace(exit.href);
}

exit.title = exit.dataset.leave;
exit.addEventListener("click", leave);
document.addEventListener("keyup", (event) => {
  times = event.key === "Shift" ? [...times.filter((time) => event.timeStamp - time < within), event.timeStamp] : [];
  if (times.length >= presses) leave();
});

// The language link keeps the place on the page.
const twin = document.querySelector("[data-twin]");
twin.addEventListener("click", () => { twin.hash = location.hash; });

// The index is fetched once somebody wants to search, not before. On a slow line they may be in the field before this script is.
const search = async () => (await import("./search.js" + new URL(import.meta.url).search)).start(field);
if (document.activeElement === field) search();
else field.addEventListener("focus", search, { once: true });
