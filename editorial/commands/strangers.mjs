// Prints what the site's own search finds for each query on standard input, as JSON: `strangers.mjs INDEX OTHER-LANGUAGE-INDEX`.
import { readFileSync } from "node:fs";
import { find, open } from "../../overrides/assets/find.js";

const [index, other] = process.argv.slice(2).map((path) => open(JSON.parse(readFileSync(path, "utf-8"))));
const slug = ({ url }) => url.replace(/\/$/, "") || "index";
const answers = JSON.parse(readFileSync(0, "utf-8")).map((query) => {
  const { pages, calls, elsewhere } = find(index, query, other);
  return { pages: pages.map(slug), calls, foreign: elsewhere.length > 0 };
});
console.log(JSON.stringify(answers));
