// node read.mjs < [[secret, message]]: prints [{program: [subject, text]}] of what each shows of an encrypted message. Each decrypts
// by the OpenPGP library, and takes the mail apart by the parser, that its makers published.
import { readFileSync } from "node:fs";
import { build } from "esbuild";

const here = new URL(".", import.meta.url).pathname;
// pmcrypto comes as TypeScript.
const entry = `
  export * as pmcrypto from "@protontech/pmcrypto";
  export { default as EmailjsParser } from "emailjs-mime-parser";
  export { simpleParser } from "mailparser";
  export * as openpgp from "../../../node_modules/openpgp/dist/node/openpgp.mjs";`;
const bundle = `${here}node_modules/bundle.mjs`;
await build({
  stdin: { contents: entry, resolveDir: here }, outfile: bundle, bundle: true, platform: "node", format: "esm", logLevel: "error",
  alias: { "openpgp/lightweight": `${here}node_modules/openpgp/dist/lightweight/openpgp.mjs` },
  banner: { js: 'import { createRequire as requireFrom } from "node:module"; const require = requireFrom(import.meta.url);' },
});
const { pmcrypto, EmailjsParser, simpleParser, openpgp } = await import(bundle);

async function decrypted(library, secret, message, format) {
  const decryptionKeys = await library.readPrivateKey({ armoredKey: secret });
  const decrypt = library.decryptMessage ?? library.decrypt;
  return (await decrypt({ message: await library.readMessage({ armoredMessage: message }), decryptionKeys, format })).data;
}

function leaf(node) {
  return node.childNodes.length ? node.childNodes.map(leaf).find(Boolean) : node.contentType.value === "text/plain" && new TextDecoder(node.charset).decode(node.content);
}

pmcrypto.init();
const programs = {
  async "Proton (pmcrypto 8.1.3)"(...mail) {
    const { body, encryptedSubject } = await pmcrypto.processMIME({ data: await decrypted(pmcrypto, ...mail, "utf8") });
    return [encryptedSubject, body];
  },
  async "emailjs-mime-parser 2.0.7 (FlowCrypt)"(...mail) {
    const node = EmailjsParser(await decrypted(openpgp, ...mail, "binary"));
    return [node.headers.subject?.[0].value, leaf(node)];
  },
  async "mailparser 3.14.2 (nodemailer)"(...mail) {
    const { subject, text } = await simpleParser(Buffer.from(await decrypted(openpgp, ...mail, "binary")));
    return [subject, text];
  },
};
const shown = [];
for (const mail of JSON.parse(readFileSync(0, "utf8"))) {
  const each = Object.entries(programs).map(async ([name, program]) => [name, await program(...mail).catch((fault) => ["", fault.message])]);
  shown.push(Object.fromEntries(await Promise.all(each)));
}
process.stdout.write(JSON.stringify(shown));
