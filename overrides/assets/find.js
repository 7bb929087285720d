// Finds pages by the words that people use; with the indexes of both languages it can tell in which one somebody asks. Nothing here touches the page or the network; `make strangers` runs this same file.

// The last pages of a concept answer it less than the first.
const ranks = [1, .55, .34];
// How much a word counts that is the same, has another ending, sounds the same, is one part of a compound, or begins one.
const same = 1, ending = .9, sounds = .7, compound = .85, slip = .72, slips = .65, part = .5, inside = .45;
// What the editors' list says of a word goes before what one page says of itself, and that before what merely stands in it.
const keyword = .75, heading = .45;
// A word that says nothing, such as "my", within a phrase of an editor.
const hush = 1.5;
// How much a word tells of a concept that has most of its phrases.
const usual = .7;
// What cannot wait goes first, if nothing else tells.
const urgent = 1.2;
const most_words = 60, longest_word = 40;

export const words = (typed) =>
  typed.toLowerCase().replace(/ı/g, "i").replace(/ł/g, "l").normalize("NFD").replace(/[\u0300-\u036f'’‘`]/g, "").match(/[a-z]+|[0-9]+/g) ?? [];

// A capital stands for what a phrase shares with the one before: "A" for one letter.
export const phrases = (coded, last = "") => coded.split(",").map((one) => last = one.replace(/^[A-Z]/, (letter) => last.slice(0, letter.charCodeAt(0) - 64)));

// A number is found however it is written, alone or within words, and an address of the site by the page that it names.
function asked(typed) {
  const line = typed.slice(0, 2000).trim().replace(/\+?\d[\d\s().\/-]*\d/g, (number) => {
    const digits = number.replace(/\D/g, "").replace(/^(00)?310?(?=\d{9}$)/, "0");
    return digits.length > 4 || /^(\d\W)+\d$/.test(number) ? digits : number;
  });
  const address = line.match(/^(?:(https?:\/\/)[^\s/]+|[\w-]+(?:\.[\w-]+)+(?::\d+)?(?=\/))(?:\/(\S*))?$/i);
  return words(address ? (address[2] ?? "").replace(/^en\//, "") || "index" : line).filter((word) => word.length <= longest_word);
}

// Verbs that change their vowel, before their other forms; forms that are another word as well, such as "rook" and "left", stay out.
const strong = Object.entries({
  nl: "schieten schoot schoten geschoten,slaan sla slaat sloeg sloegen geslagen,steken steek steekt stak staken gestoken,breken breek breekt brak braken gebroken,spreken spreek spreekt sprak spraken gesproken,kijken keek keken gekeken,rijden rij rijdt reed reden gereden,schrijven schrijf schrijft schreef schreven geschreven,grijpen greep grepen gegrepen,knijpen kneep knepen geknepen,snijden snij snijdt sneed sneden gesneden,verdwijnen verdween verdwenen,zwijgen zweeg zwegen gezwegen,dwingen dwong dwongen gedwongen,springen sprong sprongen gesprongen,drinken dronk gedronken,sluipen geslopen,ruiken geroken,spuiten spoot spoten gespoten,sluiten gesloten,bieden bood boden geboden,verbieden verbood verboden,liegen loog logen gelogen,bedriegen bedroog bedrogen,vliegen vloog gevlogen,kiezen kies kiest koos kozen gekozen,verliezen verlies verliest verloor verloren,schelden scheld scheldt schold scholden gescholden,vechten vocht vochten gevochten,trekken trek trekt trok trokken getrokken,treffen tref treft trof troffen getroffen,schrikken schrik schrikt schrok schrokken geschrokken,werpen wierp wierpen geworpen,helpen hielp hielpen geholpen,sterven sterf sterft stierf stierven gestorven,nemen neem neemt nam genomen,stelen steel steelt gestolen,lezen lees leest las lazen gelezen,lopen loop loopt liep liepen gelopen,roepen riep riepen geroepen,slapen slaap slaapt sliep sliepen geslapen,vallen val valt viel vielen gevallen,hangen hing hingen gehangen,houden hou houdt hield hielden gehouden,zoeken zocht zochten gezocht,brengen bracht brachten gebracht,kopen koop koopt kocht kochten gekocht,jagen jaag jaagt joeg joegen gejaagd,smijten smeet smeten gesmeten,verbergen verborg verborgen,zenden zond gezonden,binden bond bonden gebonden,ontvangen ontving ontvingen",
  en: "throw threw thrown,steal stole stolen,break broke broken,hide hid hidden,beat beaten,bite bitten,catch caught,drive drove driven,fall fell fallen,feel felt,fight fought,give gave given,hold held,keep kept,know knew known,lose lost,pay paid,ride rode ridden,ring rang rung,run ran,send sent,shake shook shaken,sleep slept,speak spoke spoken,spit spat,stand stood,swear swore sworn,take took taken,tell told,write wrote written,strike struck,wake woke woken,choose chose chosen,forget forgot forgotten,buy bought,bring brought",
});
// The first parts of Dutch verbs that part from them: hij belt aan, valt mij lastig, hou het bij.
const particles = "aan|achter|af|bij|binnen|door|in|klaar|langs|lastig|mee|na|neer|om|op|over|rond|tegen|terug|toe|uit|vast|voor|weg";
const alone = new RegExp(`^(${particles})$`), parted = new RegExp(`^(${particles})ge(?=.{3,}(d|t|en)$)`);
const prefixed = new RegExp(`^(${particles}|be|ver|ont|her)(.{3,})$`);
const regular = Object.fromEntries(strong.map(([language, verbs]) => [language, new Map(
  verbs.split(",").flatMap((verb) => verb.split(" ").map((form, _, [present]) => [form, present])))]));
// The present of a verb, with what stands before it: opgeblazen, vastgebonden, verbroken.
function present(form) {
  const [, first, rest] = form.match(prefixed) ?? [];
  return regular.nl.get(form) ?? (regular.nl.has(rest) ? first + regular.nl.get(rest) : form);
}

const stems = {
  // Participles lose their "ge": gestalkt, lastiggevallen. Endings double letters: stop, pistool.
  nl(form) {
    let stem = present(form).replace(parted, "$1").replace(/^ge(?=.{4,}[dt]$)/, "");
    stem = stem.length > 5 ? stem.replace(/(heden|ingen|ende|ster|tjes?|jes?|ing|ers?|de|te|en|es|e|s)$/, "") : stem.length > 3 ? stem.replace(/(en|e|s)$/, "") : stem;
    return (stem.length > 4 ? stem.replace(/(dt|d|t)$/, "") : stem).replace(/v$/, "f").replace(/z$/, "").replace(/([^aeiou])\1$|([aeou])\2(?=[^aeiou]$)/, "$1$2");
  },
  en(form) {
    const word = regular.en.get(form) ?? form;
    const stem = word.length > 4 ? word.replace(/ies$/, "y").replace(/(ments?|ings?|edly|ed|ers?|ors?|es|ly|s)$/, "") : word.length > 3 ? word.replace(/s$/, "") : word;
    return stem.length > 4 ? stem.replace(/e$/, "") : stem;
  },
};

// What sounds alike is written alike: bedrijgd, prosecuter, harrassment.
const sound = (stem) => stem.replace(/ph/g, "f").replace(/ei|ij|y/g, "i").replace(/ou|au/g, "au").replace(/c(?=[eiy])/g, "s").replace(/ck?|qu/g, "k").replace(/x/g, "ks")
  .replace(/z/g, "s").replace(/th/g, "t").replace(/dt$/, "t").replace(/(.)\1+/g, "$1");

// The words of one language: each with the entries in which an editor gave it to pages, and the pages whose text has it.
class Vocabulary {
  constructor(language, concepts, silent, page_words, { words: listed, pages: places }) {
    this.stem = stems[language];
    this.known = new Map();
    this.own = [];
    this.silent = new Set(silent.split(" "));
    for (const [entries, worth] of [[concepts, 1], [page_words, keyword]]) {
      for (const [pages, coded, call] of entries) for (const phrase of phrases(coded)) this.add(phrase, { pages, call, worth, words: [] });
    }
    places = places.split(" ");
    listed.split(" ").forEach((token, i) => { this.word(token).on = places[i]; });
  }

  add(phrase, entry) {
    for (const token of phrase.split(" ")) {
      const word = this.word(token), last = word.in.at(-1);
      if (last === entry) continue;
      if (last?.pages !== entry.pages) word.concepts++;
      word.in.push(entry);
      entry.words.push(word);
    }
  }

  word(token) {
    let word = this.known.get(token);
    if (!word) this.known.set(token, word = { token, concepts: 0, in: [], on: "" });
    return word;
  }

  // A word that belongs to few things tells more than one that belongs to many; one that says nothing only rounds off a phrase.
  weight(word) {
    return word.weight ??= this.silent.has(word.token) ? hush
      : Math.log(1 + (word.concepts ? 120 / this.spread(word) : 60 / (1 + word.on.length)));
  }

  // In how many concepts a word stands, in whatever form.
  spread(word) {
    const family = this.alike(word.token).filter(([, value]) => value >= ending);
    return new Set(family.flatMap(([one]) => one.in.map(({ pages }) => pages))).size;
  }

  // Made when first needed: words by what is left of them without endings, written as they sound.
  get keys() {
    if (!this.made) {
      this.made = new Map();
      this.lengths = [];
      for (const word of this.known.values()) {
        word.stem = this.stem(word.token);
        word.letters = letters(word.token);
        (this.lengths[word.token.length] ??= []).push(word);
        const key = sound(word.stem), alike = this.made.get(key);
        if (alike) alike.push(word); else this.made.set(key, [word]);
      }
    }
    return this.made;
  }

  // Which share of a word's phrases an editor gave to these pages.
  share(word, pages) {
    if (!word.shares) {
      word.shares = new Map();
      for (const entry of word.in) word.shares.set(entry.pages, (word.shares.get(entry.pages) ?? 0) + 1 / word.in.length);
    }
    return word.shares.get(pages);
  }

  alike(token) {
    const stem = this.stem(token), key = sound(stem);
    return (this.keys.get(key) ?? []).map((word) => [word, word.token === token ? same : word.stem === stem ? ending : sounds]);
  }

  // Whether an editor gave a word, in whatever form, to a page.
  is_given(token) {
    return this.alike(token).some(([word, value]) => value >= ending && word.in.length);
  }

  // The two halves of a compound, if both are known: vuurwerkbom, with or without a letter between them.
  halves(token) {
    const known = (half) => half.length > 2 ? this.alike(half).filter(([, value]) => value >= ending) : [];
    for (let at = token.length - 3; at > 2; at--) {
      const right = known(token.slice(at)), head = token.slice(0, at);
      const left = right.length && [head, head.replace(/(s|en|e|n)$/, "")].map(known).find((found) => found.length);
      if (left) return [...left.map(([word]) => [word, .6]), ...right.map(([word, value]) => [word, value * compound])];
    }
    return [];
  }

  // The words that one slip of the finger makes of this one, or two in a long word; the fewest slips only.
  near(token) {
    const most = token.length > 7 ? 2 : token.length > 3 ? 1 : 0, mask = letters(token);
    let best = [], fewest = most + 1;
    for (let length = token.length - most; length <= token.length + most; length++) {
      for (const word of this.lengths[length] ?? []) {
        if (Math.abs(length - token.length) > fewest || differing(word.letters ^ mask) > 2 * fewest) continue;
        const count = distance(token, word.token, fewest);
        if (count < fewest) [best, fewest] = [[], count];
        if (count === fewest && count <= most) best.push(word);
      }
    }
    const alike = best.filter((word) => word.token[0] === token[0]);
    return (alike.length ? alike : best).map((word) => [word, fewest === 1 ? slip : slips]);
  }

  // One half of a compound only, a word that begins the same, or a part of a longer one; the last may still be being typed.
  partly(token, typing) {
    const found = [], least = typing ? 2 : 4;
    for (const word of this.known.values()) {
      const one = word.token, longer = Math.max(one.length, token.length);
      if (one.length > 3 && (token.endsWith(one) || one.length > 4 && token.startsWith(one))) found.push([word, part]);
      else if (token.length > 6 && alike_from_start(token, one) >= Math.min(token.length, Math.ceil(longer * .7))) found.push([word, part]);
      else if (token.length >= least && (one.startsWith(token) || token.length > 4 && one.endsWith(token))) found.push([word, inside]);
    }
    const longest = Math.max(...found.filter(([, value]) => value === part).map(([word]) => word.token.length));
    return found.filter(([word, value]) => value === inside || word.token.length === longest);
  }

  // The phone numbers that begin or end with what was typed: the local number alone, or one that is still being typed.
  numbers(token) {
    return [...this.known.values()].filter(({ token: one }) => /^\d{5}/.test(one) && (one.startsWith(token) || one.endsWith(token))).map((word) => [word, part]);
  }

  meant(token, typing) {
    if (this.silent.has(token)) return this.known.has(token) ? [[this.known.get(token), same]] : [];
    let found = this.alike(token);
    // Who writes a known word means it: kids, not quid.
    const written = found.filter(([, value]) => value >= ending);
    if (written.length) return written;
    if (found.length || /^\d{1,4}$/.test(token)) return found;
    if (/\d/.test(token)) found = this.numbers(token);
    if (found.length) return found;
    const near = this.near(token);
    if (near.length && near[0][1] === slip) return near;
    found = this.halves(token);
    return found.length ? found : near.length ? near : this.partly(token, typing);
  }

  // Words that were typed apart and belong together: doods bedreiging, letter box.
  joined(tokens) {
    const made = [];
    for (let i = 0; i < tokens.length; i++) {
      const two = i + 1 < tokens.length && !/\d/.test(tokens[i]) ? tokens.slice(i, i + 2) : [], one = two.join("");
      // "vloog er" is not "vlogger".
      const known = one && !this.silent.has(two[1]) && this.is_given(one);
      if (known && two.some((token) => !this.silent.has(token) && !this.alike(token).length)) { made.push(one); i++; }
      else made.push(tokens[i], ...known ? [one] : []);
    }
    return [...made, ...this.parted(tokens)];
  }

  // Verbs that stand apart from their first part: belt hij weer aan, valt mij steeds lastig.
  parted(tokens) {
    return tokens.flatMap((first, at) => !alone.test(first) ? [] : tokens.slice(Math.max(0, at - 7), at)
      .filter((verb) => !this.silent.has(verb)).map((verb) => first + verb).filter((whole) => this.is_given(whole)));
  }

  // How well each page answers, and which numbers to call come with it. Of each word that was typed, the best counts.
  // Words of one concept add up; concepts that share a page hardly do: a long sentence is about one thing.
  score(tokens, total) {
    const list = [...new Set(this.joined(tokens))], said = list.filter((token) => !this.silent.has(token)).length;
    const concepts = new Map(), met = new Map(), calls = [];
    const raise = (pages, place, value) => {
      const points = concepts.get(pages) ?? concepts.set(pages, new Float64Array(list.length)).get(pages);
      points[place] = Math.max(points[place], value);
    };
    // A common word is not made rare by a rare one that looks like it: police, policy.
    const limits = list.map((token) => this.known.get(token)?.concepts ? this.weight(this.known.get(token)) : Infinity);
    const telling = (word, place) => Math.min(this.weight(word), limits[place]);
    list.map((token, place) => [token, place, this.silent.has(token)]).sort(([,, a], [,, b]) => a - b).forEach(([token, place, silent]) => {
      for (const [word, value] of this.meant(token, place === list.length - 1)) {
        for (const letter of word.on) raise(this.own[letter.charCodeAt(0) - 35] ??= [letter.charCodeAt(0) - 35], place, telling(word, place) * value * heading);
        for (const entry of word.in) {
          if (said && silent && !entry.call && !met.has(entry)) continue;
          const found = met.get(entry) ?? met.set(entry, new Map()).get(entry);
          if (!(found.get(word)?.[0] >= value)) found.set(word, [value, place]);
        }
      }
    });
    for (const [entry, found] of met) {
      let all = 0, got = 0, bonus = 1;
      for (const word of entry.words) {
        const weight = this.weight(word), value = found.get(word)?.[0] ?? 0;
        all += weight;
        got += weight * value;
        bonus += value && (weight === hush ? .12 : .25);
      }
      const share = got / all, whole = share > .7;
      for (const [word, [value, place]] of found) {
        const silent = this.silent.has(word.token), phrase = share ** 1.7 * (whole ? bonus : 1);
        const fits = silent ? phrase * (said ? .4 : 1) : Math.max(phrase, usual * this.share(word, entry.pages));
        raise(entry.pages, place, telling(word, place) * value * entry.worth * fits);
      }
      // A slip takes no number away; the first half of a compound brings none: brandbrief.
      if (entry.call && share > (entry.words.length > 1 ? .76 : .64)) calls.push([entry.call, entry.pages[0], entry.pages]);
    }
    const sum = new Float64Array(total);
    const hurry = new Set(calls.map(([, , pages]) => pages));
    for (const [pages, points] of concepts) {
      // Words that say nothing do not add up beside one that says something: "en nu weet ik niet wat".
      const quiet = (place) => said > 0 && this.silent.has(list[place]);
      const all = points.reduce((sum, value, place) => quiet(place) ? sum : sum + value, 0) + Math.max(...points.filter((_, place) => quiet(place)), 0);
      pages.forEach((page, rank) => { sum[page] += (all * (hurry.has(pages) ? urgent : 1) * (ranks[rank] ?? .32)) ** 2; });
    }
    return { sum: sum.map(Math.sqrt), calls };
  }

  // Which of these words belong to this language.
  belonging(tokens) {
    return tokens.filter((token) => this.silent.has(token) || this.known.get(token)?.in.length || this.is_given(token));
  }
}

function alike_from_start(a, b) {
  let count = 0;
  while (count < a.length && a[count] === b[count]) count++;
  return count;
}

// Which letters a word has, as bits: two words that differ in many cannot be one slip apart.
function letters(token) {
  let mask = 0;
  for (let i = 0; i < token.length; i++) mask |= 1 << (token.charCodeAt(i) - 97);
  return mask;
}
// How many bits are set, without a loop: this is asked of thousands of words for each that nobody knows.
function differing(mask) {
  const pairs = mask - (mask >>> 1 & 0x55555555), fours = (pairs & 0x33333333) + (pairs >>> 2 & 0x33333333);
  return (fours + (fours >>> 4) & 0x0f0f0f0f) * 0x01010101 >>> 24;
}

// A letter too many, too few, another, or two swapped, counted up to a limit. Rows are kept from word to word.
const rows = [0, 1, 2].map(() => new Uint8Array(longest_word + 4));
function distance(a, b, most) {
  let [before, last, row] = rows;
  for (let j = 0; j <= b.length; j++) last[j] = j;
  for (let i = 1; i <= a.length; i++) {
    let least = row[0] = i;
    for (let j = 1; j <= b.length; j++) {
      let count = Math.min(row[j - 1], last[j]) + 1;
      count = Math.min(count, last[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) count = Math.min(count, before[j - 2] + 1);
      row[j] = count;
      if (count < least) least = count;
    }
    if (least > most) return least;
    [before, last, row] = [last, row, before];
  }
  return last[b.length];
}

export function open({ language, pages, entries, page_words, silent, written, help }) {
  const vocabulary = new Vocabulary(language, entries, silent, page_words, written);
  return { help, vocabulary, pages: pages.map(([url, title]) => ({ url, title })) };
}

// The pages that answer, best first; the numbers to call with them; and, if somebody asks in the language of the other index,
// the same pages there.
export function find(index, typed, other, most = 8) {
  const tokens = asked(typed).slice(0, most_words), mine = index.vocabulary.belonging(tokens);
  const theirs = other && mine.length < tokens.length ? other.vocabulary.belonging(tokens) : [];
  const only = (one, all) => one.filter((token) => !all.includes(token)).length, foreign = only(theirs, mine) > only(mine, theirs);
  const { vocabulary, pages } = foreign ? other : index, { sum, calls } = vocabulary.score(tokens, pages.length);
  const best = Math.max(...sum), order = [...sum.keys()].filter((page) => sum[page] > best * .12).sort((a, b) => sum[b] - sum[a]);
  // A number to call comes with a page that is about it, not with a word that means something else here: a flat battery, "kill the bill".
  const cannot_wait = new Set(calls.filter(([, page]) => sum[page] > best * .5).map(([call]) => call));
  const found = order.slice(0, most).map((page) => pages[page]), here = new Map(index.pages.map((page) => [page.url, page]));
  return { pages: found.map(({ url }) => here.get(url)).filter(Boolean), calls: [...cannot_wait], elsewhere: foreign ? found : [] };
}
