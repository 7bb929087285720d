// Searches the pages of this language in the browser. What is typed goes nowhere: not to a server, not into an address.

const plain = (text) => text.toLowerCase().normalize("NFD").replace(/[\u0300-\u036f]/g, "");
const words = (text) => plain(text).match(/[a-z0-9]+/g) ?? [];

// Dutch and English endings that a reader may or may not type: bedreigingen, threatened, vrouwelijke.
const stem = (word) => word.length < 5 ? word : word.replace(/(ingen|heden|ing|en|es|ed|e|s|t)$/, "");

// A stem may start, end or sit in a longer word, since Dutch writes compounds as one.
function weigh(stems, text, whole, part) {
  const found = words(text);
  return stems.map((s) => found.some((w) => stem(w) === s) ? whole : found.some((w) => w.includes(s)) ? part : 0);
}

function pages(docs) {
  const list = new Map();
  for (const { location, title, text, keywords } of docs) {
    const [url, id] = location.split("#");
    if (!list.has(url)) list.set(url, { url, title, keywords: (keywords ?? []).join(" "), parts: [] });
    list.get(url).parts.push({ id, title, text });
  }
  return [...list.values()];
}

function score(page, stems) {
  const best = stems.map(() => 0);
  const add = (weights) => weights.forEach((w, i) => { best[i] = Math.max(best[i], w) + Math.min(best[i], w) / 8; });
  add(weigh(stems, page.title, 12, 6));
  add(weigh(stems, page.keywords, 10, 5));
  for (const part of page.parts) {
    add(weigh(stems, part.title, 5, 3));
    add(weigh(stems, part.text, 2, 1));
  }
  return best.every(Boolean) ? best.reduce((sum, w) => sum + w, 0) : 0;
}

function find(list, query) {
  const stems = words(query).map(stem);
  if (!stems.length) return [];
  return list.map((page) => ({ page, points: score(page, stems) })).filter((hit) => hit.points)
    .sort((a, b) => b.points - a.points).slice(0, 8).map((hit) => hit.page);
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
