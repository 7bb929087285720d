// The text that is encrypted, byte for byte as contact_service/mail/message.py makes it: the service gives the blanks
// (`blank_entity`), this fills them in and pads. tests/support/vectors.json holds both to the same bytes.

const breaks = /\r\n|[\r\u2028\u2029\u0085]/g;
const controls = /[\x00-\x08\x0b-\x1f\x7f-\x9f]/g;
const picture = (code) => (code < 32 ? 0x2400 + code : code === 127 ? 0x2421 : 0xfffd);

// One kind of line break and visible control characters; all else stays exactly as typed.
export function asTyped(text) {
  return text.replace(breaks, "\n").replace(controls, (control) => String.fromCharCode(picture(control.charCodeAt(0))));
}

export async function sumOf(text) {
  const sum = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
  return Array.from(sum, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

// The code by which an adviser says "I have it"; the service gets to know its sum alone (contact_service/mail/receipt.py).
export async function codeOf({ nonce }, { language, role, topic, voicemail, reach, name, when, message }) {
  const answers = [language, role, topic, Number(voicemail), reach, name, when, message];
  return (await sumOf(["code", nonce, ...answers].join("\0"))).slice(0, 32);
}

// Four characters by which mails are told apart from outside.
const letters = "0123456789abcdefghjkmnpqrstvwxyz";
const markOf = (sum) => [15, 10, 5, 0].map((shift) => letters[(parseInt(sum.slice(0, 5), 16) >> shift) & 31]).join("");

// `sum` is the one of the code.
export function innerEntity(blanks, answers, code, sum) {
  const filled = (blank, values) => blank.replace(/\{(\w+)\}/g, (_, name) => {
    // An adviser must never read "undefined" where an answer should stand.
    if (values[name] === undefined) throw new Error(`no ${name}`);
    return values[name];
  });
  const indented = (answer) => (answer || blanks.unanswered).split("\n").map((line) => line && blanks.indent + line).join("\n");
  const words = {
    code,
    mark: markOf(sum),
    sender: blanks.sender,
    association: blanks.readers[answers.role].association,
    reference: blanks.reference,
    role: blanks.roles[answers.role],
    topic: blanks.topics[answers.topic],
    language: blanks.languages[answers.language],
    voicemail: indented(blanks.voicemail[Number(answers.voicemail)]),
  };
  for (const name of ["reach", "name", "when", "message"]) words[name] = indented(answers[name]);
  words.subject = filled(blanks.subject, words);
  words.subject = words.subject[0].toUpperCase() + words.subject.slice(1);
  return padded(filled(blanks.entity, words).replaceAll("\n", "\r\n"), blanks);
}

function padded(text, { buckets, padding, filler }) {
  const encoder = new TextEncoder(), entity = encoder.encode(text);
  const inner = new Uint8Array(buckets.find((size) => size >= entity.length));
  const first = inner.length - entity.length >= padding.length ? padding : "";
  inner.set(entity);
  inner.set(encoder.encode(first), entity.length);
  const start = entity.length + first.length;
  for (let at = start; at < inner.length; at++) inner[at] = filler.charCodeAt((at - start) % filler.length);
  return inner;
}
