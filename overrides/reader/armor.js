// OpenPGP blocks in text, as other programs leave them behind: quoted, indented, joined into one line, in quoted-printable.
import { Fault } from "./fault.js";

// Word processors make one long dash of several.
const block = /[-–—]{2,5} ?(BEGIN|END) PGP (MESSAGE|PUBLIC KEY BLOCK|PRIVATE KEY BLOCK) ?[-–—]{2,5}/g;
const header = /^[A-Za-z-]+: .*$/;
const base64Run = /[A-Za-z0-9+/=]{40}/;
const joinedHeaders = /^(?:[A-Za-z]+: (?:(?![A-Za-z0-9+/=]{40})\S+ )+)+/;
const base64 = /^([A-Za-z0-9+/]+={0,2})(?:=([A-Za-z0-9+/]{4}))?$/;

// Each block's kind and its packets; `fault` instead of packets when it is cut off or damaged.
export function blocks(text) {
  const found = [], marks = [...text.matchAll(block)];
  for (const [at, begin] of marks.entries()) {
    if (begin[1] !== "BEGIN") continue;
    const end = marks[at + 1], whole = end?.[1] === "END" && end[2] === begin[2];
    const body = whole && text.slice(begin.index + begin[0].length, end.index);
    found.push({ kind: begin[2], ...(whole ? decoded(body) : { fault: new Fault("cut") }) });
  }
  return found;
}

function decoded(body) {
  for (const text of [body, unquoted(body)]) {
    const found = base64.exec(plain(text));
    const packets = found && bytesOf(found[1]);
    if (packets && (!found[2] || checksum(packets) === number(bytesOf(found[2])))) return { packets };
  }
  return { fault: new Fault("damaged") };
}

// The base64 alone: without the marks of quoting, lines of headers, and whatever stands between the lines.
function plain(body) {
  const lines = body.split(/\r\n|[\r\n]/).map((line) => line.replace(/^[>|\s\u00a0]+|[\s\u00a0]+$/g, ""));
  const kept = lines.filter((line) => !header.test(line) || base64Run.test(line));
  return kept.map((line) => line.replace(joinedHeaders, "")).join("").replace(/[\s\u00a0\u200b\ufeff]/g, "");
}

// Quoted-printable (RFC 2045 section 6.7), for text that lost the line which says so.
function unquoted(body) {
  return body.replace(/=[ \t]*(?:\r\n|[\r\n])[>| ]*/g, "").replace(/=([0-9A-Fa-f]{2})/g, (_, code) => String.fromCharCode(parseInt(code, 16)));
}

function bytesOf(text) {
  try {
    return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  } catch {
    return null;
  }
}

const number = (bytes) => bytes && (bytes[0] << 16 | bytes[1] << 8 | bytes[2]);

// CRC-24 (RFC 9580 section 6.1.1): OpenPGP.js ignores it, and damage would look like a message for somebody else.
function checksum(bytes) {
  let sum = 0xb704ce;
  for (const byte of bytes) {
    sum ^= byte << 16;
    for (let bit = 0; bit < 8; bit++) sum = sum << 1 ^ (sum & 0x800000 ? 0x1864cfb : 0);
  }
  return sum & 0xffffff;
}
