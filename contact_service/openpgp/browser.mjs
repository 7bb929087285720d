// node browser.mjs SITE < {"FINGERPRINT": "armored key", ...}: prints, for each key for which no browser could lock a message, why.
// With the very files that the site gives to browsers.
import { webcrypto } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

globalThis.crypto ??= webcrypto; // Node.js 18
const assets = join(process.argv[2], "assets");
const folder = readdirSync(assets).find((name) => name.startsWith("openpgp-"));
const openpgp = await import(pathToFileURL(join(assets, folder, "openpgp.min.mjs")));
// As a module, whatever Node.js takes the ending .js for.
const { seal } = await import(`data:text/javascript;base64,${readFileSync(join(assets, "seal.js")).toString("base64")}`);

const text = readFileSync(0, "utf8"), keys = JSON.parse(text), refused = {};
const ask = async () => ({ status: 200, text });
for (const fingerprint of Object.keys(keys)) {
  await seal(openpgp, new Uint8Array(4096), [fingerprint], ask).catch((fault) => { refused[fingerprint] = fault.message; });
}
process.stdout.write(JSON.stringify(refused));
