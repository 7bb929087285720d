// Node's half of tests/reader/test_parsing.py: keys as other programs make and hand them out, and what is done with them.
import assert from "node:assert";
import { test } from "node:test";
import * as library from "openpgp";

globalThis.openpgp = library;
const { find } = await import("../../overrides/reader/find.js");
const { about, isElsewhere, prolonged, relocked, revoked, secretKeys, unlocked } = await import("../../overrides/reader/keys.js");
const { opened } = await import("../../overrides/reader/open.js");
const { withUnknownSubkey } = await import("./unknown_subkey.mjs");

const bytes = (text) => new TextEncoder().encode(text), passphrase = "zes woorden van de pagina";
const made = (options = {}) => openpgp.generateKey({ type: "ecc", curve: "curve25519Legacy", userIDs: [{ name: "Jo", email: "jo@proton.example" }], passphrase, ...options });
const taken = async (text) => secretKeys(await find("sleutel.asc", typeof text === "string" ? bytes(text) : text));
const lockedFor = async (armoredKey, text = "kogelbrief") => {
  const options = { message: await openpgp.createMessage({ text }), encryptionKeys: await openpgp.readKey({ armoredKey }), format: "binary" };
  return openpgp.encrypt(options);
};
const read = async (packets, keys, word = passphrase) => new TextDecoder().decode((await opened(packets, keys, word)).bytes);
const refused = (fault) => (error) => error.fault === fault;

// OpenPGP.js is what Proton, Mailvelope and FlowCrypt make keys with.
const { aead } = openpgp.enums;
const kinds = {
  "as Proton makes them": { config: { aeadProtect: false } },
  "with RSA": { type: "rsa", rsaBits: 2048 },
  "locked with OCB": { config: { aeadProtect: true, preferredAEADAlgorithm: aead.ocb } },
  "locked with EAX": { config: { aeadProtect: true, preferredAEADAlgorithm: aead.eax } },
  "with the numbers of RFC 9580": { type: "curve25519" },
  "of version 6": { type: "curve25519", config: { v6Keys: true, aeadProtect: true } },
  "on a curve of NIST": { curve: "nistP256" },
  "that ended long ago": { date: new Date("2020-01-01"), keyExpirationTime: 86400 },
};
for (const [name, options] of Object.entries(kinds)) {
  test(`a key reads: ${name}`, async () => {
    const { privateKey, publicKey } = await made(options);
    const head = privateKey.replace("BLOCK-----", "BLOCK-----\nVersion: ProtonMail\nComment: https://proton.example");
    const packets = name.includes("ended") ? await endedMessage(publicKey) : await lockedFor(publicKey);
    assert.equal(await read(packets, await taken(`Mijn sleutel\n${head}\n`)), "kogelbrief");
    await assert.rejects(read(packets, await taken(privateKey), "een ander woord"), refused("passphrase"));
  });
}

async function endedMessage(armoredKey) {
  const encryptionKeys = await openpgp.readKey({ armoredKey });
  return openpgp.encrypt({ message: await openpgp.createMessage({ text: "kogelbrief" }), encryptionKeys, format: "binary", date: new Date("2020-01-01T12:00") });
}

test("of ten keys in one file, the right one reads, in text and in packets", async () => {
  const ten = await Promise.all(Array.from({ length: 10 }, () => made({ format: "object" }))), packets = await lockedFor(ten[6].publicKey.armor());
  const all = Buffer.concat(ten.map(({ privateKey }) => privateKey.write()));
  for (const file of [new Uint8Array(all), ten.map(({ privateKey }) => privateKey.armor()).join("\n"), openpgp.armor(openpgp.enums.armor.privateKey, new Uint8Array(all))]) {
    const keys = await taken(file);
    assert.equal(keys.length, 10);
    assert.equal(await read(packets, keys), "kogelbrief");
  }
});

// What gpg writes for a part that stands on a card: RFC 9580 has no word for it, and OpenPGP.js cannot read it.
function onCard(key) {
  const parts = [...key.toPacketList()].map((packet) => {
    const kind = packet.constructor.tag, { secretKey, secretSubkey } = openpgp.enums.packet;
    if (![secretKey, secretSubkey].includes(kind)) return packet.write();
    const material = openpgp.PublicKeyPacket.prototype.write.call(packet);
    return Buffer.concat([material, Buffer.from([255, 0, 101, 0]), Buffer.from("GNU\x02"), Buffer.from([16]), Buffer.alloc(16)]);
  });
  return Buffer.concat([...key.toPacketList()].map((packet, at) => Buffer.concat([head(packet.constructor.tag, parts[at].length), parts[at]])));
}
const head = (tag, length) => Buffer.from([0xc0 | tag, 255, length >> 24, length >> 16 & 255, length >> 8 & 255, length & 255]);

test("a key on a card is named as such, and hides no key beside it", async () => {
  const card = await made({ format: "object" }), other = await made({ format: "object" }), stub = onCard(card.privateKey);
  await assert.rejects(taken(new Uint8Array(stub)), refused("card"));
  const keys = await taken(new Uint8Array(Buffer.concat([stub, other.privateKey.write()])));
  assert.deepEqual(keys.map((key) => key.getFingerprint()), [other.privateKey.getFingerprint()]);
});

test("a key with a part of a kind that this page lacks reads, and is never written anew without that part", async () => {
  const { privateKey } = await made({ format: "object", passphrase: undefined }), both = await withUnknownSubkey(openpgp, privateKey);
  const [key] = await taken(new Uint8Array(both.secret));
  assert.equal(await read(await lockedFor(privateKey.toPublic().armor()), [key]), "kogelbrief");
  for (const change of [prolonged(key, "", 2), relocked(key, "", "een heel ander wachtwoord")]) await assert.rejects(change, refused("key-part"));
});

test("a key behind a cipher that this page lacks is not taken for one on a card, nor its passphrase for a wrong one", async () => {
  for (const cipher of [1, 11, 13]) { // IDEA and Camellia, as old versions of gpg and others could be told
    const { privateKey } = await made({ format: "object" });
    for (const { keyPacket } of privateKey.getKeys()) keyPacket.symmetric = cipher;
    await assert.rejects(taken(privateKey.write()), refused("key-unreadable"));
  }
});

const typings = {
  "accents written otherwise": ["caf\u00e9 zin", "cafe\u0301 zin"],
  "accents, capital and spaces": ["caf\u00e9 zin", " Cafe\u0301  zin "],
  "quotation marks of a phone": ["d'r was \"iets\"", "d\u2019r was \u201ciets\u201d"],
  "dashes of a word processor": ["een -- twee - drie...", "een \u2014 twee \u2013 drie\u2026"],
  "a joiner and a space that does not break": ["zin lang", "zin\u00a0\u200blang"],
  "a line end": ["zin lang", "zin\nlang\n"],
  "spaces that belong to it": [" zin lang ", " zin lang "],
  "emoji": ["zin \u{1f64f}\u{1f3fd} lang", "zin \u{1f64f}\u{1f3fd} lang\n"],
};
for (const [name, [word, typed]] of Object.entries(typings)) {
  test(`a passphrase is taken as it was meant: ${name}`, async () => {
    const { privateKey, publicKey } = await made({ passphrase: word });
    assert.equal(await read(await lockedFor(publicKey), await taken(privateKey), typed), "kogelbrief");
  });
}

test("one half of a file of keys that is lost, doubled or wrapped hides no key", async () => {
  const { privateKey, publicKey } = await made(), key = privateKey.replaceAll("\r\n", "\n"), packets = await lockedFor(publicKey);
  const files = [key + key, publicKey + key, key.split("\n\n").slice(1).join("\n\n"), `{\\rtf1 ${key.replaceAll("\n", "\\par\n")}}`, Buffer.from(`\ufeff${key}`, "utf16le").swap16(),
    Buffer.concat([(await openpgp.unarmor(key)).data, Buffer.from("\n")]), key.replaceAll("PRIVATE KEY BLOCK", "MESSAGE")];
  for (const file of files) {
    const keys = await taken(typeof file === "string" ? file : new Uint8Array(file));
    assert.equal(keys.length, 1);
    assert.equal(await read(packets, keys), "kogelbrief");
  }
});

test("what cannot serve as a secret key says what it is", async () => {
  const { privateKey, publicKey, revocationCertificate } = await made();
  await assert.rejects(taken(publicKey), refused("key-public"));
  await assert.rejects(taken(revocationCertificate), refused("nothing"));
  await assert.rejects(taken(privateKey.slice(0, 400)), refused("cut"));
  const [key] = await taken(privateKey), stranger = await made();
  await assert.rejects(read(await lockedFor(stranger.publicKey), [key]), refused("other-key"));
});

test("a message that anybody could have changed is not shown", async () => {
  const { privateKey } = await made(), [key] = await taken(privateKey);
  const old = new openpgp.SymmetricallyEncryptedDataPacket(), data = crypto.getRandomValues(new Uint8Array(32)), literal = new openpgp.LiteralDataPacket();
  literal.setText("kogelbrief");
  old.packets = new openpgp.PacketList();
  old.packets.push(literal);
  await old.encrypt(openpgp.enums.symmetric.aes256, data, openpgp.config);
  const sessionKey = await openpgp.encryptSessionKey({ data, algorithm: "aes256", encryptionKeys: key.toPublic(), format: "binary" });
  const body = old.write(), packets = new Uint8Array(Buffer.concat([sessionKey, head(openpgp.enums.packet.symmetricallyEncryptedData, body.length), body]));
  await assert.rejects(read(packets, [key]), refused("unauthenticated"));
});

test("a key that the service refuses is not prolonged, and its owner hears why", async () => {
  const [weak] = await taken((await made({ type: "rsa", rsaBits: 2048 })).privateKey), [newer] = await taken((await made({ type: "curve25519" })).privateKey);
  await assert.rejects(prolonged(weak, passphrase, 2), refused("unfit"));
  await assert.rejects(prolonged(newer, passphrase, 2), refused("too-new"));
  const key = (await made({ format: "object", passphrase: undefined })).privateKey;
  const [gone] = await taken((await openpgp.revokeKey({ key, format: "object" })).privateKey.armor());
  await assert.rejects(prolonged(gone, "", 2), refused("revoked"));
});

test("a name in an old character set stays as it was signed: such a key is left alone", async () => {
  const { privateKey } = await made({ userIDs: [{ name: "Andr\ufffd", email: "a@vereniging.example" }] }), [key] = await taken(privateKey);
  for (const change of [prolonged(key, passphrase, 2), relocked(key, passphrase, "een heel ander wachtwoord")]) await assert.rejects(change, refused("key-name"));
});

test("what is done with a key leaves the one from the file as it was, also without a passphrase", async () => {
  const { privateKey } = await made({ passphrase: undefined }), [key] = await taken(privateKey), before = key.armor();
  await prolonged(key, "", 2);
  await relocked(key, "", "een heel ander wachtwoord");
  await revoked(key, "", "noReason");
  assert.equal(key.armor(), before);
});

test("a key without an end gets one, and its old file still reads", async () => {
  const { privateKey, publicKey } = await made(), [key] = await taken(privateKey);
  assert.equal((await about(key)).ends, null);
  const later = await prolonged(key, passphrase, 1);
  assert.ok(Math.abs(later.ends - Date.now() - 365 * 86_400_000) < 3 * 86_400_000);
  assert.equal(await read(await lockedFor(later.public), [key]), "kogelbrief");
  assert.equal(await read(await lockedFor(publicKey), await taken(later.secret)), "kogelbrief");
  const gone = await openpgp.readKey({ armoredKey: (await revoked(key, passphrase, "keyCompromised")).public });
  assert.ok(await gone.isRevoked());
  assert.ok(!isElsewhere(key.keyPacket));
});
