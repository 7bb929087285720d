// Text that hides in text: markup around it, and what programs pack for the way.

const styled = /<!--[\s\S]*?-->|<(style|script)\b[\s\S]*?<\/\1>/gi;
const names = { amp: "&", lt: "<", gt: ">", quot: '"', nbsp: " ", equals: "=", plus: "+", sol: "/", hyphen: "-", dash: "-", ndash: "-", mdash: "-", shy: "" };

// HTML as text alone. Only armor is looked for in it, and it is shown to nobody.
export function withoutMarkup(text) {
  if (!/<[a-z!/][^>]*>|&#?\w+;/i.test(text)) return text;
  const lines = text.replace(styled, "").replace(/<(?:br|\/p|\/div|\/li|\/tr)\b[^>]*>/gi, "\n").replace(/<[a-z/!][^>]*>/gi, "");
  return lines.replace(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|(\w+));/gi, (whole, decimal, hex, name) => {
    const code = decimal ? Number(decimal) : parseInt(hex, 16);
    return name ? names[name] ?? whole : code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}

// What is packed in base64 or uuencode without a mail around it that says so: a piece of a mail's source, or a mail whose structure broke.
export function* packed(text) {
  for (const run of base64Runs(text)) {
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

// Words of base64 that follow upon each other, of which only the last may be short.
function* base64Runs(text) {
  let run = [], length = 0;
  for (const [word] of text.matchAll(/[^\s>|"]+/g)) {
    const fits = /^[A-Za-z0-9+/_-]+={0,2}$/.test(word);
    const goesOn = fits && word.length >= 16, ends = fits && length && (length + word.length) % 4 === 0;
    if (goesOn || ends) {
      run.push(word);
      length += word.length;
      if (goesOn && !word.endsWith("=")) continue;
    }
    if (length >= 200) yield joined(run);
    [run, length] = [[], 0];
  }
  if (length >= 200) yield joined(run);
}

const joined = (run) => run.join("").replaceAll("-", "+").replaceAll("_", "/");

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
