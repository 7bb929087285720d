// All that the page holds between two clicks, in memory alone: what was chosen, and keys that the passphrase opened. `key` stays
// as it came from the file, `open` reads messages: what is handed out again must never be the opened one.
import { Fault } from "./fault.js";
import { find, isSame } from "./find.js";
import { about, secretKeys } from "./keys.js";
import { message } from "./open.js";

export const store = { messages: [], keys: new Map(), passphrase: "" };

export function empty() {
  store.messages = [];
  store.keys = new Map();
  store.passphrase = "";
}

// Takes files of any kind in any place: a mail, a message, a key. Returns the faults of those that could not be taken.
export async function take(files) {
  const faults = [];
  for (const file of files) {
    try {
      faults.push(...await keep(await find(file.name, await bytesOf(file))));
    } catch (fault) {
      faults.push(fault);
    }
  }
  return faults;
}

// A folder, or what is not really on this device, looks like a file until it is read.
async function bytesOf(file) {
  return new Uint8Array(await file.arrayBuffer().catch(() => { throw new Fault("unreadable", { name: file.name }); }));
}

async function keep(found) {
  const faults = found.fault ? [found.fault] : [];
  const isKnown = (one) => store.messages.some(({ packets }) => isSame(packets, one.packets));
  for (const one of found.messages.filter((one) => !isKnown(one))) {
    await message(one.packets).then(() => store.messages.push({ ...one, letter: null, fault: null }), (fault) => faults.push(fault));
  }
  if (found.secret.length) {
    for (const key of await secretKeys(found)) store.keys.set(key.getFingerprint(), { key, open: null, about: await about(key) });
  } else if (found.public.length && !found.messages.length) faults.push(new Fault("key-public"));
  return faults;
}
