// Seals standard input with the browser's own code: node tests/support/seal.mjs KEY_FILE... ; "--aead" stands for a new key that
// asks for AEAD. Writes the armored message to standard output.
import "./webcrypto.mjs";
import { readFileSync } from "node:fs";
import * as openpgp from "../../node_modules/openpgp/dist/lightweight/openpgp.min.mjs";
import { seal } from "../../overrides/assets/seal.js";

const files = new Map();
for (const name of process.argv.slice(2)) {
  const options = { userIDs: [{ email: "aead@keys.example" }], config: { aeadProtect: true } };
  const armored = name === "--aead" ? (await openpgp.generateKey(options)).publicKey : readFileSync(name, "utf8");
  files.set((await openpgp.readKey({ armoredKey: armored })).getFingerprint().toUpperCase(), armored);
}
const ask = async () => ({ status: 200, text: JSON.stringify(Object.fromEntries(files)) });
process.stdout.write(await seal(openpgp, new Uint8Array(readFileSync(0)), [...files.keys()], ask));
