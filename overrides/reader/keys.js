// An adviser's own key: read from a file, made, prolonged, locked anew, revoked. OpenPGP.js (the global `openpgp`) does the
// cryptography; what stands here is which of its ways every mail program and the service's judgement of keys can read.
import { Fault } from "./fault.js";
import { subkeysIn } from "./packets.js";

const hour = 3_600_000, day = 24 * hour, distantFuture = 8.64e15;
// Curve 25519 under the numbers of RFC 9580 and keys of version 6: gpg 2.2 knows neither, so the service refuses them.
const curves = /25519|^nistP/;
const unknownToMany = [25, 26, 27, 28];

// Keys with a part of a kind that OpenPGP.js lacks: it leaves that out, and a file written anew would have lost it.
const partial = new WeakSet();

// Every secret key in the packets of a file; one that cannot be read does not hide the others.
export async function secretKeys({ secret, public: others }) {
  const keys = new Map();
  let fault;
  for (const { packets } of secret) {
    try {
      const key = await openpgp.readPrivateKey({ binaryKey: packets });
      if (subkeysIn(packets) > key.subkeys.length) partial.add(key);
      if (key.getKeys().every(({ keyPacket }) => isElsewhere(keyPacket))) fault = new Fault(key.getKeys().some(isOnCard) ? "card" : "key-unreadable");
      else keys.set(key.getFingerprint(), key);
    } catch {
      fault = new Fault("key-unreadable");
    }
  }
  if (keys.size) return [...keys.values()];
  throw fault ?? new Fault(others.length ? "key-public" : "key-unreadable");
}

// What a person recognises a key by.
export async function about(key) {
  const ends = await endOf(key);
  const user = await key.getPrimaryUser().then(({ user }) => user, () => key.users[0]);
  const id = user?.userID?.userID ?? "";
  const [, name, address] = /^(.*?)\s*<([^<>]*)>$/.exec(id) ?? ["", "", id];
  return { name, address, id, fingerprint: key.getFingerprint().toUpperCase(), ends, locked: isLocked(key), created: key.getCreationTime() };
}

export const grouped = (fingerprint) => fingerprint.match(/.{4}/g).join(" ");

// False: whoever finds the file can read everything.
export const isLocked = (key) => lockedParts(key).length > 0;
const lockedParts = (key) => key.getKeys().map(({ keyPacket }) => keyPacket).filter((packet) => !isElsewhere(packet) && !packet.isDecrypted());

// The file holds no secret for this part: it stands on a card or a token, or was left out on purpose.
export const isElsewhere = (packet) => packet.isDummy() || packet.unparseableKeyMaterial !== undefined;

// What gpg writes in place of a secret. All else that OpenPGP.js cannot take apart is locked with a cipher that it lacks.
const isOnCard = ({ keyPacket }) => keyPacket.isDummy() || String.fromCharCode(...keyPacket.unparseableKeyMaterial.subarray(0, 16)).includes("GNU");

// The last moment at which somebody can encrypt for this key, as the service judges it: null when it has no end, undefined when
// OpenPGP.js finds no signature on it that it accepts.
async function endOf(key) {
  const own = await key.getExpirationTime().catch(() => null);
  const parts = await Promise.all(key.subkeys.filter(isForEncryption).map((part) => part.getExpirationTime().catch(() => null)));
  const end = Math.min(Number(own ?? NaN), parts.length ? Math.max(...parts.map((end) => Number(end ?? -Infinity))) : Infinity);
  return isNaN(end) || end === -Infinity ? undefined : end === Infinity ? null : new Date(end);
}

const newest = (signatures) => signatures.reduce((last, one) => (!last || one.created > last.created ? one : last), null);
const flagsOf = (signature) => signature?.keyFlags?.[0] ?? 0;
const isForEncryption = ({ bindingSignatures }) => (flagsOf(newest(bindingSignatures)) & 12) !== 0;

// The key, opened with the passphrase. A copy: the one that came from the file stays as it is. Part by part, since programs also
// hand out keys whose main part is elsewhere, or of which one part has no passphrase; OpenPGP.js takes those for damaged.
// `isWanted` spares time: each part has a slow lock of its own, and reading needs one of them.
export async function unlocked(key, passphrase, isWanted = () => true) {
  const wanted = (one) => lockedParts(one).filter(isWanted);
  if (!wanted(key).length) {
    if (key.getKeys().every(({ keyPacket }) => isElsewhere(keyPacket))) throw new Fault("no-secret");
    return copied(key);
  }
  for (const attempt of attempts(passphrase)) {
    const open = await copied(key);
    try {
      await Promise.all(wanted(open).map((part) => part.decrypt(attempt, openpgp.config)));
    } catch (error) {
      if (/argon2|webassembly/i.test(`${error.name} ${error.message}`)) throw new Fault("argon2");
      continue;
    }
    const opened = open.getKeys().map(({ keyPacket }) => keyPacket).filter((part) => !isElsewhere(part) && part.isDecrypted());
    await Promise.all(opened.map((part) => part.validate())).catch(() => { throw new Fault("key-unreadable"); });
    return open;
  }
  throw new Fault("passphrase");
}

const copied = (key) => openpgp.readPrivateKey({ binaryKey: key.write() });

// As typed; then without what a phone, a word processor or a clipboard makes of it: spaces around, a capital, other quotation marks
// and dashes, accents written otherwise, signs that nobody sees.
function attempts(passphrase) {
  const words = passphrase.replace(/[\u00ad\u200b-\u200f\u2060\ufeff]/g, "").replace(/\s+/g, " ").trim();
  const plain = words.normalize("NFKC").replace(/[\u2018\u2019\u201a]/g, "'").replace(/[\u201c-\u201e]/g, '"').replace(/\u2013/g, "-").replace(/\u2014/g, "--");
  const ways = [passphrase.trim(), words, plain, plain[0]?.toLowerCase() + plain.slice(1), plain.toLowerCase(), asDrawn(passphrase)];
  return [...new Set([passphrase, ...ways.flatMap((way) => [way, way.normalize("NFC"), way.normalize("NFD")])])].filter((attempt) => attempt);
}

// Words from paper, which somebody types with other signs between them.
export const asDrawn = (text) => text.toLowerCase().split(/[^a-z]+/).filter(Boolean).join(" ");

// A new key, as every program of the last ten years reads it, in the two files that its owner needs.
export async function made({ name, address, passphrase, years, now = Date.now() }) {
  // Dated back: to gpg a key from the future is none, and clocks differ.
  const date = new Date(now - hour);
  const { privateKey } = await openpgp.generateKey({
    type: "ecc", curve: "curve25519Legacy", userIDs: [{ name, email: address }], passphrase, date,
    keyExpirationTime: secondsBetween(date, endAfter(years, now)), format: "object", config: { aeadProtect: false, v6Keys: false },
  });
  const files = await filesOf(privateKey);
  await rehearse(files, passphrase);
  return files;
}

// It counts only once it was read back, opened and used: a key that does not open is found too late otherwise.
async function rehearse({ secret, public: armoredKey }, passphrase) {
  const key = await unlocked(await openpgp.readPrivateKey({ armoredKey: secret }), passphrase);
  const encryptionKeys = await openpgp.readKey({ armoredKey });
  const message = await openpgp.readMessage({ armoredMessage: await openpgp.encrypt({ message: await openpgp.createMessage({ text: "?" }), encryptionKeys }) });
  if ((await openpgp.decrypt({ message, decryptionKeys: key })).data !== "?") throw new Error("the new key does not open its own message");
}

async function filesOf(key) {
  return { ...(await about(key)), secret: key.armor(), public: key.toPublic().armor() };
}

export function endAfter(years, now = Date.now()) {
  const end = new Date(now);
  end.setFullYear(end.getFullYear() + years);
  return end;
}

const secondsBetween = (from, to) => Math.floor((to - from) / 1000);

// The same key with a later end. Each own signature is made anew with everything that stood in it, as gpg does it, so that
// names, purposes and preferences stay; what was revoked or had been replaced stays so.
export async function prolonged(key, passphrase, years, now = Date.now()) {
  usable(key);
  const open = await unlocked(key, passphrase), end = endAfter(years, now), signer = open.keyPacket;
  const own = [open.directSignatures, ...open.users.map((user) => user.selfCertifications), ...open.subkeys.map((part) => part.bindingSignatures)];
  const last = Math.max(...own.flat().map(({ created }) => Number(created)));
  if (last > now + day) throw new Fault("clock");
  const date = new Date(Math.max(now - hour, last + 1000));
  const renew = async (signatures, data, seconds) => {
    const old = newest(signatures);
    if (old) signatures.push(await renewed(old, signer, data, seconds, date));
  };
  const seconds = secondsBetween(open.getCreationTime(), end);
  await renew(open.directSignatures, { key: signer }, seconds);
  for (const user of open.users.filter(({ revocationSignatures }) => !revocationSignatures.length)) {
    await renew(user.selfCertifications, { key: signer, userID: user.userID, userAttribute: user.userAttribute }, seconds);
  }
  for (const part of inForce(open.subkeys)) {
    await renew(part.bindingSignatures, { key: signer, bind: part.keyPacket }, secondsBetween(part.getCreationTime(), end));
  }
  return filesOf(isLocked(key) ? await locked(open, passphrase) : open);
}

async function renewed(old, signer, data, seconds, date) {
  const next = new openpgp.SignaturePacket();
  next.read(old.write());
  Object.assign(next, { keyExpirationTime: seconds, keyNeverExpires: false, signatureExpirationTime: null, signatureNeverExpires: true });
  next.rawNotations = next.rawNotations.filter(({ name }) => name !== "salt@notations.openpgpjs.org"); // signing adds a new one
  next.publicKeyAlgorithm = signer.algorithm;
  next.hashAlgorithm = openpgp.enums.hash.sha512;
  await next.sign(signer, data, date, false, openpgp.config);
  return next;
}

// The parts that are not revoked and end last, of those for the same purpose: an older one was replaced by its owner.
function inForce(parts) {
  const standing = parts.filter(({ revocationSignatures }) => !revocationSignatures.length).map((part) => {
    const signature = newest(part.bindingSignatures), lasts = signature?.keyExpirationTime;
    return { part, purpose: flagsOf(signature), end: lasts ? Number(part.getCreationTime()) + lasts * 1000 : distantFuture };
  });
  const latest = (purpose) => Math.max(...standing.filter((one) => one.purpose === purpose).map(({ end }) => end));
  return standing.filter(({ purpose, end }) => end > latest(purpose) - day).map(({ part }) => part);
}

// What the service would refuse all the same, said before somebody sends it.
function usable(key) {
  if (isElsewhere(key.keyPacket)) throw new Fault("no-main-secret");
  if (key.revocationSignatures.length) throw new Fault("revoked");
  kept(key);
  if ([key, ...inForce(key.subkeys)].some(isUnfit)) throw new Fault("unfit");
  if (key.keyPacket.version > 4 || key.getKeys().some(({ keyPacket }) => unknownToMany.includes(keyPacket.algorithm))) throw new Fault("too-new");
}

// OpenPGP.js writes names as UTF-8. One that came in another character set would be another name, without a signature on it.
function kept(key) {
  if (partial.has(key)) throw new Fault("key-part");
  if (key.users.some(({ userID }) => userID?.userID.includes("\ufffd"))) throw new Fault("key-name");
}

function isUnfit(part) {
  const { algorithm, bits, curve } = part.getAlgorithmInfo();
  return bits ? !algorithm.startsWith("rsa") || bits < 3072 : !curves.test(curve ?? "25519");
}

// The same key behind another passphrase; only the secret file changes.
export async function relocked(key, passphrase, next) {
  kept(key);
  if (key.getKeys().some(({ keyPacket }) => isElsewhere(keyPacket) && !keyPacket.isDummy())) throw new Fault("card");
  const files = await filesOf(await locked(await unlocked(key, passphrase), next));
  await unlocked(await openpgp.readPrivateKey({ armoredKey: files.secret }), next);
  return files;
}

async function locked(open, passphrase) {
  return openpgp.encryptKey({ privateKey: open, passphrase, config: { aeadProtect: false } });
}

// The public key with the word of its owner that it must not be used any more. That cannot be taken back.
export async function revoked(key, passphrase, reason, now = Date.now()) {
  if (isElsewhere(key.keyPacket)) throw new Fault("no-main-secret");
  const flag = openpgp.enums.reasonForRevocation[reason], options = { date: new Date(now), format: "object" };
  const { publicKey } = await openpgp.revokeKey({ key: await unlocked(key, passphrase), reasonForRevocation: { flag }, ...options });
  return { ...(await about(key)), public: publicKey.armor() };
}
