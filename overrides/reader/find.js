// The encrypted messages and the keys in a file, whatever program saved it and however deep they lie.
import PostalMime from "postal-mime";
import { bare, blocks, evenly } from "./armor.js";
import { Fault } from "./fault.js";
import { beginsAsPackets, parts } from "./packets.js";
import { packed, simplified, unescaped, unfolded, withoutMarkup, withoutRtf } from "./texts.js";

const maxBytes = 60_000_000, maxInContainer = 1_000_000, maxDepth = 6;
// What other programs wrap mails and keys in, by its first bytes.
const containers = [["outlook", [0xd0, 0xcf, 0x11, 0xe0]], ["outlook", [0x21, 0x42, 0x44, 0x4e]], ["outlook", [0x78, 0x9f, 0x3e, 0x22]], ["packed", [0x50, 0x4b, 3, 4]], ["packed", [0x1f, 0x8b]],
  ["packed", [0x37, 0x7a, 0xbc, 0xaf]], ["packed", [0x52, 0x61, 0x72, 0x21]], ["packed", [0x42, 0x5a, 0x68]], ["packed", [0xfd, 0x37, 0x7a, 0x58]], ["packed", [0x28, 0xb5, 0x2f, 0xfd]],
  ["packed", [0x4d, 0x53, 0x43, 0x46]], ["pdf", [0x25, 0x50, 0x44, 0x46]]];
const otherSystems = /\.(?:p12|pfx|p7[cms]|crt|cer|rpmsg)$/i;
// Before the first header: empty lines, how long the mail is (Apple Mail), the line of a mailbox file.
const beforeMail = /^(?:\s*(?:\d+[ ]*\n)?\s*(?:>?From [^\n]*\n)?)/;
const headersOfMail = /^(?:[A-Za-z][\w-]*[ \t]*:[^\n]*\n+(?:[ \t][^\n]*\n+)*){2}/;
const mailBegins = /^From \S[^\n]*\n(?=[A-Za-z-]+:)/m;
const otherKeys = /-----BEGIN (?:[A-Z0-9 ]+ )?(?:CERTIFICATE|PRIVATE KEY|PKCS7)-----|^PuTTY-User-Key-File|^AGE-SECRET-KEY-1/m;
// gpg's own folder of keys: nobody but gpg reads that.
const ownOfGpg = /^(?:Key: )?\((?:\d+:)?(?:protected-|shadowed-)?private-key|^.{0,8}KBXf/m;

// What the file holds: { messages, secret, public }, each a list of { packets, mail }. Faults of one block do not hide others.
export async function find(name, bytes) {
  if (!bytes.length) throw new Fault("empty", { name });
  if (bytes.length > maxBytes) throw new Fault("large", { name });
  return sorted(await look(bytes, { name }, 0), name);
}

function containerOf(bytes, name) {
  const [fault] = containers.find(([, start]) => start.every((byte, at) => bytes[at] === byte)) ?? [];
  return fault && { ...aside(new Fault(fault, { name })), isContainer: true };
}

function sorted(found, name) {
  const whole = [];
  for (const part of found) if (part.packets && !whole.some(({ packets }) => isSame(packets, part.packets))) whole.push(part);
  const of = (kind) => whole.filter((part) => part.kind === kind);
  const all = { messages: of("message"), secret: of("secret"), public: of("public") };
  const fault = found.find(isFault)?.fault;
  if (all.messages.length + all.secret.length + all.public.length) return { ...all, fault };
  // What looks damaged in a container is only in pieces.
  throw found.find(({ isContainer }) => isContainer)?.fault ?? fault ?? found.find((part) => part.fault)?.fault ?? new Fault("nothing", { name });
}

export const isSame = (one, other) => one.length === other.length && one.every((byte, at) => byte === other[at]);

// `mail` is what is known of the mail around it, and the name of the file.
async function look(bytes, mail, depth) {
  const container = containerOf(bytes, mail.name), found = container ? [container] : [];
  if (container && bytes.length > maxInContainer) return found;
  const binary = parts(bytes);
  if (binary?.some(({ kind }) => kind !== "other")) return binary.map((part) => ({ ...part, mail }));
  const { text, isUtf8, isText } = decoded(bytes);
  if (depth < maxDepth) {
    for (const one of mailsIn(text)) found.push(...await lookIntoMail(one ?? (isUtf8 ? bytes : text), depth));
    for (const more of packed(text)) found.push(...await look(more, mail, depth + 1));
    if (!found.some(({ packets }) => packets)) for (const more of packed(unescaped(withoutMarkup(text)))) found.push(...await look(more, mail, depth + 1));
  }
  if (ownOfGpg.test(text)) found.push(aside(new Fault("gpg-own", mail)));
  if (otherKeys.test(text) || otherSystems.test(mail.name)) found.push(aside(new Fault("smime", mail)));
  if (beginsAsPackets(bytes) && !isText) found.push(aside(new Fault("cut")));
  // Where the mail's own structure is broken, its text still stands there.
  return withText(found, text, mail);
}

// What is said only when nothing was found at all.
const aside = (fault) => ({ fault, isAside: true });

// What looks damaged in one way of reading may be found whole in another: each block is counted once, and at its best.
function withText(found, source, mail) {
  const text = simplified(source), marked = blocks(text), ways = [marked], least = marked.filter(({ isAside }) => !isAside).length || 1;
  if (!isWhole(marked)) {
    const plain = simplified(withoutMarkup(text));
    ways.push(...[...(plain === text ? [] : [blocks(plain), bare(plain)]), bare(text), blocks(text, evenly), blocks(plain, evenly)].filter((way) => way.length >= least));
  }
  const best = ways.find(isWhole);
  if (best) return [...found.filter((part) => !isFault(part)), ...best.map((part) => ({ ...part, mail }))];
  const more = ways.flat().map((part) => ({ ...part, mail }));
  return [...found, ...(found.some(({ packets }) => packets) ? more.filter((part) => !isFault(part)) : more)];
}

const isFault = ({ fault, isAside }) => Boolean(fault) && !isAside;
const isWhole = (way) => way.some(({ packets }) => packets) && !way.some(isFault);

// A mailbox file holds several mails, one after another. `undefined` stands for the whole file, as it is.
function mailsIn(text) {
  const lines = text.includes("\r") ? text.replace(/\r+\n?/g, "\n") : text, start = beforeMail.exec(lines)[0].length;
  if (!headersOfMail.test(lines.slice(start, start + 200_000))) return [];
  const several = mailBegins.test(lines) ? lines.split(/^From \S[^\n]*\n(?=[A-Za-z-]+:)/m).filter((part) => part.trim()) : [];
  return several.length > 1 ? several : [start ? lines.slice(start) : undefined];
}

async function lookIntoMail(source, depth) {
  let mail;
  try {
    mail = await PostalMime.parse(source, { forceRfc822Attachments: true });
  } catch {
    return [];
  }
  const about = { subject: mail.subject ?? "", date: mail.date ?? "", from: mail.from?.address ?? "" };
  const found = withText(withText([], mail.text ?? "", about), mail.html ?? "", about);
  for (const { content, filename } of mail.attachments) {
    const bytes = new Uint8Array(content), name = filename ?? "";
    if (isWorthALook(bytes)) found.push(...await look(bytes, { ...about, name }, depth + 1));
  }
  return found;
}

// Pictures and the like hold no message; looking through megabytes of them as text takes long.
function isWorthALook(bytes) {
  return !bytes.subarray(0, 64).includes(0) || bytes.length < maxInContainer;
}

// Text in any of the encodings that programs for Windows save; without its mark, UTF-16 and UTF-32 are ASCII with zeros between. What
// is no text goes out, such as the colours of a terminal: other formats may cut a text into pieces (S/MIME).
function decoded(bytes) {
  const marked = bytes[0] === 0xff && bytes[1] === 0xfe ? "utf-16le" : bytes[0] === 0xfe && bytes[1] === 0xff ? "utf-16be" : "";
  const all = new TextDecoder(marked || "utf-8").decode(bytes), text = all.replace(/\x1b\[[\d;]*[A-Za-z]|[\0-\x08\x0e-\x1f\ufffd]+/g, "");
  return { text: unfolded(withoutRtf(text)), isUtf8: !marked && !all.includes("\0"), isText: !all.includes("\ufffd") };
}
