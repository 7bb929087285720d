// Text that hides in text: markup around it, and what programs pack for the way.

const names = { amp: "&", lt: "<", gt: ">", quot: '"', nbsp: " ", newline: "\n", tab: "\t", equals: "=", plus: "+", sol: "/", hyphen: "-", dash: "-", ndash: "-", mdash: "-", shy: "" };

// HTML as text alone, also where it was written out as text once more. Only armor is looked for in it, and it is shown to nobody.
export function withoutMarkup(text, times = 3) {
  if (!times || !/<[a-z!/][^<>]*>|&#?\w+;/i.test(text)) return text;
  const said = without(without(text, "<!--", "-->"), /<(?:style|script)\b/i, /<\/(?:style|script)/i);
  const lines = said.replace(/<(?:br|\/p|\/div|\/li|\/t[dhr])\b[^<>]*>/gi, "\n").replace(/<[a-z/!][^<>]*>/gi, "");
  return withoutMarkup(lines.replace(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|(\w+));/gi, (whole, decimal, hex, name) => {
    const code = decimal ? Number(decimal) : parseInt(hex, 16);
    return name ? names[name.toLowerCase()] ?? whole : code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  }), times - 1);
}

// Without what stands between two marks. Cut at the first: to look each time for a second that is not there takes ever longer.
function without(text, from, to) {
  const [first, ...parts] = text.split(from);
  return first + parts.map((part) => part.slice(Math.max(0, part.search(to)))).join("");
}

// The letters of armor, where an address, a phone or a font made others of them (RFC 3986 section 2.1, and NFKC of Unicode).
export function simplified(text) {
  const letters = /%0[ad]/i.test(text) ? text.replaceAll(/\+PGP\+/.test(text) ? "+" : " ", " ").replace(/%([0-9a-f]{2})/gi, byCode) : text;
  return /[^\0-\x7f]/.test(letters) ? letters.normalize("NFKC").replace(/[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]/g, "") : letters;
}

const byCode = (_, code) => String.fromCharCode(parseInt(code, 16));

// RTF as text alone: a line end of the file means nothing there, and words behind a backslash are for the program.
export function withoutRtf(text) {
  if (!text.startsWith("{\\rtf")) return text;
  const lines = text.replace(/[\r\n]+/g, " ").replace(/\\(?:par|line)(?![a-z])/g, "\n");
  const letters = lines.replace(/\\'([0-9a-f]{2})|\\u(\d{1,5}) ?\??/gi, (_, hex, code) => String.fromCharCode(hex ? parseInt(hex, 16) : Number(code)));
  return letters.replace(/\\[a-z]+-?\d* ?|[{}]/gi, "");
}

// Cards, calendars and lists of addresses begin each further piece of a long line with a space (RFC 6350 section 3.2).
export const unfolded = (text) => (/^\s*(?:BEGIN:V|dn: )/i.test(text) ? text.replace(/\r?\n[ \t]/g, "") : text);

// Line ends and signs as JSON and XML write them, and the two of base64 that UTF-7 writes otherwise.
export const unescaped = (body) => body.replaceAll("+AD0-", "=").replaceAll("+-", "+").replace(/\\+u00([0-9a-f]{2})/gi, byCode).replace(/\\+(?:r\\+n|[nr])|&#(?:x0?[ad]|1[03]);/gi, "\n");

// What is packed in base64 or uuencode without a mail around it that says so: a piece of a mail's source, or a mail whose structure broke.
export function* packed(text) {
  for (const [run] of base64Runs(text)) {
    if (/^[\t\n\r -~]+$/.test(opened(run.slice(0, 64)) ?? "\0")) yield bytesOf(opened(run) ?? "");
  }
  for (const [, lines] of text.matchAll(/^begin [0-7]{3,4} .*\r?\n((?:[ -`]{1,90}\r?\n)+?)[ `]?\r?\n?end\b/gm)) yield uudecoded(lines);
}

const bytesOf = (binary) => Uint8Array.from(binary, (letter) => letter.charCodeAt(0));

function opened(base64) {
  try {
    return atob(base64.slice(0, base64.length - base64.length % 4));
  } catch {
    return null;
  }
}

// Words of base64 that follow upon each other, of which only the last may be short, and the checksum of armor if one is there. Each
// in the ways in which it may be meant: the short word may already be another.
export function* base64Runs(text) {
  // A line of any length comes in pieces: a browser gives up on a longer match.
  const source = text.replace(/-{3,}/g, " "), words = [...source.matchAll(/[\w+/-]{16,4000}/g)].map(({ 0: letters, index }) => wordAt(source, index, letters.length));
  for (let at = 0; at < words.length; at++) {
    const first = at, { from } = words[at];
    while (at + 1 < words.length && !words[at].word.endsWith("=") && between.test(source.slice(words[at].to, words[at + 1].from))) at++;
    if (words[at].to - from < 200) continue;
    const run = standard(words.slice(first, at + 1).map(({ word }) => word).join("")), [, short, sum = ""] = tail.exec(source.slice(words[at].to, words[at].to + 100));
    yield !short ? [run + sum] : run.endsWith("=") ? [run] : [run + standard(short) + sum, run];
  }
}

function wordAt(source, from, length) {
  const to = from + length + /^={0,2}/.exec(source.slice(from + length, from + length + 2))[0].length;
  return { word: source.slice(from, to), from, to };
}

const between = /^[^\w+/=]{0,40}$/, tail = /^(?:[^\w+/=]{0,40}([\w+/-]{1,15}={0,2})(?![\w+/]))?(?:[^\w+/=]{0,40}(=[A-Za-z0-9+/]{4})(?![\w+/=]))?/;
const standard = (text) => text.replaceAll("-", "+").replaceAll("_", "/");

function uudecoded(lines) {
  const found = [];
  for (const line of lines.split(/\r?\n/).filter(Boolean)) {
    const codes = [...line].map((letter) => letter.charCodeAt(0) - 32 & 63), [count, ...rest] = codes, bytes = [];
    for (let at = 0; at < rest.length; at += 4) {
      const four = rest[at] << 18 | rest[at + 1] << 12 | rest[at + 2] << 6 | rest[at + 3];
      bytes.push(four >> 16 & 255, four >> 8 & 255, four & 255);
    }
    found.push(...bytes.slice(0, count));
  }
  return Uint8Array.from(found);
}
