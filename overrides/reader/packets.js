// OpenPGP packets told apart (RFC 9580 section 4.2), before anything looks into them: what a file is, is said by its packets, not
// by its name or its label, and one key that cannot be read must not hide the nine beside it.

const tags = { sessionKey: 1, signature: 2, passwordSessionKey: 3, onePass: 4, secretKey: 5, publicKey: 6, compressed: 8, oldEncrypted: 9, literal: 11, encrypted: 18, aead: 20 };
const subkeyTags = [7, 14];
const versioned = [tags.sessionKey, tags.signature, tags.passwordSessionKey, tags.onePass, tags.secretKey, tags.publicKey, ...subkeyTags, tags.encrypted, tags.aead];
const heads = [tags.sessionKey, tags.passwordSessionKey, tags.onePass], bodies = [tags.compressed, tags.oldEncrypted, tags.literal, tags.encrypted, tags.aead];

// Each message and each key: { kind, packets }, with kind "message", "secret", "public" or "other". Null when these are no packets
// from the first byte to the last, or a message lacks what is locked.
export function parts(bytes) {
  const found = [];
  for (let at = firstOf(bytes), last; at < bytes.length; at = last.to) {
    const packet = packetAt(bytes, at);
    if (!packet && last && bytes.subarray(at).every(isBlank)) break;
    if (!packet) return null;
    const kind = kindBegun(packet.tag, last);
    if (kind) found.push(last = { kind, from: at });
    last.to = packet.end;
    last.awaitsBody = heads.includes(packet.tag) || last.awaitsBody && !bodies.includes(packet.tag);
  }
  if (found[found.length - 1]?.awaitsBody) return null;
  return found.map(({ kind, from, to }) => ({ kind, packets: bytes.subarray(from, to) }));
}

// How many subkeys a key has, whether or not a library knows their kind.
export function subkeysIn(bytes) {
  let count = 0;
  for (let at = firstOf(bytes), packet; packet = packetAt(bytes, at); at = packet.end) count += subkeyTags.includes(packet.tag);
  return count;
}

// What editors and gateways add to packets, taking them for text: a mark, line ends, zeros.
const isBlank = (byte) => [0, 9, 10, 13, 26, 32].includes(byte);

function firstOf(bytes) {
  const at = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  const first = bytes.subarray(at).findIndex((byte) => !isBlank(byte));
  return first < 0 ? 0 : at + first;
}

// True for a message or a key of which the end may be missing.
export const beginsAsPackets = ([first]) => first >= 0x80 && [tags.sessionKey, tags.passwordSessionKey, tags.secretKey, tags.publicKey].includes(tagOf(first));

const tagOf = (first) => first >= 0xc0 ? first & 0x3f : first >> 2 & 0x0f;

// What a packet begins; nothing when it belongs to what is before it.
function kindBegun(tag, last) {
  if (tag === tags.secretKey) return "secret";
  if (tag === tags.publicKey) return "public";
  const isOfMessage = heads.includes(tag) || bodies.includes(tag);
  if (isOfMessage && !last?.awaitsBody) return "message";
  return last ? null : "other";
}

function packetAt(bytes, at) {
  const first = bytes[at];
  if (first < 0x80) return null;
  const isNew = first >= 0xc0, tag = tagOf(first);
  // A length that is open, or comes in pieces, is for data alone (section 4.2.1.4).
  const isData = bodies.includes(tag), end = isNew ? newEnd(bytes, at + 1, isData) : oldEnd(bytes, at + 1, first & 3, isData);
  return isKnown(tag, bytes[at + 1 + (isNew ? newSize(bytes[at + 1]) : oldSize(first & 3))]) && end > at && end <= bytes.length ? { tag, end } : null;
}

// Letters of other languages, and packets that are damaged, begin like packets too: a kind that there is, in a version that there is.
const isKnown = (tag, version) => tag && (tag < 22 || tag > 59) && (!versioned.includes(tag) || version > 0 && version < 7);
const oldSize = (kind) => (kind === 3 ? 0 : 2 ** kind), newSize = (first) => (first < 192 ? 1 : first < 224 ? 2 : first < 255 ? 1 : 5);

const number = (bytes, at, count) => bytes.subarray(at, at + count).reduce((sum, byte) => sum * 256 + byte, 0);

function oldEnd(bytes, at, kind, isData) {
  if (kind === 3) return isData ? bytes.length : NaN;
  return at + oldSize(kind) + number(bytes, at, oldSize(kind));
}

function newEnd(bytes, at, isData) {
  while (at < bytes.length) {
    const first = bytes[at];
    if (first < 192) return at + 1 + first;
    if (first < 224) return at + 2 + (first - 192) * 256 + bytes[at + 1] + 192;
    if (first === 255) return at + 5 + number(bytes, at + 1, 4);
    if (!isData) break;
    at += 1 + 2 ** (first & 31);
  }
  return NaN;
}
