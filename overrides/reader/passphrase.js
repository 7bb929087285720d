// Words drawn from a list: a strength that can be counted, where that of a passphrase which somebody thought up can only be guessed.

export const wordCount = 6;

// Each word with the same chance: numbers past the last whole round of the list are thrown back.
export function drawn(words, count = wordCount, random = (numbers) => crypto.getRandomValues(numbers)) {
  const limit = Math.floor(2 ** 32 / words.length) * words.length;
  const chosen = [];
  while (chosen.length < count) {
    const [number] = random(new Uint32Array(1));
    if (number < limit) chosen.push(words[number % words.length]);
  }
  return chosen.join(" ");
}

// In bits, for words drawn by this page.
export const strength = (words, count = wordCount) => Math.floor(count * Math.log2(words.length));

// What somebody thought up is not measured; only what is surely too little is refused.
export function isTooShort(passphrase) {
  return [...passphrase].length < 20 || new Set(passphrase.toLowerCase()).size < 8;
}
