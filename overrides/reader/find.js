// The encrypted messages and the keys in a file, whatever program saved it and however deep they lie.
import PostalMime from "postal-mime";
import { blocks } from "./armor.js";
import { Fault } from "./fault.js";

const maxBytes = 60_000_000, maxDepth = 6;
const magic = { outlook: [0xd0, 0xcf, 0x11, 0xe0], packed: [0x50, 0x4b, 3, 4], pdf: [0x25, 0x50, 0x44, 0x46] };
const isMail = /^(?:From [^\n]*\n)?(?:[A-Za-z][A-Za-z0-9-]*:[^\n]*\n(?:[ \t][^\n]*\n)*){2}/;
const mailBegins = /^From \S[^\n]*\n(?=[A-Za-z-]+:)/m;

// What the files hold: { messages, secret, public }, each a list of { packets, mail }. Faults of one block do not hide others.
export async function find(name, bytes) {
  if (!bytes.length) throw new Fault("empty", { name });
  if (bytes.length > maxBytes) throw new Fault("large", { name });
  for (const [fault, start] of Object.entries(magic)) if (start.every((byte, at) => bytes[at] === byte)) throw new Fault(fault, { name });
  if (/\.(p12|pfx|p7m|crt|cer)$/i.test(name)) throw new Fault("smime", { name });
  return sorted(isBinary(bytes) ? [{ kind: kindOf(bytes[0]), packets: bytes }] : await look(bytes, {}, 0), name);
}

function sorted(found, name) {
  const seen = new Set(), whole = found.filter(({ packets }) => packets && !seen.has(`${packets}`) && seen.add(`${packets}`));
  const of = (kind) => whole.filter((part) => part.kind === kind);
  const all = { messages: of("MESSAGE"), secret: of("PRIVATE KEY BLOCK"), public: of("PUBLIC KEY BLOCK") };
  const fault = found.find((part) => part.fault)?.fault;
  if (!whole.length) throw fault ?? new Fault("nothing", { name });
  return { ...all, fault };
}

async function look(bytes, mail, depth) {
  const text = decoded(bytes), found = [];
  if (depth < maxDepth && isMail.test(text.slice(0, 20_000).replace(/\r\n?/g, "\n"))) {
    for (const one of mails(text, bytes)) found.push(...await lookIntoMail(one, depth));
  }
  // Where the mail's own structure is broken, its text still stands there.
  return withText(found, text, mail);
}

// What looks damaged in a text may be the same that was found whole before, written otherwise; what is whole is counted once.
function withText(found, text, mail) {
  const isWhole = found.some(({ packets }) => packets);
  return [...found, ...blocks(text).filter(({ packets }) => packets || !isWhole).map((part) => ({ ...part, mail }))];
}

// A mailbox file holds several mails, one after another.
function mails(text, bytes) {
  const parts = mailBegins.test(text) ? text.split(/^From \S[^\n]*\n(?=[A-Za-z-]+:)/m).filter((part) => part.trim()) : [];
  return parts.length > 1 ? parts : [bytes];
}

async function lookIntoMail(source, depth) {
  let mail;
  try {
    mail = await PostalMime.parse(source, { forceRfc822Attachments: true });
  } catch {
    return [];
  }
  const about = { subject: mail.subject ?? "", date: mail.date ?? "", from: mail.from?.address ?? "" };
  const plain = mail.html?.replace(/<(?:br|\/p|\/div)\b[^>]*>/gi, "\n").replace(/<[^>]*>/g, "");
  const found = withText(withText([], mail.text ?? "", about), plain ?? "", about);
  for (const { content } of mail.attachments) {
    const bytes = new Uint8Array(content);
    if (isBinary(bytes)) found.push({ kind: kindOf(bytes[0]), packets: bytes, mail: about });
    else if (isWorthALook(bytes)) found.push(...await look(bytes, about, depth + 1));
  }
  return found;
}

// Pictures and the like hold no message; looking through megabytes of them as text takes long.
function isWorthALook(bytes) {
  return !bytes.subarray(0, 64).includes(0) || bytes.length < 1_000_000;
}

// An OpenPGP packet that begins a message or a key (RFC 9580 section 4.2), in either way of writing its type.
function isBinary(bytes) {
  return kindOf(bytes[0]) !== undefined && !(bytes[0] === 0xef && bytes[1] === 0xbb) && !(bytes[0] === 0xff && bytes[1] === 0xfe);
}

function kindOf(first) {
  const type = first >= 0xc0 ? first & 0x3f : first >= 0x80 ? first >> 2 & 0x0f : 0;
  return { 1: "MESSAGE", 3: "MESSAGE", 5: "PRIVATE KEY BLOCK", 6: "PUBLIC KEY BLOCK" }[type];
}

function decoded(bytes) {
  const encoding = bytes[0] === 0xff && bytes[1] === 0xfe ? "utf-16le" : bytes[0] === 0xfe && bytes[1] === 0xff ? "utf-16be" : "utf-8";
  return new TextDecoder(encoding).decode(bytes);
}
