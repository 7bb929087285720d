// Prints, for each query on standard input, the first three pages that the site's own search finds, as JSON.
import { readFileSync } from "node:fs";
import { find, pages } from "../../../overrides/assets/search.js";

const list = pages(JSON.parse(readFileSync(process.argv[2], "utf-8")).docs);
const queries = readFileSync(0, "utf-8").split("\n").filter(Boolean);
const started = performance.now();
const found = queries.map((query) => find(list, query).slice(0, 3).map((page) => page.url.replace(/\/$/, "")));
console.log(JSON.stringify({ found, milliseconds: (performance.now() - started) / queries.length }));
