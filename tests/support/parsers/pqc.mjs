// Prints {kind: [secret, public]} of the keys with post-quantum parts that Proton's OpenPGP.js makes.
import * as openpgp from "@protontech/openpgp";

const now = Date.now(), at = (days) => new Date(now - days * 86_400_000), pqc = (days) => ({ type: "pqc", date: at(days) }), ecc = (days) => ({ type: "ecc", curve: "curve25519Legacy", date: at(days) });
const old = { type: "ecc", curve: "curve25519Legacy", date: at(3) };
const kinds = {
  "post-quantum subkey beside, newer": { ...old, subkeys: [ecc(2), pqc(1)] },
  "post-quantum subkey beside, older": { ...old, subkeys: [pqc(2), ecc(1)] },
  "post-quantum subkey alone": { ...old, subkeys: [pqc(1)] },
  "post-quantum, version 6": { type: "pqc", config: { v6Keys: true } },
};
const made = {};
for (const [kind, options] of Object.entries(kinds)) {
  const key = await openpgp.generateKey({ userIDs: [{ name: "Adviseur", email: "adviseur@vereniging.example" }], format: "armored", ...options });
  made[kind] = [key.privateKey, key.publicKey];
}
process.stdout.write(JSON.stringify(made));
