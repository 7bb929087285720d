// Prints what the site's own search finds for the queries in each line of standard input, as a line of JSON:
// `strangers.mjs INDEX OTHER-LANGUAGE-INDEX`.
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { find, open } from "../../overrides/assets/find.js";

const [index, other] = process.argv.slice(2).map((path) => open(JSON.parse(readFileSync(path, "utf-8"))));
const slug = ({ url }) => url.replace(/\/$/, "") || "index";
const answer = (query) => {
  const { pages, calls, elsewhere } = find(index, query, other);
  return { pages: pages.map(slug), calls, foreign: elsewhere.length > 0 };
};
for await (const line of createInterface({ input: process.stdin })) console.log(JSON.stringify(JSON.parse(line).map(answer)));
