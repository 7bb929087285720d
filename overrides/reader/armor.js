// OpenPGP blocks in text, as other programs leave them behind: quoted, indented, joined into one line, escaped.
import { Fault } from "./fault.js";
import { beginsAsPackets, parts } from "./packets.js";
import { base64Runs, unescaped } from "./texts.js";

// Word processors make one long dash of several; programs that quote may break or indent the line itself.
const dash = "[-\\u2010-\\u2015\\u2212]", gap = "[\\s>|]+";
const label = `(MESSAGE|PUBLIC${gap}KEY${gap}BLOCK|(?:PRIVATE|SECRET)${gap}KEY${gap}BLOCK)`;
const block = new RegExp(`${dash}[\\s\\\\]{0,3}(BEGIN|END)${gap}PGP${gap}${label}[\\s\\\\]{0,3}${dash}(?:[ \\\\]{0,2}${dash}){0,9}`, "gi");
const header = /^[A-Za-z][A-Za-z-]*:(?: .*)?$/;
const base64Run = /[A-Za-z0-9+/=]{40}/, hasContent = /[A-Za-z0-9+/]{20}/;
const joinedHeaders = /^(?:[A-Za-z]+: (?:(?![A-Za-z0-9+/=]{40})\S+ )+)+/;
const base64 = /^([A-Za-z0-9+/]+={0,2})(?:=([A-Za-z0-9+/]{4}))?$/;

// Each block as the messages and keys that it holds, { kind, packets }; one that is cut off or damaged as { fault }, and one that
// holds nothing is no more than talk about blocks, { fault, isAside }.
export function blocks(text, read = decoded) {
  const marks = [...text.matchAll(block)].map((mark) => ({ at: mark.index, to: mark.index + mark[0].length, begins: /begin/i.test(mark[1]) }));
  return marks.flatMap(({ begins, to }, at) => {
    if (!begins) return [];
    const end = marks[at + 1], body = text.slice(to, end?.at), isAside = !hasContent.test(body.slice(0, 10_000));
    return end && !end.begins && !isAside ? read(body) : [{ fault: new Fault("cut"), isAside }];
  });
}

function decoded(body) {
  for (const text of readings(body)) {
    const found = whole(text);
    if (found) return found;
  }
  return [{ fault: new Fault("damaged") }];
}

function whole(text) {
  const found = base64.exec(text), packets = found && bytesOf(found[1]);
  // Without a checksum, at least no letter may be too many: what is left of a checksum that was read wrongly.
  const isRight = packets && (found[2] ? checksum(packets) === number(bytesOf(found[2])) : found[1].length % 4 === 0);
  const held = isRight && parts(packets) || [];
  // Without one, damage may look like a packet of some kind, the more so where its length is open.
  return found?.[2] && held.length || beginsAsPackets(packets ?? []) && held.some(({ packets }) => packets.length > 40) ? held : null;
}

// Messages and secret keys in base64 alone: whoever copies by hand loses the first line or the last, and some programs translate
// or draw what stands there.
export function bare(text) {
  const found = [];
  for (const ways of base64Runs(text)) {
    if (!beginsAsPackets(bytesOf(ways[0].slice(0, 8)) ?? [])) continue;
    found.push(...(ways.map(whole).find(Boolean) || []).filter(({ kind }) => kind === "message" || kind === "secret"));
  }
  return found;
}

// The base64 alone, in each of the ways in which its lines may have come; the checksum tells which one is right.
function* readings(body) {
  yield plain(body);
  const lines = unescaped(body), unquoted = lines.replace(/=[ \t]*(?:\r\n|[\r\n])[>| ]*/g, "");
  yield plain(lines);
  yield plain(decodedHex(unquoted));
  yield plain(decodedHex(decodedHex(unquoted).replace(/=[ \t]*(?:\r\n|[\r\n])[>| ]*/g, "")));
  // Headers that go on in a second line end with an empty one.
  yield plain(lines.replace(/^[\s\S]*?(?:\r\n|\r|\n)[>|: \t]*(?:\r\n|\r|\n)/, ""));
  const kept = lines.split(/\r\n|[\r\n]/).filter((line) => !header.test(line));
  // As web forms write it.
  yield kept.join("").replaceAll(" ", "+").replace(/-+$/, "");
  if (body.length < 200_000) yield* withoutHeader(plain(lines, /[\s-]/g));
}

// Quoted-printable (RFC 2045 section 6.7), for text that lost the line which says so.
const decodedHex = (text) => text.replace(/=([0-9A-Fa-f]{2})/g, (_, code) => String.fromCharCode(parseInt(code, 16)));

// Whatever stands around a line, such as marks of quoting, is none of it.
const split = (body) => body.split(/\r\n|[\r\n]/).map((line) => line.replace(/^[^A-Za-z0-9+/=]+|[^A-Za-z0-9+/=]+$/g, ""));

// Without the marks of quoting, lines of headers, and whatever else is no base64.
function plain(body, others = /[^A-Za-z0-9+/=]/g) {
  const kept = split(body).filter((line) => !header.test(line) || base64Run.test(line));
  return kept.map((line) => line.replace(joinedHeaders, "")).join("").replace(others, "");
}

// Lines of armor are as long as each other. What else stands there is none of it: marks or the time in front, numbers, the head and
// foot of a page that was printed. The last line may be any that follows; without a checksum, only one of them may fit.
export function evenly(body) {
  const lines = unescaped(body).split(/\r\n|[\r\n]/), runs = lines.map((line) => (line.match(/[A-Za-z0-9+/]+={0,2}/g) ?? []).sort((one, next) => next.length - one.length));
  const counts = {}, isEven = ([run]) => run?.length === length;
  for (const [run = ""] of runs) if (run.length > 40) counts[run.length] = (counts[run.length] ?? 0) + 1;
  const length = Number(Object.keys(counts).sort((one, next) => counts[next] - counts[one])[0]), after = runs.length - [...runs].reverse().findIndex(isEven);
  const [, sum = ""] = /(?:^|[^\w+/=])(=[A-Za-z0-9+/]{4})(?![\w+/=])/.exec(lines.slice(after).join("\n")) ?? [], all = runs.filter(isEven).map(([run]) => run).join("");
  const [found, more] = [...new Set(["", ...runs.slice(after).flat().slice(0, 20)])].map((last) => whole(all + last + sum)).filter(Boolean);
  return found && !more ? found : [{ fault: new Fault("damaged") }];
}

// Where all line ends are lost, the last word of a header is one with what follows: a packet begins a little further on.
function* withoutHeader(text) {
  const begins = /[A-Za-z0-9+/]+={0,2}(?:=[A-Za-z0-9+/]{4})?$/.exec(text)?.index;
  for (let at = 1; begins >= 0 && at < 40; at++) yield text.slice(begins + at);
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
