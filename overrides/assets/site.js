// Two comforts on top of pages that work without scripts: leaving fast, and searching. Nothing is stored or sent.

// The headers of the server let the style run that is in the page. Should they still name an older one, it comes as a file.
if (!document.querySelector("style").sheet) {
  const file = Object.assign(document.createElement("link"), { rel: "stylesheet" });
  file.href = new URL("site.css" + new URL(import.meta.url).search, import.meta.url);
  document.head.append(file);
}

// A button alone, and no key: each combination tried is one that a screen reader, a keyboard layout or a mouse makes too.
// Orca keeps the H of Shift+H for itself, so that three headings back look like three taps on Shift.
const exit = document.querySelector("[data-leave]");

function leave(event) {
  event.preventDefault();
  document.documentElement.hidden = true;
  document.title = "…";
  for (const field of document.querySelectorAll("input, textarea")) field.value = "";
  for (const form of document.forms) form.reset();
  // replace(): the Back button then does not return to this page.
  location.replace(exit.href);
}

// Heard at the document: extensions put other elements in the place of ours.
addEventListener("click", (event) => { if (event.target.closest?.("[data-leave]")) leave(event); });

// A place on the same page is no step of its own in the history: Back, after leaving, would return to the page.
addEventListener("click", (event) => {
  const link = event.target.closest?.("a[href^='#']");
  if (!link || event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  location.replace(link.href);
});

// What the form warns of where its own script does not run (assets/contact.js).
addEventListener("load", () => { for (const note of document.querySelectorAll(".unscripted")) note.classList.remove("unscripted"); });

// The language link keeps the place on the page.
const twin = document.querySelector("[data-twin]");
twin.addEventListener("click", () => { twin.hash = location.hash; });

// The search field is of no use without this script, so only the script shows it. What is typed is for nobody on the way.
const area = document.querySelector(".search"), field = document.createElement("input");
const label = document.createElement("label"), found = document.createElement("div"), status = document.createElement("p");
area.setAttribute("role", "search");
label.className = "hidden";
label.htmlFor = field.id = "q";
label.textContent = field.placeholder = area.dataset.label;
field.type = "search";
field.enterKeyHint = "search";
for (const name of ["autocomplete", "autocorrect", "autocapitalize"]) field.setAttribute(name, "off");
for (const name of ["spellcheck", "writingsuggestions"]) field.setAttribute(name, "false");
field.translate = false;
found.className = "found";
status.setAttribute("aria-live", "polite");
found.append(status, document.createElement("ol"));
area.append(label, field, found);
document.documentElement.classList.add("scripted");

// The index is fetched once somebody wants to search, not before.
const search = async () => (await import("./search.js" + new URL(import.meta.url).search)).start(field);
field.addEventListener("focus", search, { once: true });
// Where a page comes back as it was left, Safari empties the field a moment later, and not what was found with it.
addEventListener("pageshow", ({ persisted }) => { if (persisted) setTimeout(() => field.dispatchEvent(new Event("input")), 100); });
