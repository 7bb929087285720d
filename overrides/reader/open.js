// Opens one message with the keys at hand. Each way in which that can fail has a sentence of its own.
import { Fault } from "./fault.js";
import { unlocked } from "./keys.js";

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
  if (mine.every((key) => partsFor(read.getEncryptionKeyIDs(), key).every(({ keyPacket }) => keyPacket.isDummy()))) throw new Fault("no-secret");
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

async function decrypted(packets, decryptionKeys) {
  const config = { maxDecompressedMessageSize: maxBytes };
  const read = await openpgp.readMessage({ binaryMessage: packets });
  try {
    return (await openpgp.decrypt({ message: read, decryptionKeys, format: "binary", config })).data;
  } catch {
    throw new Fault("damaged");
  }
}
