// Opens one message with the keys at hand. Each way in which that can fail has a sentence of its own.
import { Fault } from "./fault.js";
import { isElsewhere, unlocked } from "./keys.js";

const maxBytes = 20_000_000;

// What the packets are, before anybody types a passphrase: for whom, and that it is a message at all.
export async function message(packets) {
  const read = await openpgp.readMessage({ binaryMessage: packets }).catch(() => { throw new Fault("damaged"); });
  const kinds = read.packets.map((packet) => packet.constructor.tag);
  const { publicKeyEncryptedSessionKey, symEncryptedSessionKey } = openpgp.enums.packet;
  if (kinds.includes(publicKeyEncryptedSessionKey)) return read;
  throw new Fault(kinds.includes(symEncryptedSessionKey) ? "symmetric" : "unencrypted");
}

// The keys of these that the message is for; a message may hide for whom it is.
export function fitting(read, keys) {
  const ids = read.getEncryptionKeyIDs();
  return keys.filter((key) => partsFor(ids, key).length);
}

function partsFor(ids, key) {
  return key.getKeys().filter((part) => ids.some((id) => id.isWildcard() || id.equals(part.getKeyID())));
}

export const recipients = (read) => read.getEncryptionKeyIDs().map((id) => id.toHex().toUpperCase());

// The decrypted bytes, and the key that opened them (unlocked, for the next message).
export async function opened(packets, keys, passphrase) {
  const read = await message(packets), mine = fitting(read, keys);
  if (!mine.length) throw new Fault("other-key");
  if (mine.every((key) => partsFor(read.getEncryptionKeyIDs(), key).every(({ keyPacket }) => isElsewhere(keyPacket)))) throw new Fault("no-secret");
  let fault;
  for (const key of mine) {
    try {
      const ids = partsFor(read.getEncryptionKeyIDs(), key).map((part) => part.getKeyID().toHex());
      const open = await unlocked(key, passphrase, (part) => ids.includes(part.getKeyID().toHex()));
      return { bytes: await decrypted(packets, open), key: open };
    } catch (error) {
      if (!error.fault) throw error;
      // A wrong passphrase for one of several keys says less than what another of them found.
      if (!fault || fault.fault === "passphrase") fault = error;
    }
  }
  throw fault;
}

// By the secret parts themselves, whatever else is wrong with the key (its end, a signature, a name): an old message is still one's own.
async function decrypted(packets, key) {
  const read = await openpgp.readMessage({ binaryMessage: packets }), sessionKeys = await sessionKeysOf(read, key);
  if (!sessionKeys.length) throw new Fault(read.getEncryptionKeyIDs().every((id) => id.isWildcard()) ? "other-key" : "damaged");
  try {
    return (await openpgp.decrypt({ message: read, sessionKeys, format: "binary", config: { maxDecompressedMessageSize: maxBytes } })).data;
  } catch (error) {
    throw new Fault(/not authenticated/.test(error.message) ? "unauthenticated" : "damaged");
  }
}

async function sessionKeysOf(read, key) {
  const found = [], { packet, symmetric } = openpgp.enums;
  for (const locked of read.packets.filterByTag(packet.publicKeyEncryptedSessionKey)) {
    for (const { keyPacket } of partsFor([locked.publicKeyID], key).filter(({ keyPacket }) => !isElsewhere(keyPacket) && keyPacket.isDecrypted())) {
      try {
        await locked.decrypt(keyPacket);
        const algorithm = locked.sessionKeyAlgorithm;
        found.push({ data: locked.sessionKey, algorithm: algorithm ? openpgp.enums.read(symmetric, algorithm) : undefined });
      } catch { /* Not for this part; a message that hides its readers is tried with each. */ }
    }
  }
  return found;
}
