// Node's half of tests/mail/test_vectors.py: the browser's code makes the same bytes as the service, for every vector.
import assert from "node:assert";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { asTyped, codeOf, innerEntity, sumOf } from "../../overrides/assets/mail.js";

const { blanks, cases } = JSON.parse(readFileSync(new URL("vectors.json", import.meta.url)));

test(`${cases.length} submissions give the same inner bytes as in Python`, async () => {
  for (const { answers, bytes, sha256 } of cases) {
    const typed = { ...answers };
    for (const name of ["reach", "name", "when", "message"]) {
      const text = answers[name];
      typed[name] = asTyped(Array.isArray(text) ? text[0].repeat(text[1]) : text);
    }
    const code = await codeOf(blanks, typed), inner = innerEntity(blanks, typed, code, await sumOf(code));
    assert.equal(inner.length, bytes, JSON.stringify(answers));
    assert.equal(createHash("sha256").update(inner).digest("hex"), sha256, JSON.stringify(answers));
  }
});
