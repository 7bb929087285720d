// Lighthouse over many pages in one browser: `node lighthouse.mjs CHROMIUM CATEGORIES FLAGS` reads addresses, one a line,
// and prints one line of JSON for each: its address, its scores and what fell short. A fourth argument names audits to leave out.
import { createInterface } from "node:readline";
import { launch } from "chrome-launcher";
import lighthouse from "lighthouse";

const [chromePath, categories, flags, leftOut = ""] = process.argv.slice(2);
const browser = await launch({ chromePath, chromeFlags: flags.split(" "), logLevel: "silent" });
// Our pages are done once they are loaded: waiting for more, and a picture of the whole page, would only take time.
const quick = { pauseAfterFcpMs: 250, pauseAfterLoadMs: 0, networkQuietThresholdMs: 250, cpuQuietThresholdMs: 250 };
const options = { port: browser.port, output: "json", logLevel: "silent", onlyCategories: categories.split(","), skipAudits: leftOut.split(",").filter(Boolean), disableFullPageScreenshot: true };

try {
  for await (const address of createInterface({ input: process.stdin })) {
    const { lhr } = await lighthouse(address, { ...options, ...quick });
    const scores = Object.fromEntries(Object.values(lhr.categories).map(({ id, score }) => [id, Math.round(score * 100)]));
    const weighed = Object.values(lhr.categories).flatMap(({ auditRefs }) => auditRefs.filter(({ weight }) => weight));
    const short = [...new Set(weighed.map(({ id }) => id))].filter((id) => lhr.audits[id].score !== null && lhr.audits[id].score < 0.9);
    const milliseconds = Math.round(lhr.audits["largest-contentful-paint"].numericValue ?? 0);
    console.log(JSON.stringify({ address, scores, short, milliseconds }));
  }
} finally {
  browser.kill();
}
