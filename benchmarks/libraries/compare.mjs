// Search libraries next to our own search, with the same words and pages and the same lists of phrases: `make compare-search LIST=…`.
// Each library gets what our index holds: for each page its titles and own words, the everyday words of which it is the first,
// second or later answer, and the words of its text; for each the options that its documentation gives for typing errors and weights.
import { execFileSync } from "node:child_process";
import { mkdtempSync, mkdirSync, readFileSync, writeFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { brotliCompressSync } from "node:zlib";
import { create, insertMultiple, search as oramaSearch, save } from "@orama/orama";
import { buildSync } from "esbuild";
import FlexSearch from "flexsearch";
import MiniSearch from "minisearch";
import * as pagefind from "pagefind";
import * as ours from "../../overrides/assets/find.js";

const [site, ...lists] = process.argv.slice(2);
const folders = { nl: "", en: "en/" }, snowball = { nl: "dutch", en: "english" };
const weigh = (content) => brotliCompressSync(Buffer.from(content)).length;
const bundled = (code) => weigh(buildSync({ stdin: { contents: code, resolveDir: import.meta.dirname }, bundle: true, minify: true, format: "esm", write: false }).outputFiles[0].contents);

function documents(index) {
  const pages = index.pages.map(([url, title]) => ({ id: url || "index", title, own: [], first: [], second: [], later: [], body: [] }));
  const places = { 0: "first", 1: "second" };
  for (const [at, coded] of index.entries) at.forEach((page, rank) => pages[page][places[rank] ?? "later"].push(ours.phrases(coded).join(" . ")));
  for (const [[page], coded] of index.page_words) pages[page].own.push(ours.phrases(coded).join(" . "));
  const on = index.written.pages.split(" ");
  index.written.words.split(" ").forEach((word, i) => { for (const letter of on[i]) pages[letter.charCodeAt(0) - 35].body.push(word); });
  return pages.map((page) => Object.fromEntries(Object.entries(page).map(([name, value]) => [name, Array.isArray(value) ? value.join(" ") : value])));
}

const boost = { title: 4, own: 4, first: 6, second: 4, later: 2.5, body: 1 }, fields = Object.keys(boost);

function stemsOf(language, texts) {
  const all = [...new Set(texts.flatMap(ours.words))];
  return JSON.parse(execFileSync(process.env.PYTHON, [join(import.meta.dirname, "stems.py"), snowball[language]], { input: JSON.stringify(all), maxBuffer: 1 << 28 }));
}

const engines = {
  "our own": ({ index }) => {
    const opened = ours.open(index);
    return { size: weigh(JSON.stringify(index)), find: (query) => ours.find(opened, query).pages.map(({ url }) => url || "index") };
  },
  MiniSearch: ({ docs, silent }, stem = (word) => word) => {
    const options = { fields, tokenize: ours.words, processTerm: (word) => silent.has(word) ? null : stem(word), searchOptions: { boost, prefix: true, fuzzy: .2 } };
    const engine = new MiniSearch(options);
    engine.addAll(docs);
    return { size: weigh(JSON.stringify(engine)), find: (query) => engine.search(query).map(({ id }) => id) };
  },
  "MiniSearch with Snowball 3": (given) => engines.MiniSearch(given, (word) => given.stems[word] ?? word),
  Orama: async ({ docs, silent }) => {
    const engine = create({ schema: Object.fromEntries(["id", ...fields].map((name) => [name, "string"])), components: { tokenizer: { language: "english", normalizationCache: new Map(), tokenize: (text) => ours.words(text).filter((word) => !silent.has(word)) } } });
    await insertMultiple(engine, docs);
    return { size: weigh(JSON.stringify(save(engine))), find: (query) => oramaSearch(engine, { term: query, properties: fields, boost, tolerance: 1, threshold: 1, limit: 8 }).hits.map(({ document }) => document.id) };
  },
  FlexSearch: async ({ docs, silent }) => {
    const encode = (text) => ours.words(text).filter((word) => !silent.has(word));
    const engines = fields.map((field) => ({ field, engine: new FlexSearch.Index({ tokenize: "tolerant", encode, resolution: 9 }) }));
    docs.forEach((doc, at) => engines.forEach(({ field, engine }) => engine.add(at, doc[field])));
    let size = 0;
    for (const { engine } of engines) await engine.export((_key, data) => { size += data ? weigh(data) : 0; });
    return { size, find: (query) => {
      const sums = new Map();
      for (const { field, engine } of engines) for (const word of encode(query)) engine.search(word, { limit: 20, suggest: true }).forEach((at, rank) => sums.set(at, (sums.get(at) ?? 0) + boost[field] / (1 + rank / 4)));
      return [...sums].sort((a, b) => b[1] - a[1]).map(([at]) => docs[at].id);
    } };
  },
  Pagefind: async ({ docs, language }) => {
    const { index } = await pagefind.createIndex({ forceLanguage: language, rootSelector: "main" });
    for (const doc of docs) {
      const parts = fields.map((field) => `<p data-pagefind-weight="${boost[field]}">${doc[field]}</p>`).join("");
      await index.addHTMLFile({ url: `/${doc.id}`, content: `<html lang="${language}"><body><main><h1>${doc.title}</h1>${parts}</main></body></html>` });
    }
    const folder = mkdtempSync(join(tmpdir(), "pagefind-")), { files } = await index.getFiles();
    for (const { path, content } of files) { mkdirSync(join(folder, path, ".."), { recursive: true }); writeFileSync(join(folder, path), content); }
    globalThis.fetch = async (address) => new Response(readFileSync(new URL(String(address).split("?")[0], pathToFileURL(folder + "/"))));
    globalThis.window ??= globalThis;
    globalThis.document ??= { querySelector: () => ({ getAttribute: () => language }), currentScript: null };
    globalThis.location ??= { href: pathToFileURL(folder + "/").href, origin: "null" };
    const engine = await import(pathToFileURL(join(folder, "pagefind.js")).href);
    await engine.options({ basePath: pathToFileURL(folder + "/").href });
    await engine.init(language);
    const size = files.filter(({ path }) => /\.(pf_index|pf_meta|pf_fragment)$/.test(path)).reduce((sum, { content }) => sum + content.length, 0);
    const script = files.filter(({ path }) => /^(pagefind\.js|wasm\..*)$/.test(path) && path !== "wasm.unknown.pagefind").reduce((sum, { content }) => sum + weigh(content), 0);
    return { size, script, close: () => rmSync(folder, { recursive: true }), find: async (query) => {
      const { results } = await engine.search(query);
      return Promise.all(results.slice(0, 3).map(async (result) => (await result.data()).raw_url.replace(/^\//, "")));
    } };
  },
};

// What a browser would fetch, minified where the package brings no minified form.
const scripts = {
  "our own": weigh(readFileSync(new URL("../../overrides/assets/find.js", import.meta.url))),
  MiniSearch: bundled("export { default } from 'minisearch'"),
  Orama: bundled("export { create, load, search } from '@orama/orama'"),
  FlexSearch: bundled("export { Index } from 'flexsearch'"),
};

async function judge(name) {
  const total = { phrases: 0, three: 0, first: 0, nothing: 0 }, result = { size: 0, milliseconds: 0 };
  for (const language of Object.keys(folders)) {
    const index = JSON.parse(readFileSync(join(site, folders[language], "search/search_index.json"), "utf-8"));
    const docs = documents(index), silent = new Set(index.silent.split(" "));
    const asked = lists.flatMap((list) => readFileSync(list, "utf-8").split("\n")).map((line) => line.split("\t")).filter(([one, , right]) => one === language && right !== "-");
    const stems = name.includes("Snowball") ? stemsOf(language, [...docs.flatMap(Object.values), ...asked.map(([, query]) => query)]) : {};
    const { size, find, close, script } = await engines[name]({ index, docs, silent, stems, language });
    result.size = Math.max(result.size, size);
    result.script = script ?? scripts[name.split(" with")[0]];
    const started = performance.now();
    for (const [, query, right] of asked) {
      const found = (await find(query)).slice(0, 3).map((url) => url.replace(/\/$/, "")), good = right.split("|");
      total.phrases++;
      total.nothing += found.length === 0;
      total.first += good.includes(found[0]);
      total.three += found.some((url) => good.includes(url));
    }
    result.milliseconds += performance.now() - started;
    close?.();
  }
  const share = (part) => `${(100 * total[part] / total.phrases).toFixed(1)} %`;
  return { ...result, milliseconds: result.milliseconds / total.phrases, three: share("three"), first: share("first"), nothing: total.nothing };
}

let base;
console.log("| search | script, brotli | index, brotli | time a phrase | first three | first | nothing |\n|---|---|---|---|---|---|---|");
for (const name of Object.keys(engines)) {
  const { size, script, milliseconds, three, first, nothing } = await judge(name);
  base ??= milliseconds;
  console.log(`| ${name} | ${(script / 1024).toFixed(1)} KB | ${(size / 1024).toFixed(0)} KB | × ${(milliseconds / base).toFixed(1)} | ${three} | ${first} | ${nothing} |`);
}
await pagefind.close();
