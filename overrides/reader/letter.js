// The decrypted text, taken apart for the screen: who asked what, and what was answered. It is data; nothing in it is run,
// and no answer can look like another question.
import PostalMime from "postal-mime";
import { withoutMarkup } from "./texts.js";

const indent = "    ";
const opening = /^Bericht via het contactformulier/;
// A practice mail is shown whole, and its third line may be the link.
const practice = /^Oefenbericht van de beheerder van het contactformulier\n\n(.*)\n/;
const fact = /^(Referentie|Rol|Onderwerp|Taal van het formulier): (.*)$/;
// The one link that the service writes: that page of the site and a code, nothing else (no user, port, question or fragment).
// On the machine itself, as `make run` has it, a port and http are right.
const receipt = /^Ik heb dit bericht: ((?:https:\/\/[a-z0-9-]+(?:\.[a-z0-9-]+)+|http:\/\/(?:127\.0\.0\.1|localhost)(?::\d+)?)\/(?:en\/)?gelezen\/[A-Za-z0-9_-]{16,}\/?)$/;

// The mail inside: its real subject, its text, and how much there is besides. Padding after the last boundary is left out by the
// format itself. What is no mail is text, down to a first line that looks like a header.
export async function letterOf(bytes) {
  const source = readable(bytes), attached = 0;
  if (!isMail(source)) return { subject: "", text: lines(source), attached };
  const mail = await PostalMime.parse(source.includes("\n") ? bytes.subarray(bytes[0] === 0xef ? 3 : 0) : source.replaceAll("\r", "\n"));
  const more = mail.attachments.filter(({ mimeType }) => !/^(?:application\/pgp-|text\/rfc822-headers)/.test(mimeType));
  return { subject: mail.subject ?? "", text: lines(mail.text ?? withoutMarkup(mail.html ?? "", 1)), attached: more.length };
}

// UTF-8, or what Windows wrote before.
function readable(bytes) {
  const isUtf16 = bytes[0] === 0xff && bytes[1] === 0xfe;
  try {
    return new TextDecoder(isUtf16 ? "utf-16le" : "utf-8", { fatal: !isUtf16 }).decode(bytes);
  } catch {
    return new TextDecoder("windows-1252").decode(bytes);
  }
}

function isMail(source) {
  const head = source.split(/\r?\n\r?\n|\r\r/, 1)[0].split(/\r?\n|\r/);
  const known = head.length > 1 ? /^(?:Content-Type|MIME-Version)[ \t]*:/i : /^(?:Content-Type|MIME-Version|Subject)[ \t]*:/i;
  return head.some((line) => known.test(line)) && head.every((line) => /^[A-Za-z][\w-]*[ \t]*:|^[ \t]+\S/.test(line));
}

// A lone carriage return ends no line: behind one, an answer could look like another question.
const lines = (text) => text.replaceAll("\r\n", "\n").replace(/\n+$/, "");

export const isPractice = (text) => practice.test(text);

// In the order of the text: { fact, value }, { question, answer } or { line }. A text of another kind is lines alone.
export function partsOf(text) {
  if (!opening.test(text)) return [{ line: text }];
  const parts = [];
  let last = {}, empty = 0;
  for (const line of text.split("\n")) {
    const known = fact.exec(line);
    if (line.startsWith(indent) && last.line) {
      parts[parts.length - 1] = last = { question: last.line, answer: "\n".repeat(empty) + line.slice(indent.length) };
    } else if (last.question && (line.startsWith(indent) || !line)) {
      last.answer += `\n${line.slice(indent.length)}`;
    } else if (line) {
      parts.push(last = known ? { fact: known[1], value: known[2] } : { line });
      empty = 0;
    } else empty++;
  }
  for (const part of parts) if (part.question) part.answer = part.answer.replace(/\n$/, "");
  return parts;
}

// "Ik heb dit bericht": only where the service itself writes it, never out of an answer, and on the site that this page came from.
export function receiptOf(parts, origin) {
  for (const { line } of parts) {
    const found = line && receipt.exec(practice.exec(line)?.[1] ?? line);
    if (!found) continue;
    const site = new URL(found[1]);
    return !origin.startsWith("http") || origin === site.origin ? { address: found[1], host: site.host } : null;
  }
  return null;
}

// Characters that are not to be seen, or turn others round, or end a line where nobody typed one; those that emoji and Persian need
// are no concern. Each stays what it is and gets a frame of its own.
const hidden = /((?![\u200c\u200d\ufe00-\ufe0f])[\p{Default_Ignorable_Code_Point}\u2028\u2029\u2800\ufff9-\ufffb]|[\u0000-\u0008\u000b-\u001f\u007f-\u009f])/u;

export function pieces(text) {
  return text.split(hidden).filter(Boolean).map((piece) => (hidden.test(piece) ? { hidden: piece, code: codeOf(piece) } : { piece }));
}

const codeOf = (letter) => `U+${letter.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}`;
