// How the editor reads and writes a page: what was not edited keeps each of its bytes, quotes, comments and order included.
// What stood above the text stays with the page as it was; a line of it is written anew only when its value changed.
import { parse } from 'yaml';

const KEPT = 'kept_as_it_was';
const PAGE = /^---\n((?:[\s\S]*?\n)?)---[ \t]*\n(\s*)([\s\S]*?)(\s*)$/;
const KEY = /^([A-Za-z_][\w-]*):(?=\s|$)/;
// Lists that stand on one line; others have a line for each entry.
const ON_ONE_LINE = new Set(['sources', 'related', 'keywords']);
const ORDER = ['title', 'description', 'owner', 'reviewed', 'review_by', 'source_rev', 'sources', 'related', 'keywords', 'verify'];
// Text that YAML takes for nothing else; in a list on one line a comma would part it.
const PLAIN = /^[\p{L}\p{N}][\p{L}\p{N} .;?!'’‘“”()–/&€%+-]*$/u;

// Every value is text, as the desk reads it: a number keeps its zeros and a day stays a day.
const valuesOf = (head) => parse(head, { schema: 'failsafe' }) ?? {};
const trimmed = (value) => (Array.isArray(value) ? value.map(trimmed) : typeof value === 'string' ? value.trim() : value ?? '');
const same = (one, other) => JSON.stringify(trimmed(one)) === JSON.stringify(trimmed(other));
const isEmpty = (value) => value === undefined || value === null || value === '' || (Array.isArray(value) && !value.length);

const scalar = (value) => {
  const text = String(value).replace(/\s+/g, ' ').trim();
  return PLAIN.test(text) ? text : `"${text.replace(/[\\"]/g, '\\$&')}"`;
};

const written = (key, value) => {
  if (!Array.isArray(value)) return `${key}: ${scalar(value)}\n`;
  const entries = value.filter((entry) => !isEmpty(entry)).map((entry) => scalar(entry));
  return ON_ONE_LINE.has(key) ? `${key}: [${entries.join(', ')}]\n` : `${key}:\n${entries.map((entry) => `  - ${entry}\n`).join('')}`;
};

/** Cuts what stands above the text at its keys: each with the lines up to the next one. */
const cut = (head) => {
  const parts = [['', '']];
  for (const line of head.match(/[^\n]*\n/g) ?? []) {
    const key = KEY.exec(line)?.[1];
    if (key) parts.push([key, line]);
    else parts.at(-1)[1] += line;
  }
  return parts;
};

export const fromFile = (text) => {
  const [, head, gap, body, end] = PAGE.exec(text) ?? [null, '', '', text, ''];
  return { ...valuesOf(head), body, [KEPT]: JSON.stringify({ head, gap, end }) };
};

export const toFile = ({ body = '', confirmed, [KEPT]: kept, ...data }) => {
  const { head, gap, end } = kept ? JSON.parse(kept) : { head: '', gap: '', end: '' };
  const before = valuesOf(head);
  const parts = cut(head).map(([key, lines]) => {
    if (!key || same(data[key], before[key])) return lines;
    return isEmpty(data[key]) ? '' : written(key, data[key]);
  });
  const added = ORDER.filter((key) => !(key in before) && !isEmpty(data[key])).map((key) => written(key, data[key]));
  return `---\n${parts.join('')}${added.join('')}---\n${gap}${body}${end}`;
};

/** The short name of what a translator translates, as `Page.revision` of the desk makes it. */
export const revisionOf = async ({ title, description, body = '', [KEPT]: kept }) => {
  const { gap, end } = kept ? JSON.parse(kept) : { gap: '', end: '' };
  const lines = `${gap}${body}${end}`.split('\n').map((line) => line.trimEnd());
  const shown = [title ?? '', description ?? '', ...lines].join('\n').trim();
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(shown));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('').slice(0, 12);
};
