// Prints what the site's own search finds for each query on standard input, as JSON: the built site's index is the argument.
import { readFileSync } from "node:fs";
import { find, open } from "../../overrides/assets/find.js";

const index = open(JSON.parse(readFileSync(process.argv[2], "utf-8")));
const answers = JSON.parse(readFileSync(0, "utf-8")).map((query) => {
  const { pages, calls, foreign } = find(index, query);
  return { pages: pages.map(({ url }) => url.replace(/\/$/, "") || "index"), calls, foreign };
});
console.log(JSON.stringify(answers));
