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

// What somebody thought up is not measured: no list that fits into this page knows songs, sayings and names. What is surely too little
// is refused. Characters count that do not go on in a row of the keyboard or the alphabet, repeat what stands before them, or
// belong to words that whoever guesses begins with.
const rows = ["qwertyuiop", "asdfghjkl", "zxcvbnm", "azertyuiop", "qwertzuiop", "1234567890", "0123456789", "abcdefghijklmnopqrstuvwxyz", "qazwsxedcrfvtgbyhnujmikolp"];
const first = ["wachtwoord", "password", "passphrase", "welkom", "welcome", "geheim", "contactformulier"];
const atLeast = 20, newAtLeast = 15;

export function isTooEasy(passphrase, about = []) {
  const known = [...first, ...about.flatMap((text) => text.toLowerCase().split(/[^\p{L}\p{N}]+/u)).filter((word) => word.length > 2)];
  const text = [...known.reduce((left, word) => left.replaceAll(word, " "), passphrase.toLowerCase())];
  const isOld = (_, at) => {
    const three = text.slice(at - 2, at + 1).join(""), four = text.slice(at - 3, at + 1).join("");
    const isRow = at > 1 && rows.some((row) => row.includes(three) || [...row].reverse().join("").includes(three));
    return text[at] === text[at - 1] || isRow || at > 3 && text.slice(0, at).join("").includes(four);
  };
  return [...passphrase].length < atLeast || text.filter((letter, at) => !isOld(letter, at)).length < newAtLeast || new Set(text).size < 8;
}
