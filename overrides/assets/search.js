// Shows what was found while somebody types. What is typed goes nowhere: not to a server, not into an address.

// How long somebody stops typing before a screen reader is told how many pages there are.
const pause = 300;

function element(name, text, ...children) {
  const made = document.createElement(name);
  made.append(text, ...children);
  return made;
}

function link(address, text) {
  const made = element("a", text);
  made.href = address;
  return made;
}

// A number to call, above what is found.
function call([text, address, number]) {
  const made = element("p", text + " ", link(address, number));
  made.className = "danger";
  return made;
}

// Who asks in the other language reads, in that language, where the answers are.
function inOther({ language, searching }, pages, base) {
  const made = element("div", element("p", searching), element("ul", "", ...pages.map((page) => element("li", link(base + page.url, page.title)))));
  made.className = "in-other";
  made.lang = language;
  return made;
}

// Nothing found is never the end.
function further({ text, links }, base) {
  const addresses = links.map(([address, words]) => element("li", link(/^(tel:|#)/.test(address) ? address : base + address, words)));
  const made = element("div", element("p", text), element("ul", "", ...addresses));
  made.className = "way-on";
  return made;
}

export async function start(field) {
  const area = field.closest("[role=search]"), { index, base, other, none, one, many, failed } = area.dataset;
  const status = area.querySelector("p"), results = area.querySelector("ol"), above = document.createElement("div"), below = document.createElement("div");
  let list, twin, find, saying, shown = "";
  above.setAttribute("aria-live", "polite");
  status.after(above);
  results.after(below);
  // Both languages are fetched, whatever is typed: so nobody can see from the network in which one somebody asks.
  const read = async (address) => (await fetch(address)).json(), late = read(other + "search/search_index.json").catch(() => null);
  try {
    const [module, content] = await Promise.all([import("./find.js" + new URL(import.meta.url).search), read(index)]);
    list = module.open(content);
    find = (typed) => module.find(list, typed, twin);
    late.then((content) => { twin = content && module.open(content); prepare(); show(); });
  } catch {
    status.textContent = failed;
    return;
  }
  const show = () => {
    const typed = field.value.trim(), asked = [...typed].length > 1 || /[^\x00-\u024f]/.test(typed);
    const { pages, calls, elsewhere } = asked ? find(typed) : { pages: [], calls: [], elsewhere: [] };
    const said = !asked ? "" : pages.length === 1 ? one : pages.length ? many.replace("#", pages.length) : none;
    clearTimeout(saying);
    saying = setTimeout(() => { status.textContent = said; }, status.textContent && said ? pause : 0);
    const told = JSON.stringify([calls, elsewhere.slice(0, 3)]);
    // Only what is new, or a screen reader says the same at each letter.
    if (told !== shown) above.replaceChildren(...calls.map((key) => call(list.help.calls[key])), ...elsewhere.length ? [inOther(list.help.other, elsewhere.slice(0, 3), other)] : []);
    shown = told;
    results.replaceChildren(...pages.map((page) => element("li", link(base + page.url, page.title))));
    below.replaceChildren(...asked && !pages.length ? [further(list.help.way_on, base)] : []);
  };
  const clear = () => { field.value = ""; show(); };
  field.addEventListener("input", show);
  // The list of all pages is on this page: what was found would cover it.
  below.addEventListener("click", clear);
  area.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target === field) (results.querySelector("a") ?? below.querySelector("a"))?.focus();
    if (event.key === "Escape") { clear(); field.focus(); }
  });
  // The first letter does not wait for what is made once.
  const prepare = () => setTimeout(() => find("qq"));
  show();
  prepare();
}
