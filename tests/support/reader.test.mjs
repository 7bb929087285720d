// Node's half of tests/reader/test_parsing.py: mails as other programs save and forward them, texts as somebody might forge them.
import assert from "node:assert";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import * as library from "openpgp";

globalThis.openpgp = library;
const { find } = await import("../../overrides/reader/find.js");
const { letterOf, partsOf, pieces, receiptOf } = await import("../../overrides/reader/letter.js");
const { drawn, isTooEasy, strength } = await import("../../overrides/reader/passphrase.js");

const bytes = (text) => new TextEncoder().encode(text);
const message = async (text) => {
  const { publicKey } = await openpgp.generateKey({ userIDs: [{ email: "a@vereniging.example" }], curve: "curve25519Legacy", type: "ecc" });
  return openpgp.encrypt({ message: await openpgp.createMessage({ text }), encryptionKeys: await openpgp.readKey({ armoredKey: publicKey }) });
};
const armored = (await message("Hallo".repeat(200))).replaceAll("\r\n", "\n"), other = (await message("Nog een")).replaceAll("\r\n", "\n");
const packets = (text) => openpgp.unarmor(text).then(({ data }) => data);
const right = await packets(armored);

const b64 = (text) => Buffer.from(text).toString("base64").replace(/.{76}/g, "$&\n");
const qp = (text) => text.replaceAll("=", "=3D").replace(/^(.{60})(.+)$/gm, "$1=\n$2");
const head = "From: formulier@hulp.example\nTo: a@vereniging.example\nSubject: [...]\nDate: Fri, 27 Nov 2026 16:00:00 +0000\nMIME-Version: 1.0\n";
const part = (type, encoding, body, name = "encrypted.asc") =>
  `Content-Type: ${type}; name="${name}"\nContent-Transfer-Encoding: ${encoding}\nContent-Disposition: attachment; filename="${name}"\n\n${body}\n`;
const mail = (...parts) => `${head}Content-Type: multipart/mixed; boundary="b"\n\n${parts.map((one) => `--b\n${one}`).join("")}--b--\n`;
const octets = "application/octet-stream";

const forms = {
  "encrypted.asc as it is": armored,
  "with CRLF": armored.replaceAll("\n", "\r\n"),
  "with old Mac line ends": armored.replaceAll("\n", "\r"),
  "the mail as it came": `${head}Content-Type: multipart/encrypted; protocol="application/pgp-encrypted"; boundary="b"\n\n--b\nContent-Type: application/pgp-encrypted\n\nVersion: 1\n\n--b\n${part(octets, "7bit", armored)}--b--\n`,
  "quoted-printable around it": mail(part(octets, "quoted-printable", qp(armored))),
  "quoted-printable without the line that says so": qp(armored),
  "base64 transfer encoding": mail(part(octets, "base64", b64(armored))),
  "attachment renamed to .txt": mail(part("text/plain", "base64", b64(armored), "ATT00001.txt")),
  "attachment in one packet, not as text": mail(part(octets, "base64", b64(right), "encrypted.pgp")),
  "forwarded as a mail in a mail": mail(part("message/rfc822", "8bit", mail(part(octets, "base64", b64(armored))), "bericht.eml")),
  "forwarded as a mail in a mail in base64": mail(part("message/rfc822", "base64", b64(mail(part(octets, "7bit", armored))), "bericht.eml")),
  "forwarded in the text, with marks of quoting": `${head}\nHoi,\n\n${armored.replace(/^/gm, "> ")}\nGroet\n`,
  "forwarded as HTML alone": `${head}Content-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: base64\n\n${b64(`<p>Zie:</p><div>${armored.trim().replaceAll("\n", "<br>")}</div>`)}\n`,
  "line ends lost, spaces instead": armored.replaceAll("\n", " "),
  "line ends lost altogether": armored.replaceAll("\n", ""),
  "line ends lost, with a header": armored.replace("MESSAGE-----\n", "MESSAGE-----\nVersion: GnuPG v2\nComment: Dit is een toelichting\n").replaceAll("\n", " "),
  "with headers": armored.replace("MESSAGE-----\n", "MESSAGE-----\nVersion: GnuPG v2.2\nComment: bla bla: bla\n"),
  "empty lines between the lines": armored.replaceAll("\n", "\n\n"),
  "indented, with spaces behind": armored.replace(/^(.*)$/gm, "\t  $1  "),
  "dashes made long": armored.replace(/-----/g, "—–"),
  "as UTF-16": Buffer.from(`\ufeff${armored}`, "utf16le"),
  "with a byte order mark": `\ufeff${armored}`,
  "the packets themselves": right,
  "without its checksum": armored.replace(/^=.*\n(?=-----END)/m, ""),
  "in ten megabytes of other things": mail(part("image/jpeg", "base64", b64(Buffer.alloc(7_500_000, 0xd8)), "foto.jpg"), part(octets, "7bit", armored)),
};

// As above, by programs that keep less of a mail.
const html = (body) => `<!doctype html><html><body>${body}</body></html>`, lines = armored.trim().split("\n");
const escaped = armored.replace(/[-=+/]/g, (letter) => `&#${letter.charCodeAt(0)};`);
const uuencoded = (text) => {
  const letters = (numbers) => numbers.map((number) => String.fromCharCode(number ? 32 + number : 96)).join("");
  const line = (piece) => letters([piece.length]) + Array.from({ length: Math.ceil(piece.length / 3) }, (_, at) => {
    const [a, b = 0, c = 0] = piece.subarray(at * 3, at * 3 + 3);
    return letters([a >> 2, (a & 3) << 4 | b >> 4, (b & 15) << 2 | c >> 6, c & 63]);
  }).join("");
  const all = Buffer.from(text), pieces = Array.from({ length: Math.ceil(all.length / 45) }, (_, at) => all.subarray(at * 45, at * 45 + 45));
  return `begin 644 encrypted.asc\n${pieces.map(line).join("\n")}\n`+ "`\nend\n";
};
const attribute = (level, id, data) => {
  const head = Buffer.alloc(9);
  head.writeUInt8(level);
  head.writeUInt32LE(id, 1);
  head.writeUInt32LE(data.length, 5);
  return Buffer.concat([head, Buffer.from(data), Buffer.alloc(2)]);
};
const winmail = Buffer.concat([Buffer.from([0x78, 0x9f, 0x3e, 0x22, 1, 0]), attribute(1, 0x89006, [0, 0, 1, 0]), attribute(2, 0x18010, "encrypted.asc\0"), attribute(2, 0x6800f, armored)]);
const inBase64 = mail(part(octets, "base64", b64(armored)));
Object.assign(forms, {
  "quoted-printable in small letters": mail(part("text/plain", "quoted-printable", qp(armored).replaceAll("=3D", "=3d"))),
  "quoted-printable twice": mail(part(octets, "quoted-printable", qp(qp(armored)))),
  "base64 twice": mail(part(octets, "base64", b64(b64(armored)))),
  "uuencoded, as Outlook may": `${head}Content-Type: text/plain\n\nZie bijlage\n\n${uuencoded(armored)}\n`,
  "in winmail.dat": mail(part("application/ms-tnef", "base64", b64(winmail), "winmail.dat")),
  "winmail.dat alone": winmail,
  "a mailbox file with one mail": `From formulier@hulp.example Fri Nov 27 16:00:00 2026\r\n${inBase64.replaceAll("\n", "\r\n")}`,
  "a mail of Apple Mail": `${inBase64.length}\n${inBase64}<?xml version="1.0"?><plist></plist>`,
  "empty lines before the mail": `\n\n${inBase64}`,
  "each line end twice": inBase64.replaceAll("\n", "\r\r\n"),
  "a mail whose line ends are lost": inBase64.replaceAll("\n", " "),
  "a piece of the mail's source": `Message ID: x\n\nDelivered-To: a\n${part(octets, "base64", b64(armored))}`,
  "a whole mail as UTF-16": Buffer.from(`\ufeff${inBase64}`, "utf16le"),
  "UTF-16 without its mark": Buffer.from(armored, "utf16le"),
  "UTF-16 from the other end, without its mark": Buffer.from(armored, "utf16le").swap16(),
  "a page that was saved": html(lines.map((line) => `<p class="MsoPlainText">${line || "&nbsp;"}</p>`).join("\n")),
  "a page with every sign written out": html(`<pre>${escaped}</pre>`),
  "HTML with every sign written out": `${head}Content-Type: text/html\nContent-Transfer-Encoding: quoted-printable\n\n${qp(html(`<pre>${escaped}</pre>`))}`,
  "HTML that quotes": `${head}Content-Type: text/html\n\n<style>p > a { x: y }</style>${lines.map((line) => `&gt; ${line.replace(/(.{9})/, "$1<wbr>")}<!-- x > y -->`).join("<br>\n")}`,
  "inside of a signed text": `-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\n${armored.replace(/^-/gm, "- -")}\n-----BEGIN PGP SIGNATURE-----\n\niQ\n-----END PGP SIGNATURE-----\n`,
  "with an empty header": armored.replace("MESSAGE-----\n", "MESSAGE-----\nVersion: 1\nComment:\n"),
  "with a header that goes on": armored.replace("MESSAGE-----\n", "MESSAGE-----\nComment: Using GnuPG with Thunderbird, see http://www.\nenigmail.net/index.php\n"),
  "line ends lost altogether, with a header": armored.replace("MESSAGE-----\n", "MESSAGE-----\nVersion: GnuPG v2.2\n").replaceAll("\n", ""),
  "quoted with a name": armored.replace(/^/gm, "JJ> "),
  "quoted with numbers": lines.map((line, at) => `${at + 1}: ${line}`).join("\n"),
  "an accent in front": `Één bericht:\n\n${armored}`,
  "a marker packet in front": Buffer.concat([Buffer.from([0xca, 3, 0x50, 0x47, 0x50]), right]).subarray(5),
  "small letters in the label": armored.replaceAll("PGP MESSAGE", "pgp message"),
  "spaces that do not break": armored.replaceAll("PGP MESSAGE", "PGP\u00a0MESSAGE"),
  "a label that was broken": armored.replace("BEGIN PGP MESSAGE", "BEGIN PGP\n> MESSAGE"),
  "one dash": armored.replaceAll("-----", "—"),
  "JSON": JSON.stringify({ data: armored.replaceAll("\n", "\r\n") }),
  "RTF": `{\\rtf1\\ansi ${armored.replaceAll("\n", "\\par\n")}}`,
});

// As people copy it by hand, and as programs that know nothing of armor hand it on.
const within = (piece, text) => Buffer.concat([Buffer.from([0x30, 0x80, 0x24, 0x80]), ...Array.from({ length: Math.ceil(text.length / piece) }, (_, at) => {
  const octetString = Buffer.from(text.slice(at * piece, (at + 1) * piece));
  return Buffer.concat([Buffer.from([4, 0x82, octetString.length >> 8, octetString.length & 255]), octetString]);
}), Buffer.alloc(4)]);
const base64 = armored.split("\n\n")[1].split("\n-----END")[0];
Object.assign(forms, {
  "the base64 alone": base64,
  "the first line lost": armored.replace(/^-.*\n/, ""),
  "the last line lost, and text behind": armored.replace(/-----END.*\n/, "\nMet vriendelijke groet,\nJan\n"),
  "the outer dashes lost": armored.trim().slice(5, -5),
  "every dash lost": armored.replaceAll("-----", ""),
  "a page that was translated": armored.replace("BEGIN PGP MESSAGE", "BEGINNEN PGP-BERICHT").replace("END PGP MESSAGE", "EINDE PGP-BERICHT"),
  "dashes as wide as letters": armored.replaceAll("-", "\uff0d"),
  "another label": armored.replaceAll("PGP MESSAGE", "PGP ARMORED FILE"),
  "behind talk of what to copy": `Plak van -----BEGIN PGP MESSAGE----- tot en met -----END PGP MESSAGE-----:\n\n${armored}`,
  "behind talk of the first line alone": `Het begint met -----BEGIN PGP MESSAGE-----. Hier:\n\n${armored}`,
  "each line between quotation marks": lines.map((line) => `"${line}",`).join("\n"),
  "in a table": lines.map((line) => `| ${line.padEnd(64)} |`).join("\n"),
  "behind the time": lines.map((line) => `[16:00:03] ${line}`).join("\n"),
  "as a comment": lines.map((line) => `// ${line}`).join("\n"),
  "lines that are counted behind": lines.map((line, at) => `${line}    ${at + 1}`).join("\n"),
  "joined by another sign": armored.replaceAll("\n", "¶"),
  "joiners that nobody sees": lines.map((line) => line.replace(/^(.{30})(.+)/, "$1\u2060\u200c$2")).join("\n"),
  "a plus that became a space": armored.replaceAll("+", " "),
  "JSON in JSON, as Google writes it": JSON.stringify(JSON.stringify({ data: armored })).replaceAll("=", "\\\\u003d"),
  "lines of base64 in JSON": JSON.stringify({ body: b64(armored).replaceAll("\n", "\r\n") }),
  "packets in JSON": JSON.stringify({ contentBytes: Buffer.from(right).toString("base64") }),
  "a mail in base64 for addresses": JSON.stringify({ raw: Buffer.from(inBase64).toString("base64url") }),
  "in the address of a link": html(`<a href="data:application/octet-stream;base64,${Buffer.from(armored).toString("base64")}">encrypted.asc</a>`),
  "the source of a mail, saved as a page": html(`<pre>${inBase64.replace(/[<>&"=+]/g, (letter) => `&#${letter.charCodeAt(0)};`)}</pre>`),
  "HTML written out as text": armored.replaceAll("\n", "&lt;br&gt;"),
  "RTF as LibreOffice writes it": `{\\rtf1\\ansi\n${lines.map((line) => `\\pard\\plain \\s0\\widctlpar{\\rtlch \\ltrch\\loch\n${line}}\n\\par `).join("")}}`,
  "RTF with signs by their number": `{\\rtf1\\ansi ${armored.replaceAll("\n", "\\par\r\n").replaceAll("=", "\\'3d").replaceAll("+", "\\u43?")}}`,
  "signed by a gateway, in pieces": within(1000, mail(part(octets, "7bit", armored))),
  "signed by a gateway, in a mail": mail(part("application/pkcs7-mime", "base64", b64(within(1000, inBase64)), "smime.p7m")),
  "packets with a line end behind": Buffer.concat([right, Buffer.from("\r\n\0")]),
  "packets behind a byte order mark": Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), right]),
});

// As printers, forms, terminals and developers hand it on: other things stand in the middle, or the letters are others.
const foot = "https://mail.example/mail/u/0/?ik=ab12cd34ef&view=pt&search=all 1/3\n27-11-2026 16:40 Webmail - [...] 3f7k";
const inEachLine = (one) => lines.map(one).join("\n");
Object.assign(forms, {
  "printed, with the foot of each page": inEachLine((line, at) => (at && at % 9 === 0 ? `${line}\n${foot}` : line)),
  "numbered in front and behind": inEachLine((line, at) => `${at + 1} ${line} 27-11`),
  "a column of a table": inEachLine((line, at) => `${at};"${line}";`),
  "pieces of a program": inEachLine((line) => `  "${line}\\n" +`),
  "colours of a terminal": inEachLine((line) => `\x1b[32m${line}\x1b[0m`),
  "line ends that a terminal shows": inEachLine((line) => `${line}^M$`),
  "in an address": `mailto:a@vereniging.example?body=${encodeURIComponent(armored)}`,
  "as a form sends it": new URLSearchParams({ body: armored }).toString(),
  "in an attribute, line ends by number": `<m body="${armored.replaceAll("\n", "&#xD;&#xA;")}"/>`,
  "letters that nobody sees between all others": [...armored].join("\u200b"),
  "letters of full width": armored.replace(/[!-~]/g, (letter) => String.fromCharCode(letter.charCodeAt(0) + 0xfee0)),
  "a page in the letters of Windows, its source wrapped": Buffer.from(html(`${inEachLine((line) => `<p\nclass=MsoPlainText><span\nstyle='x'>${line || "\xa0"}</span></p>`)} \xe9`), "latin1"),
  "broken for space, as RFC 3676 has it": `${head}Content-Type: text/plain; format=flowed; delsp=yes\n\n${armored.replace(/^(.{30})(.+)$/gm, "$1 \n$2")}`,
  "a digest": `${head}Content-Type: multipart/digest; boundary="d"\n\n--d\n\n${inBase64}\n--d--\n`,
  "a web archive": Buffer.concat([Buffer.from("bplist00\xd1\x01\x02_\x10\x0f", "latin1"), Buffer.from(html(`<pre>${armored}</pre>`)), Buffer.from([0, 8, 0x5f])]),
  "a tape archive": Buffer.concat([Buffer.from("encrypted.asc".padEnd(512, "\0")), Buffer.from(armored), Buffer.alloc(900)]),
  "said to be packed, but is not": mail(part(octets, "base64", armored)),
});

// In containers whose pieces happen to lie behind one another, and where a line or a sign is written in two parts.
const ole = (text) => Buffer.concat([Buffer.from([0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1]), Buffer.alloc(1000), Buffer.from(text), Buffer.alloc(600)]);
const folded = (text) => text.replace(/(.{70})/g, "$1\r\n ");
Object.assign(forms, {
  "a file of Outlook that holds it in one piece": ole(armored),
  "a zip that packs nothing": Buffer.concat([Buffer.from("PK\x03\x04", "latin1"), Buffer.alloc(26), Buffer.from(`encrypted.asc${armored}PK\x01\x02`)]),
  "UTF-7": armored.replaceAll("+", "+-").replaceAll("=", "+AD0-"),
  "the note of a card": `BEGIN:VCARD\r\nVERSION:3.0\r\n${folded(`NOTE:${armored.replaceAll("\n", "\\n")}`)}\r\nEND:VCARD\r\n`,
  "a calendar": `BEGIN:VCALENDAR\r\n${folded(`DESCRIPTION:${armored.replaceAll("\n", "\\n")}`)}\r\nEND:VCALENDAR\r\n`,
  "LDIF": `dn: cn=jo\r\n${folded(`description:: ${Buffer.from(armored).toString("base64")}`)}\r\n`,
  "in the cells of a page, numbered": html(`<table>${lines.map((line, at) => `<tr><th>${at + 1}</th><td>${line}</td></tr>`).join("")}</table>`),
  "a mail that a gateway signed beside": mail(part("text/plain", "7bit", armored), part("application/pkcs7-signature", "base64", b64("0\x82"), "smime.p7s")),
});

for (const [name, form] of Object.entries(forms)) {
  test(`the message is found: ${name}`, async () => {
    const { messages, fault } = await find("mail.eml", typeof form === "string" ? bytes(form) : new Uint8Array(form));
    assert.equal(messages.length, 1);
    assert.deepEqual(Buffer.from(messages[0].packets), Buffer.from(right));
    assert.equal(fault, undefined);
  });
}

test("several messages are found each once, with the head of the mail that each came in", async () => {
  const two = mail(part(octets, "base64", b64(armored)), part(octets, "7bit", other, "tweede.asc"));
  assert.equal((await find("twee.eml", bytes(two))).messages.length, 2);
  const box = `From x Fri Nov 27\n${mail(part(octets, "7bit", armored))}\nFrom y Fri Nov 27\n${mail(part(octets, "7bit", other)).replace("[...]", "[...] 3f7k")}`;
  const found = (await find("postvak.mbox", bytes(box))).messages;
  assert.deepEqual(found.map(({ mail }) => mail.subject), ["[...]", "[...] 3f7k"]);
  const pair = Buffer.from(await packets(other)), whole = inBase64.replace(b64(armored), b64(other));
  for (const both of [`${armored}\n\n${other}`, Buffer.concat([right, pair]), `${inBase64}\n${whole}`, `${armored.replace(/^/gm, "> ")}\nen\n${other.replace(/^/gm, ">> ")}`]) {
    assert.equal((await find("twee", typeof both === "string" ? bytes(both) : new Uint8Array(both))).messages.length, 2);
  }
});

test("what a file is, is said by its packets and not by its label, and no key hides another", async () => {
  const [one, two] = await Promise.all(["a", "b"].map((name) => openpgp.generateKey({ userIDs: [{ name }], format: "object" })));
  const mixed = Buffer.concat([one.publicKey.write(), two.privateKey.write(), one.privateKey.write(), right]);
  const found = await find("ring.gpg", new Uint8Array(mixed));
  assert.deepEqual([found.public.length, found.secret.length, found.messages.length], [1, 2, 1]);
  const label = await find("sleutel.asc", bytes(`Mijn sleutel!\n\n${openpgp.armor(openpgp.enums.armor.publicKey, new Uint8Array(mixed)).replace(/^/gm, "| ")}\n-- einde --`));
  assert.equal(label.secret.length, 2);
});

test("a file in another's wrapping is named, also inside of a mail, and beside a message passed over", async () => {
  const msg = Buffer.concat([Buffer.from([0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1]), Buffer.alloc(600)]);
  const inside = mail(part("application/vnd.ms-outlook", "base64", b64(msg), "bericht.msg"));
  await assert.rejects(find("mail.eml", bytes(inside)), (error) => error.fault === "outlook" && error.about.name === "bericht.msg");
  const both = await find("mail.eml", bytes(mail(part("application/pdf", "base64", b64("%PDF-1.4"), "brief.pdf"), part(octets, "7bit", armored))));
  assert.equal(both.messages.length, 1);
  assert.equal(both.fault, undefined);
});

const faults = {
  empty: ["x.eml", ""],
  outlook: ["bericht.msg", Uint8Array.of(0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1, 0)],
  packed: ["mail.zip", Uint8Array.of(0x50, 0x4b, 3, 4, 0)],
  pdf: ["mail.pdf", "%PDF-1.4\n"],
  smime: ["sleutel.p12", Uint8Array.of(0x30, 0x82)],
  "outlook, all mails in one file": ["archief.pst", "!BDN\0\0\0"],
  "outlook, with half of it": ["bericht.msg", ole(armored.slice(0, 400))],
  "outlook, its wrapping of attachments": ["winmail.dat", winmail.subarray(0, 60)],
  "packed, by bzip2": ["mail.bz2", "BZh91AY&SY"],
  "packed, by Windows": ["mail.cab", "MSCF\0\0\0\0"],
  "smime, a mail": ["mail.eml", mail(part("application/pkcs7-mime", "base64", b64("0\x82\x01"), "smime.p7m"))],
  "smime, of Microsoft": ["mail.eml", mail(part("application/x-microsoft-rpmsg-message", "base64", b64("v\x8c"), "message.rpmsg"))],
  "gpg-own": ["0123.key", "Created: 20260101T000000\nKey: (protected-private-key (ecc (curve Ed25519)(q #40#)))"],
  "gpg-own, of before": ["0123.key", "(21:protected-private-key(3:ecc(5:curve7:Ed25519"],
  "gpg-own, its box": ["pubring.kbx", Uint8Array.of(0, 0, 0, 32, 1, 1, 0, 2, 0x4b, 0x42, 0x58, 0x66, 0, 0, 0, 0)],
  "cut, in packets, before what is locked": ["half.pgp", right.slice(0, 96)],
  nothing: ["brief.eml", `${head}\nDag,\n\nniets bijzonders.\n`],
  cut: ["half.asc", armored.slice(0, armored.length / 2)],
  "cut, in packets": ["half.pgp", right.slice(0, right.length / 2)],
  "smime, as text": ["sleutel.pem", "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIF\n-----END ENCRYPTED PRIVATE KEY-----\n"],
  damaged: ["stuk.asc", armored.replace(/^(.{20})(.)/m, (line) => line).replace(/\n(.)(.{10})/g, (all, first, rest, at) => (at > 150 && at < 220 ? `\n${first === "A" ? "B" : "A"}${rest}` : all))],
};
for (const [fault, [name, content]] of Object.entries(faults)) {
  test(`a file is refused with its own sentence: ${fault}`, async () => {
    await assert.rejects(find(name, typeof content === "string" ? bytes(content) : content), (error) => error.fault === fault.split(",")[0]);
  });
}

test("a damaged message beside a whole one is named, not passed over", async () => {
  const stuk = other.replace(/\n(.)(.{20})/g, (all, first, rest, at) => (at > 150 && at < 220 ? `\n${first === "A" ? "B" : "A"}${rest}` : all));
  const found = await find("twee.eml", bytes(mail(part(octets, "base64", b64(armored)), part(octets, "base64", b64(stuk)))));
  assert.equal(found.messages.length, 1);
  assert.equal(found.fault.fault, "damaged");
});

test("damage without a checksum is called damage, also where what is left looks like a packet without a length", async () => {
  for (const first of [0xa3, 0xa7, 0xaf]) {
    const left = `-----BEGIN PGP MESSAGE-----\n\nx${b64(Buffer.concat([Buffer.from([first]), Buffer.alloc(1200, 0x11)]))}\n-----END PGP MESSAGE-----\n`;
    await assert.rejects(find("mail.eml", bytes(left)), (error) => error.fault === "damaged");
  }
});

test("whatever is chosen, what comes back is a message, a key or a sentence", async () => {
  let seed = 7;
  const next = () => (seed = seed * 48271 % 2147483647);
  for (let round = 0; round < 300; round++) {
    const mangled = bytes(round % 2 ? forms["the mail as it came"] : armored);
    for (let change = 0; change < 1 + round % 9; change++) mangled[next() % mangled.length] = next() % 256;
    await find("x", mangled.subarray(0, next() % mangled.length)).catch((error) => assert.ok(error.fault, error.stack));
  }
});

const form = ["Bericht via het contactformulier van het Team", "", "Beantwoord deze mail niet. Neem contact op zoals de inzender vraagt.", "", "Referentie: AB12-CD34", "Rol: wethouder", "", "Hoe kunnen wij u veilig bereiken?", "    06 1",
  "", "    Naam", "    Jan", "", "Naam", "    (niet ingevuld)", "", "Bericht", "    Rol: burgemeester", "    <b>x</b>", "", "Einde van het bericht."].join("\n");

test("questions stay questions, and an answer that looks like one stays an answer", () => {
  const parts = partsOf(form);
  assert.deepEqual(parts.filter(({ question }) => question).map(({ question }) => question), ["Hoe kunnen wij u veilig bereiken?", "Naam", "Bericht"]);
  assert.equal(parts.find(({ question }) => question === "Bericht").answer, "Rol: burgemeester\n<b>x</b>");
  assert.equal(parts[4].answer, "06 1\n\nNaam\nJan");
  assert.deepEqual(parts.filter(({ fact }) => fact).map(({ value }) => value), ["AB12-CD34", "wethouder"]);
});

test("no way of ending a line makes a question of an answer, and empty lines in front stay part of it", () => {
  for (const answer of ["06\rReferentie: AAAA-AAAA\r\rNaam\r    Piet", "06\u2028Rol: x\u2029\u0085\u000bRol: y", "\n\nna lege regels"]) {
    const indented = answer.split("\n").map((line) => line && `    ${line}`).join("\n"), parts = partsOf(form.replace("    06 1\n\n    Naam\n    Jan", indented));
    assert.equal(parts.find(({ question }) => question).answer, answer);
    assert.equal(parts.filter(({ fact }) => fact).length, 2);
  }
});

test("a text of another kind, such as a practice mail, is shown whole", () => {
  const practice = "Dit is een oefenbericht.\n\nHet woord is:\n\n    molen\n";
  assert.deepEqual(partsOf(practice), [{ line: practice }]);
});

test("the link is taken from the service's own line only, and only where it can lead", () => {
  const link = "https://hulp.example/gelezen/0123456789abcdef0123456789abcdef", at = (line) => partsOf(form.replace("\n\nReferentie", `\n\n${line}\n\nReferentie`));
  assert.deepEqual(receiptOf(at(`Ik heb dit bericht: ${link}`), "null"), { address: link, host: "hulp.example" });
  assert.ok(receiptOf(at(`Ik heb dit bericht: ${link}`), "https://hulp.example"));
  assert.equal(receiptOf(at(`Ik heb dit bericht: ${link}`), "https://elders.example"), null);
  assert.ok(receiptOf(at("Ik heb dit bericht: http://127.0.0.1:8000/gelezen/0123456789abcdef"), "file://"));
  const forged = ["http://hulp.example/gelezen/0123456789abcdef", "https://u:p@hulp.example/gelezen/0123456789abcdef", "https://hulp.example:8443/gelezen/0123456789abcdef",
    "https://hulp.example/gelezen/0123456789abcdef?x=1", "https://hulp.example/elders/0123456789abcdef", "javascript:alert(1)", "https://hulp.example/gelezen/../uit/0123456789abcdef"];
  for (const address of forged) assert.equal(receiptOf(at(`Ik heb dit bericht: ${address}`), "null"), null, address);
  assert.equal(receiptOf(partsOf(form.replace("    Jan", `    Ik heb dit bericht: ${link}`)), "null"), null);
});

test("characters that turn others round stand alone, and nothing is lost", () => {
  const text = "a\u202egniw\u202c 👮🏽‍♀️ שלום é";
  const cut = pieces(text);
  assert.equal(cut.map(({ piece, hidden }) => piece ?? hidden).join(""), text);
  assert.deepEqual(cut.filter(({ hidden }) => hidden).map(({ code }) => code), ["U+202E", "U+202C"]);
  // A heading below a line that nobody typed, letters that look like nothing, a text hidden behind a letter.
  const unseen = ["\u2028", "\u0085", "\u3164", "\uffa0", "\u115f", "\u2800", "\u{e0142}", "\u206a", "\ufffb", "\u034f"];
  assert.deepEqual(pieces(`06 1${unseen.join("Naam")}`).filter(({ hidden }) => hidden).map(({ hidden }) => hidden), unseen);
});

test("the mail inside gives its real subject and its text, and the padding stays out", async () => {
  const inner = `Subject: Wethouder, contactformulier (AB12-CD34)\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="i"; hp="cipher"\r\n\r\n--i\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: binary\r\n\r\n${form.replaceAll("\n", "\r\n")}\r\n--i--\r\n(Het bericht eindigt hier. Wat volgt, is alleen opvulling.)\r\n${".".repeat(700)}`;
  assert.deepEqual(await letterOf(bytes(inner)), { subject: "Wethouder, contactformulier (AB12-CD34)", text: form, attached: 0 });
  assert.deepEqual(await letterOf(bytes("Zomaar tekst\n")), { subject: "", text: "Zomaar tekst", attached: 0 });
});

test("a text that is no mail loses no line, also where its first looks like a header", async () => {
  for (const text of ["Naam: Jan\nTel: 06 1\n\nKom langs.", "PS: bel mij", "Date: morgen\nTo: Jan\n\nkom", "Subject: dit\nhier\n\ntekst", "From a@b Fri\nSubject: x\n\nhoi"]) {
    assert.deepEqual(await letterOf(bytes(text)), { subject: "", text, attached: 0 });
  }
});

test("old encodings, mails of HTML alone and what else is in a mail are not passed over", async () => {
  const text = async (given) => (await letterOf(new Uint8Array(Buffer.from(given)))).text;
  assert.equal(await text(Buffer.from("Zo\xeb", "latin1")), "Zo\u00eb");
  assert.equal(await text(Buffer.from("\ufeffHoi Zo\u00eb", "utf16le")), "Hoi Zo\u00eb");
  assert.equal(await text("\ufeffMIME-Version: 1.0\nContent-Type: text/plain\n\nhoi"), "hoi");
  assert.equal(await text("Subject: x\rMIME-Version: 1.0\r\rhoi\rdag"), "hoi\ndag");
  assert.equal(await text("Content-Type: text/html; charset=utf-8\n\n<style>p{}</style><p>Hallo <b>jij</b> &amp; ik &amp;lt;i&gt;</p><script>x()</script><p>dag</p>"), "Hallo jij & ik &lt;i>\ndag");
  const parts = (...more) => `Content-Type: multipart/mixed; boundary=q\n\n--q\nContent-Type: text/plain\n\nzie\n${more.map((one) => `--q\n${one}\n`).join("")}--q--\n`;
  const key = "Content-Type: application/pgp-keys; name=k.asc\nContent-Disposition: attachment\n\nx", letter = "Content-Type: application/pdf; name=brief.pdf\n\n%PDF";
  assert.deepEqual(await letterOf(bytes(parts(letter, key))), { subject: "", text: "zie", attached: 1 });
});

// Looking each time for an end that is not there would take many minutes.
test("megabytes of anything are looked through", { timeout: 120_000 }, async () => {
  for (const text of ["<a", "<!--", "<style>", "abcdefgh", "-----", "> ", "From a\nTo: x\n"]) {
    const { messages } = await find("mail.eml", bytes(`${text.repeat(2_000_000 / text.length)}\n${armored}`));
    assert.equal(messages.length, 1, text);
  }
});

test("a folder, or a file that is not really there, is named as such", async () => {
  const { take } = await import("../../overrides/reader/store.js");
  const [fault] = await take([{ name: "berichten", arrayBuffer: () => readFile("/") }]);
  assert.deepEqual([fault.fault, fault.about.name], ["unreadable", "berichten"]);
});

test("words are drawn with equal chances, and their strength is counted", () => {
  const words = Array.from({ length: 2048 }, (_, at) => `woord${at}`);
  assert.equal(strength(words), 66);
  assert.equal(drawn(words, 3, (numbers) => numbers.fill(2049)), "woord1 woord1 woord1");
  const three = ["a", "b", "c"], given = [2 ** 32 - 1, 4, 5];
  assert.equal(drawn(three, 2, (numbers) => numbers.fill(given.shift())), "b c");
});

test("a passphrase of one's own is refused where it is surely too easy, and no number is given to it", () => {
  const easy = ["kort", "aaaaaaaaaaaaaaaaaaaaaaaa", "1234567890abcdefghij", "qazwsxedcrfvtgbyhnujm", "Zomer2026Zomer2026Zomer2026", "Wachtwoord123!Wachtwoord123!", "jo.jansen@vereniging.example", "JoJansenJoJansen2026!"];
  for (const one of easy) assert.ok(isTooEasy(one, ["Jo Jansen", "jo.jansen@vereniging.example"]), one);
  for (const one of ["de fiets van opa staat buiten", "xK9$mQ2vLp7@nR4tWz8!", "molen appel groen fiets tafel regen"]) assert.ok(!isTooEasy(one, ["Jo Jansen"]), one);
});
