// Reads lines of JSON, each a page as text; writes for each what the editor would save of it unchanged, and the name of its text.
import { createInterface } from 'node:readline';
import { fromFile, revisionOf, toFile } from '../../editorial/editor/page-format.mjs';

for await (const line of createInterface({ input: process.stdin })) {
  const { text, change = {} } = JSON.parse(line);
  const data = { ...fromFile(text), ...change };
  console.log(JSON.stringify({ text: toFile(data), revision: await revisionOf(data) }));
}
