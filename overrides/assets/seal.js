// Locks the text for exactly the keys whose fingerprints stand in the form, with OpenPGP.js.

// `reason` is the name of the sentence that the reader gets.
class NotSealed extends Error {
  constructor(reason) {
    super(reason);
    this.reason = reason;
  }
}

// `ask` fetches an address of the site: its status, its text, and the date by the server's clock.
export async function seal(openpgp, inner, fingerprints, ask) {
  const encryptionKeys = await Promise.all(fingerprints.map((fingerprint) => pinned(openpgp, fingerprint, ask)));
  // A session key of our own leaves OpenPGP.js no choice but SEIPDv1 and PKESK v3, which every mail program can open;
  // left to itself it would pick newer packets for keys that allow them, and then not even gpg 2.2 could.
  const sessionKey = { data: crypto.getRandomValues(new Uint8Array(32)), algorithm: "aes256" };
  // Compression would undo the padding; a date of its own would say when the device's clock was wrong.
  const message = await openpgp.createMessage({ binary: inner, filename: "", date: new Date(0) });
  const config = { preferredCompressionAlgorithm: openpgp.enums.compression.uncompressed };
  // Whether a key is valid today is for the server's clock to say: the one of a phone may stand years away.
  const armored = await openpgp.encrypt({ message, encryptionKeys, sessionKey, config, date: new Date(Date.now() + ahead) });
  await check(openpgp, armored, encryptionKeys.length);
  return armored;
}

// Fetches, compares and encrypts once before it counts: what is slow the first time is then done, and what does not work
// shows. A key that cannot be had, or is another, is left to the moment of sending: then nothing is sent.
export async function rehearse(openpgp, fingerprints, ask) {
  await seal(openpgp, new Uint8Array(4096), fingerprints, ask).catch((fault) => { if (!fault.reason) throw fault; });
}

const known = new Map();
let ahead = 0;

async function pinned(openpgp, fingerprint, ask) {
  if (!known.has(fingerprint)) known.set(fingerprint, await read(openpgp, fingerprint, await (files ??= fetched(ask))));
  return known.get(fingerprint);
}

// All at once, whatever the role: one request, and nobody who watches the line learns which keys are needed.
let files;

async function fetched(ask) {
  try {
    const { status, date, text } = await ask("keys/all.json").catch(() => { throw new NotSealed("network"); });
    if (status === 404) throw new NotSealed("changed");
    if (status !== 200) throw new NotSealed("network");
    ahead = (Date.parse(date) || Date.now()) - Date.now();
    return JSON.parse(text);
  } catch (fault) {
    throw fault.reason ? fault : new NotSealed("key");
  } finally {
    // A key that is not among them is looked for anew at the next attempt.
    files = undefined;
  }
}

async function read(openpgp, fingerprint, found) {
  const armoredKey = Object(found)[fingerprint];
  if (armoredKey === undefined) throw new NotSealed("changed");
  // A key that it cannot read is not said to be another one: it is for the rehearsal to find.
  const isKey = String(armoredKey).startsWith("-----BEGIN PGP PUBLIC KEY BLOCK-----");
  const key = await openpgp.readKey({ armoredKey }).catch((fault) => { throw isKey ? fault : new NotSealed("key"); });
  if (key.getFingerprint().toUpperCase() !== fingerprint) throw new NotSealed("key");
  return key;
}

// What leaves the device is looked at once more, as the server will.
async function check(openpgp, armored, readers) {
  const { packets } = await openpgp.readMessage({ armoredMessage: armored });
  const kinds = packets.map((packet) => `${packet.constructor.tag}v${packet.version}`);
  if (kinds.join() !== [...Array(readers).fill("1v3"), "18v1"].join()) throw new Error("other packets than expected");
}
