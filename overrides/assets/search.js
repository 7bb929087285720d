// Searches the pages of this language in the browser. What is typed goes nowhere: not to a server, not into an address.

const words = (text) => text.toLowerCase().normalize("NFD").replace(/[\u0300-\u036f]/g, "").match(/[a-z0-9]+/g) ?? [];

// Every word once, as typed and without its ending.
const both = (text) => { const found = [...new Set(words(text))]; return [found, new Set(found.map(stem))]; };

// Dutch and English endings that a reader may or may not type: bedreigingen, threatened, vrouwelijke.
const stem = (word) => word.length < 5 ? word : word.replace(/(ingen|heden|ing|en|es|ed|e|s|t)$/, "");

// How much a hit counts: as a whole word, and inside a longer one, since Dutch writes compounds as one word.
const weights = { title: [12, 6], keywords: [10, 5], heading: [5, 3], text: [2, 1] };

export function pages(docs) {
  const list = new Map();
  for (const { location, title, text, keywords } of docs) {
    const url = location.split("#")[0], first = !list.has(url);
    if (first) list.set(url, { url, title, fields: [["keywords", ...both((keywords ?? []).join(" "))]] });
    list.get(url).fields.push([first ? "title" : "heading", ...both(title)], ["text", ...both(text)]);
  }
  return [...list.values()];
}

// The best place counts in full, each further place a little.
function points(page, asked) {
  let best = 0, rest = 0;
  for (const [field, found, stems] of page.fields) {
    const [whole, part] = weights[field];
    const weight = stems.has(asked) ? whole : asked.length > 3 && found.some((word) => word.includes(asked)) ? part : 0;
    rest += Math.min(best, weight) / 8;
    best = Math.max(best, weight);
  }
  return best + rest;
}

// One slip of the finger in a word, two in a long one: a letter too many, too few, another, or two swapped.
function slips(a, b, most) {
  if (Math.abs(a.length - b.length) > most) return most + 1;
  let before = [], last = [...Array(b.length + 1).keys()];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      row[j] = Math.min(row[j - 1] + 1, last[j] + 1, last[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) row[j] = Math.min(row[j], before[j - 2] + 1);
    }
    before = last;
    last = row;
  }
  return last[b.length];
}

// A word that no page has is read as the most like it among titles and keywords.
function meant(list, typed) {
  const most = typed.length > 7 ? 2 : 1, known = new Set();
  if (typed.length < 4 || list.some((page) => points(page, stem(typed)))) return stem(typed);
  for (const page of list) for (const [field, found] of page.fields) if (field !== "text") for (const word of found) known.add(word);
  let best = typed, fewest = most + 1;
  for (const word of known) {
    const count = slips(typed, word, most);
    if (count < fewest) [best, fewest] = [word, count];
  }
  return stem(best);
}

// A word that is on every page says little; a page that has all words goes before one that has some.
export function find(list, query) {
  const hits = list.map((page) => ({ page, total: 0, met: 0 }));
  for (const asked of new Set(words(query).map((word) => meant(list, word)))) {
    const each = list.map((page) => points(page, asked)), rarity = Math.log(1 + list.length / (1 + each.filter(Boolean).length));
    each.forEach((value, i) => { hits[i].total += value * rarity; hits[i].met += value ? rarity : 0; });
  }
  return hits.filter((hit) => hit.total).sort((a, b) => b.total * b.met - a.total * a.met).slice(0, 8).map((hit) => hit.page);
}

export async function start(field) {
  const area = field.closest("[role=search]"), { index, base, none, one, many, failed } = area.dataset;
  const status = area.querySelector("p"), results = area.querySelector("ol");
  let list;
  try {
    list = pages((await (await fetch(index)).json()).docs);
  } catch {
    status.textContent = failed;
    return;
  }
  const show = () => {
    const typed = field.value.trim(), hits = typed.length > 1 ? find(list, typed) : [];
    status.textContent = typed.length < 2 ? "" : hits.length === 1 ? one : hits.length ? many.replace("#", hits.length) : none;
    results.replaceChildren(...hits.map((page) => {
      const item = document.createElement("li"), link = document.createElement("a");
      link.href = base + page.url;
      link.textContent = page.title;
      item.append(link);
      return item;
    }));
  };
  field.addEventListener("input", show);
  area.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target === field) results.querySelector("a")?.focus();
    if (event.key === "Escape") { field.value = ""; show(); field.focus(); }
  });
  show();
}
