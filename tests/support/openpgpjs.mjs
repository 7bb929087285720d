// OpenPGP.js for the tests: makes keys that only it makes, and opens mails as a browser extension or Proton would.
//   node tests/support/openpgpjs.mjs generate v6|aead|native|plain    prints a secret key
//   node tests/support/openpgpjs.mjs unknown                     prints a public key with a subkey of a kind that nobody knows
//   node tests/support/openpgpjs.mjs public < SECRET             prints its public key
//   node tests/support/openpgpjs.mjs unlock PASSPHRASE < SECRET  prints it without its passphrase
//   node tests/support/openpgpjs.mjs encrypt v6|aead < TEXT      prints a message for such a key, in the newest packets
//   node tests/support/openpgpjs.mjs decrypt SECRET < MESSAGE    prints the plaintext
import { readFileSync } from "node:fs";
import * as openpgp from "openpgp";
import { withUnknownSubkey } from "./unknown_subkey.mjs";

const [command, argument] = process.argv.slice(2);
const input = () => readFileSync(0, "utf8");

const commands = {
  async generate() {
    const config = { v6Keys: argument === "v6", aeadProtect: argument === "aead" };
    // "native" is Curve 25519 as RFC 9580 writes it, the others as every program knows it.
    const kind = argument === "plain" || argument === "aead" ? { type: "ecc", curve: "curve25519Legacy" } : { type: "curve25519" };
    const userIDs = [{ email: "adviseur@vereniging.example" }];
    return (await openpgp.generateKey({ ...kind, userIDs, config })).privateKey;
  },
  async unknown() {
    const key = await openpgp.readPrivateKey({ armoredKey: await commands.generate() });
    const packets = new Uint8Array((await withUnknownSubkey(openpgp, key)).public);
    // With its checksum: gpg refuses one armor in three without (findings/gpg-armor-without-checksum.sh).
    return openpgp.armor(openpgp.enums.armor.publicKey, packets, undefined, undefined, undefined, true);
  },
  async public() {
    return (await openpgp.readPrivateKey({ armoredKey: input() })).toPublic().armor();
  },
  async unlock() {
    const privateKey = await openpgp.readPrivateKey({ armoredKey: input() });
    return (await openpgp.decryptKey({ privateKey, passphrase: argument })).armor();
  },
  async encrypt() {
    const encryptionKeys = (await openpgp.readPrivateKey({ armoredKey: await commands.generate() })).toPublic();
    const message = await openpgp.createMessage({ binary: readFileSync(0) });
    return openpgp.encrypt({ message, encryptionKeys, config: { aeadProtect: true } });
  },
  async decrypt() {
    const decryptionKeys = await openpgp.readPrivateKey({ armoredKey: readFileSync(argument, "utf8") });
    const message = await openpgp.readMessage({ armoredMessage: input() });
    return Buffer.from((await openpgp.decrypt({ message, decryptionKeys, format: "binary" })).data);
  },
};

process.stdout.write(await commands[command]());
