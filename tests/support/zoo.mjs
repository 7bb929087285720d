// OpenPGP.js for the zoo of keys, many at a time, in JSON:
//   node tests/support/zoo.mjs generate                    prints {kind: [secret, public]} of every kind that it makes
//   node tests/support/zoo.mjs seal INNER < {name: public}   prints {name: message, or null}, by the browser's own code
//   node tests/support/zoo.mjs read < [[secret, message]]  the same by what the reader page does with the two files
//   node tests/support/zoo.mjs open < [[secret, message]]  prints [text in base64, or null]
import "./webcrypto.mjs";
import { readFileSync } from "node:fs";
// As browsers load it; the build for Node.js needs another package for Brainpool curves.
import * as openpgp from "../../node_modules/openpgp/dist/lightweight/openpgp.min.mjs";
import { find } from "../../overrides/reader/find.js";
import { secretKeys } from "../../overrides/reader/keys.js";
import { opened } from "../../overrides/reader/open.js";
import { seal } from "../../overrides/assets/seal.js";

globalThis.openpgp = openpgp; // Where the reader page looks for it.
const email = "adviseur@vereniging.example", user = [{ name: "Adviseur", email }];
const ecc = (curve) => ({ type: "ecc", curve, userIDs: user });
const kinds = {
  "curve 25519": ecc("curve25519Legacy"),
  "NIST P-256": ecc("nistP256"),
  "NIST P-384": ecc("nistP384"),
  "NIST P-521": ecc("nistP521"),
  "Brainpool P-256": ecc("brainpoolP256r1"),
  "Brainpool P-512": ecc("brainpoolP512r1"),
  "RSA 3072": { type: "rsa", rsaBits: 3072, userIDs: user },
  "RSA 2048": { type: "rsa", rsaBits: 2048, userIDs: user },
  "that asks for AEAD": { ...ecc("curve25519Legacy"), config: { aeadProtect: true } },
  "two encryption subkeys": { ...ecc("curve25519Legacy"), subkeys: [{}, {}] },
  "signing and encryption subkey": { ...ecc("curve25519Legacy"), subkeys: [{ sign: true }, {}] },
  "no encryption subkey": { ...ecc("curve25519Legacy"), subkeys: [{ sign: true }] },
  "three user IDs": { ...ecc("curve25519Legacy"), userIDs: [{ email }, { email: "thuis@prive.example" }, { name: "Zo\u00eb \u05e9\u05dc\u05d5\u05dd" }] },
  "user ID of 2,000 characters": { ...ecc("curve25519Legacy"), userIDs: [{ name: "n".repeat(1900), email }] },
  "user ID with line breaks": { ...ecc("curve25519Legacy"), userIDs: [{ name: "Adviseur\r\nBcc: x@elders.example\n", email }] },
  "user ID with another's address": { ...ecc("curve25519Legacy"), userIDs: [{ name: "adviseur@elders.example", email }] },
  "ends in a year": { ...ecc("curve25519Legacy"), keyExpirationTime: 31536000 },
  expired: { ...ecc("curve25519Legacy"), date: new Date("2020-01-01"), keyExpirationTime: 31536000 },
  "version 6": { type: "curve25519", userIDs: user, config: { v6Keys: true } },
  "X25519 as RFC 9580 writes it": { type: "curve25519", userIDs: user },
  "X448 as RFC 9580 writes it": { type: "curve448", userIDs: user },
};

const commands = {
  async generate() {
    const made = {};
    for (const [kind, options] of Object.entries(kinds)) {
      const key = await openpgp.generateKey({ ...options, format: "armored" }).catch((fault) => console.error(`not made: ${kind}: ${fault.message}`));
      if (key) made[kind] = [key.privateKey, key.publicKey];
    }
    return made;
  },
  async seal(inner, keys) {
    const text = new Uint8Array(readFileSync(inner)), sealed = {};
    for (const [name, armored] of Object.entries(keys)) {
      try {
        const fingerprint = (await openpgp.readKey({ armoredKey: armored })).getFingerprint().toUpperCase();
        const ask = async () => ({ status: 200, text: JSON.stringify({ [fingerprint]: armored }) });
        sealed[name] = await seal(openpgp, text, [fingerprint], ask);
      } catch {
        sealed[name] = null;
      }
    }
    return sealed;
  },
  async open(_, pairs) {
    return Promise.all(pairs.map(async ([secret, armoredMessage]) => {
      try {
        const decryptionKeys = await openpgp.readPrivateKey({ armoredKey: secret });
        const message = await openpgp.readMessage({ armoredMessage });
        return Buffer.from((await openpgp.decrypt({ message, decryptionKeys, format: "binary" })).data).toString("base64");
      } catch {
        return null;
      }
    }));
  },
  // As lezer.html does: the file as it was saved, whatever its name, and the message.
  async read(_, pairs) {
    const bytes = (text) => new TextEncoder().encode(text), texts = [];
    for (const [secret, message] of pairs) {
      const text = await Promise.all([find("GEHEIM.asc", bytes(secret)), find("encrypted.asc", bytes(message))])
        .then(async ([key, mail]) => opened(mail.messages[0].packets, await secretKeys(key), "")).catch(() => null);
      texts.push(text && Buffer.from(text.bytes).toString("base64"));
    }
    return texts;
  },
};

const [command, argument] = process.argv.slice(2);
const given = command === "generate" ? null : JSON.parse(readFileSync(0, "utf8"));
process.stdout.write(JSON.stringify(await commands[command](argument, given)));
