// What the page says beyond the fixed text of reader.html (there, `data-en` holds the English). First Dutch, then English.

const words = {
  // Faults, each with what to do.
  empty: ["{name} is leeg. Sla de mail opnieuw op en kies dat bestand.", "{name} is empty. Save the mail again and choose that file."],
  unreadable: ["{name} is niet te lezen. Is het een map? Open die en kies de mail of de sleutel zelf. Staat het bestand in de cloud of op een stick? Zet het eerst op dit apparaat.", "{name} cannot be read. Is it a folder? Open it and choose the mail or the key itself. Is the file in the cloud or on a stick? Put it on this device first."],
  nameless: ["(een bestand zonder naam)", "(a file without a name)"],
  large: ["{name} is te groot. Kies alleen de mail zelf, of het bestand encrypted.asc daaruit.", "{name} is too large. Choose the mail alone, or the file encrypted.asc from it."],
  outlook: ["{name} is een Outlook-bestand (.msg, .pst) of een oud Office-bestand. Dat kan deze pagina niet lezen. Open de mail in Outlook, sla de bijlage encrypted.asc op en kies dat bestand.", "{name} is an Outlook file (.msg, .pst) or an old Office file, which this page cannot read. Open the mail in Outlook, save the attachment encrypted.asc and choose that file."],
  packed: ["{name} is een ingepakt bestand (zip of Office). Pak het eerst uit en kies wat erin zit.", "{name} is a packed file (zip or Office). Unpack it first and choose what is in it."],
  pdf: ["{name} is een pdf. Kies de mail zelf (.eml) of het bestand encrypted.asc.", "{name} is a PDF. Choose the mail itself (.eml) or the file encrypted.asc."],
  smime: ["{name} hoort bij een ander systeem (zoals S/MIME of SSH). Kies het bestand met uw OpenPGP-sleutel of de mail.", "{name} belongs to another system (such as S/MIME or SSH). Choose the file with your OpenPGP key, or the mail."],
  "gpg-own": ["{name} komt uit de eigen map van GnuPG. Daar kan alleen GnuPG iets mee. Maak een reservekopie van uw geheime sleutel (in Kleopatra: Geheime sleutels exporteren) en kies dat bestand.", "{name} comes from GnuPG's own folder, which only GnuPG can read. Make a backup of your secret key (in Kleopatra: Backup Secret Keys) and choose that file."],
  nothing: ["{name}: daarin staat geen versleuteld bericht en geen sleutel. Sla de mail op (.eml), of de bijlage encrypted.asc, en kies dat bestand. Zoekt u uw sleutel? De naam van dat bestand begint met GEHEIM, of het is uw reservekopie.", "{name}: there is no encrypted message and no key in it. Save the mail (.eml) or the attachment encrypted.asc, and choose that file. Are you looking for your key? The name of that file begins with GEHEIM, or it is your backup."],
  cut: ["Het bericht of de sleutel houdt midden in de tekst op. Sla de mail of het bestand opnieuw op, of plak de hele tekst, van BEGIN PGP tot en met END PGP.", "The message or the key stops in the middle. Save the mail or the file again, or paste the whole text, from BEGIN PGP up to END PGP."],
  damaged: ["Dit bericht of deze sleutel is beschadigd. Sla de mail of het bestand opnieuw op en probeer het nog een keer. Blijft het zo? Bel de beheerder, noem de dag en het uur van de mail en gooi de mail niet weg.", "This message or key is damaged. Save the mail or the file again and try once more. No change? Call the operator, name the day and the hour of the mail, and do not throw the mail away."],
  symmetric: ["Dit bericht zit op slot met een los wachtwoord, niet met uw sleutel. Het komt niet van het contactformulier. Is het een reservekopie van uw sleutel (OpenKeychain, Autocrypt)? Open die in uw mailprogramma en bewaar de geheime sleutel daar als bestand.", "This message is locked with a password of its own, not for your key. It does not come from the contact form. Is it a backup of your key (OpenKeychain, Autocrypt)? Open it in your mail program, and save the secret key as a file there."],
  unencrypted: ["Dit bericht is niet versleuteld. Het komt niet van het contactformulier.", "This message is not encrypted. It does not come from the contact form."],
  unauthenticated: ["Dit bericht zit op slot op een oude manier, waarbij niet te zien is of iemand het heeft veranderd. Het komt niet van het contactformulier.", "This message is locked in an old way, in which nobody can see whether it was changed. It does not come from the contact form."],
  "other-key": ["Dit bericht is voor een andere sleutel dan {mine}. Hebt u een oude of een tweede sleutel? Kies ook dat bestand. Anders is het niet voor u: bel de beheerder.", "This message is for another key than {mine}. Do you have an old or a second key? Choose that file too. Otherwise it is not for you: call the operator."],
  "no-secret": ["In dit sleutelbestand ontbreekt het geheime deel dat dit bericht opent. Het staat misschien op een pasje of een andere computer. Kies de reservekopie van uw geheime sleutel.", "This key file lacks the secret part that opens this message. It may be on a card or on another computer. Choose the backup of your secret key."],
  "no-main-secret": ["In dit sleutelbestand ontbreekt het geheime hoofddeel. Berichten lezen kan ermee, verlengen of intrekken niet. Kies de volledige reservekopie van uw geheime sleutel.", "This key file lacks the secret main part. It can read messages, but not be prolonged or revoked. Choose the full backup of your secret key."],
  card: ["Het geheime deel van deze sleutel staat niet in dit bestand, maar op een pasje, een stick of een andere computer. Kies de volledige reservekopie, of gebruik het programma waarmee u het pasje gebruikt.", "The secret part of this key is not in this file, but on a card, a token or another computer. Choose the full backup, or use the program with which you use the card."],
  "key-public": ["Dit is een publieke sleutel. Daarmee doet een ander een bericht op slot; openen kan alleen met uw geheime sleutel. De naam van dat bestand begint met GEHEIM, of het is uw reservekopie.", "This is a public key. Others lock a message with it; only your secret key opens one. The name of that file begins with GEHEIM, or it is your backup."],
  "key-unreadable": ["Deze sleutel kan deze pagina niet lezen. Kies de reservekopie van uw geheime sleutel, of open het bericht in het programma waarin u de sleutel maakte.", "This page cannot read this key. Choose the backup of your secret key, or open the message in the program in which you made the key."],
  argon2: ["Deze sleutel is beveiligd op een nieuwe manier (Argon2) die deze pagina niet kan openen. Geef de sleutel in het programma waarin u hem maakte opnieuw een wachtwoord, of lees het bericht daar.", "This key is protected in a new way (Argon2) that this page cannot open. Set its passphrase again in the program in which you made it, or read the message there."],
  passphrase: ["Het wachtwoord past niet bij deze sleutel. Let op hoofdletters en spaties en typ het opnieuw.", "The passphrase does not fit this key. Mind capitals and spaces, and type it again."],
  "no-key": ["Kies eerst het bestand met uw geheime sleutel.", "First choose the file with your secret key."],
  "no-message": ["Kies eerst de mail, of plak de tekst van het bericht.", "First choose the mail, or paste the text of the message."],
  "no-passphrase": ["Typ het wachtwoord van uw sleutel.", "Type the passphrase of your key."],
  "too-new": ["Deze sleutel is van een soort die veel mailprogramma's nog niet lezen. Het formulier neemt hem niet aan: maak een nieuwe sleutel.", "This key is of a kind that many mail programs cannot read yet. The form does not accept it: make a new key."],
  unfit: ["Deze sleutel is van een soort die het formulier niet aanneemt: te zwak, of niet te gebruiken in browsers. Verlengen heeft geen zin: maak een nieuwe sleutel. Oude berichten leest u er nog wel mee.", "This key is of a kind that the form does not accept: too weak, or of no use in browsers. There is no point in prolonging it: make a new key. You can still read old messages with it."],
  "key-name": ["De naam in deze sleutel staat in een oude tekenset, en deze pagina zou hem veranderen. Het formulier neemt zo'n sleutel niet aan: maak een nieuwe. Oude berichten leest u er nog wel mee.", "The name in this key is in an old character set, and this page would change it. The form does not accept such a key: make a new one. You can still read old messages with it."],
  "key-part": ["In deze sleutel zit een deel van een soort die deze pagina niet kent, en dat zou zij weglaten. Doe dit in het programma waarin u de sleutel maakte. Berichten lezen kan hier wel.", "This key has a part of a kind that this page does not know and would leave out. Do this in the program in which you made the key. Reading messages works here."],
  revoked: ["Deze sleutel is ingetrokken. Dat is voorgoed: maak een nieuwe sleutel. Oude berichten leest u er nog wel mee.", "This key was revoked. That is for good: make a new key. You can still read old messages with it."],
  clock: ["De klok van deze computer loopt niet goed: de sleutel is volgens die klok in de toekomst gemaakt. Zet datum en tijd goed en probeer het opnieuw.", "The clock of this computer is wrong: by that clock the key was made in the future. Set date and time and try again."],
  "need-name": ["Vul uw naam in.", "Fill in your name."],
  "need-address": ["Vul het mailadres van uw functie in, zoals naam@vereniging.nl.", "Fill in the mail address of your function, such as name@association.nl."],
  "plain-name": ["Laat de tekens < en > weg uit uw naam.", "Leave the characters < and > out of your name."],
  "passphrase-short": ["Dit wachtwoord is te kort of te makkelijk te raden: uw naam, rijtjes en herhalingen tellen niet mee. Neem minstens 20 tekens, of de woorden die de pagina trekt.", "This passphrase is too short or too easy to guess: your name, rows and repetitions do not count. Take at least 20 characters, or the words that the page draws."],
  "passphrase-differs": ["De twee wachtwoorden zijn niet gelijk. Typ het tweede precies zoals het eerste.", "The two passphrases differ. Type the second one exactly like the first."],
  "choose-one": ["Er is meer dan één sleutel. Kies in de lijst de sleutel die u wilt veranderen.", "There is more than one key. Pick the one in the list that you want to change."],
  old: ["Deze browser kan dit niet, omdat hij te oud is of omdat de pagina niet veilig geopend is. Open de pagina van uw eigen schijf, in een nieuwe Firefox, Edge, Chrome of Safari.", "This browser cannot do it: it is too old, or the page was not opened securely. Open the page from your own disk, in a new Firefox, Edge, Chrome or Safari."],
  unexpected: ["Er ging iets mis dat wij niet kennen ({what}). Probeer het opnieuw in een andere browser, of bel de beheerder. Uw bestanden zijn niet veranderd.", "Something went wrong that we do not know ({what}). Try again in another browser, or call the operator. Your files were not changed."],
  "fault-title": ["Dat lukt zo niet", "That does not work like this"],
  // Reading.
  "a-message": ["Bericht {number}", "Message {number}"],
  opened: ["geopend", "opened"],
  waiting: ["nog op slot", "still locked"],
  "not-opened": ["niet geopend", "not opened"],
  read: ["Lees", "Read"],
  "no-subject": ["Bericht", "Message"],
  "key-ends": ["geldig tot {date}", "valid until {date}"],
  "key-ended": ["verlopen op {date}; oude berichten leest u er nog mee", "expired on {date}; it still reads old messages"],
  "key-end-unknown": ["einddatum onbekend", "end unknown"],
  "key-endless": ["zonder einddatum", "without an end"],
  unlocked: ["Op deze sleutel zit geen wachtwoord: wie het bestand vindt, kan alles lezen. Geef de sleutel een wachtwoord bij “Sleutel beheren”.", "This key has no passphrase: whoever finds the file can read everything. Give it one under “Manage a key”."],
  print: ["Druk af", "Print"],
  pasted: ["De geplakte tekst", "The pasted text"],
  dropped: ["Wat u hierheen sleepte", "What you dragged here"],
  copy: ["Kopieer", "Copy"],
  "copy-all": ["Kopieer alles", "Copy all"],
  "copy-what": ["Kopieer: {what}", "Copy: {what}"],
  copied: ["Gekopieerd. Wis het klembord als u klaar bent.", "Copied. Clear the clipboard when you are done."],
  "copy-failed": ["Kopiëren kan hier niet. Selecteer de tekst zelf.", "Copying is not possible here. Select the text yourself."],
  hidden: ["In deze tekst staan onzichtbare tekens. Ze zijn met hun nummer zichtbaar gemaakt en doen niets.", "This text holds invisible characters. They are shown by their number and do nothing."],
  receipt: ["Ik heb dit bericht", "I have this message"],
  "receipt-hint": ["Opent {host} in een nieuw tabblad. Klopt die naam niet? Klik dan niet, maar bel de beheerder.", "Opens {host} in a new tab. Not the right name? Then do not click, but call the operator."],
  attached: ["Bij dit bericht zit meer dan deze tekst (bijlagen: {count}). Deze pagina laat dat niet zien. Open het bericht daarvoor in een mailprogramma.", "There is more to this message than this text (attachments: {count}). This page does not show it. Open the message in a mail program for that."],
  practice: ["Dit telt alleen terwijl u met de beheerder belt, op een nummer dat al bekend was.", "This counts only while you are on the phone with the operator, on a number that was known before."],
  other: ["Dit bericht komt niet uit de vragen van het formulier. Hieronder staat het precies zoals het is.", "This message is not made of the form's questions. Here it is exactly as it is."],
  working: ["Bezig…", "Working…"],
  forgotten: ["De pagina heeft alles vergeten.", "The page has forgotten everything."],
  "forgotten-idle": ["Tien minuten niets gedaan: de pagina heeft alles vergeten.", "Ten minutes without a touch: the page has forgotten everything."],
  "soon-forgotten": ["Over een minuut vergeet de pagina alles. Raak een toets of het scherm aan om verder te gaan.", "In a minute the page forgets everything. Touch a key or the screen to go on."],
  // Keys.
  bits: ["Geloot uit {list} woorden: {bits} bits. Wie de sleutel steelt en een miljoen keer per seconde raadt, is gemiddeld een miljoen jaar bezig.", "Drawn from {list} words: {bits} bits. Whoever steals the key and guesses a million times a second needs a million years on average."],
  years: ["{count} jaar (tot {date})", "{count} years (until {date})"],
  year: ["1 jaar (tot {date})", "1 year (until {date})"],
  fingerprint: ["Vingerafdruk", "Fingerprint"],
  name: ["Naam", "Name"],
  address: ["Mailadres", "Mail address"],
  ends: ["Geldig tot", "Valid until"],
  never: ["geen einddatum", "no end"],
  "made-title": ["Uw sleutel is gemaakt", "Your key is made"],
  "prolonged-title": ["Uw sleutel is verlengd", "Your key is prolonged"],
  "relocked-title": ["Uw sleutel heeft een nieuw wachtwoord", "Your key has a new passphrase"],
  "revoked-title": ["De intrekking is gemaakt", "The revocation is made"],
  "save-secret": ["Bewaar de geheime sleutel", "Save the secret key"],
  "save-public": ["Bewaar de publieke sleutel", "Save the public key"],
  "save-revocation": ["Bewaar de intrekking", "Save the revocation"],
  saved: ["opgeslagen", "saved"],
  "as-text-short": ["Lukt opslaan niet?", "Saving does not work?"],
  "as-text": ["Kopieer deze tekst naar een bestand met de naam {name}", "Copy this text into a file named {name}"],
};

const steps = {
  made: [
    ["Mail het bestand PUBLIEK naar de beheerder. Mail nooit het bestand GEHEIM.", "Mail the file PUBLIEK to the operator. Never mail the file GEHEIM."],
    ["De beheerder belt u op een nummer dat al bekend was. Lees dan de vingerafdruk voor.", "The operator calls you on a number that was known before. Then read the fingerprint out."],
    ["U krijgt een oefenbericht. Open het hier en lees het woord voor.", "You get a practice message. Open it here and read its word out."],
    ["Zet het bestand GEHEIM op twee plekken die niemand anders opent, zoals uw eigen schijf en een usb-stick in een kluis. Niet in de cloud.", "Put the file GEHEIM in two places that nobody else opens, such as your own disk and a USB stick in a safe. Not in the cloud."],
    ["Leg het papier met het wachtwoord ergens anders. Zonder wachtwoord opent niemand uw berichten meer, ook u niet.", "Keep the paper with the passphrase elsewhere. Without it nobody opens your messages any more, you included."],
    ["Zet de einddatum in uw agenda, met twee maanden ervoor: verlengen.", "Put the end in your diary, and two months before it: prolong."],
  ],
  prolonged: [
    ["Mail het bestand dat met PUBLIEK begint naar de beheerder. Zonder deze stap verandert er niets.", "Mail the file that begins with PUBLIEK to the operator. Without this step nothing changes."],
    ["Zet het nieuwe bestand dat met GEHEIM begint bij uw twee bewaarplekken. Het oude opent dezelfde berichten, maar kent de nieuwe einddatum niet.", "Put the new file that begins with GEHEIM in your two places. The old one opens the same messages, but does not know the new end."],
    ["Het wachtwoord en de vingerafdruk zijn gelijk gebleven.", "Passphrase and fingerprint are the same as before."],
  ],
  relocked: [
    ["Vervang op al uw bewaarplekken het oude bestand door dit nieuwe. Het oude bestand gaat nog open met het oude wachtwoord: wis het overal.", "Replace the old file by this one in all your places. The old file still opens with the old passphrase: erase it everywhere."],
    ["Schrijf het nieuwe wachtwoord op en bewaar het ergens anders dan de sleutel.", "Write the new passphrase down and keep it elsewhere than the key."],
    ["De beheerder hoeft niets te weten: de publieke sleutel en de vingerafdruk zijn gelijk gebleven. Kan een ander het oude wachtwoord én het bestand hebben? Bel dan de beheerder.", "The operator need not know: public key and fingerprint are the same. Could somebody else have the old passphrase and the file? Then call the operator."],
  ],
  revoked: [
    ["Is de sleutel in vreemde handen? Bel eerst de beheerder en mail daarna dit bestand. Na het intrekken kan niemand u met deze sleutel nog schrijven. Dat is voorgoed.", "Is the key in the hands of others? Call the operator first, then mail this file. Once revoked, nobody can write to you with this key any more. That is for good."],
    ["Maakte u dit voor later? Bewaar het bij uw reservekopie in de kluis en stuur het niemand.", "Did you make this for later? Keep it with your backup in the safe and send it to nobody."],
    ["Bewaar de geheime sleutel zolang u nog oude berichten moet lezen.", "Keep the secret key as long as you must read old messages."],
  ],
};

let language = 0;

export function speak(code) {
  language = code === "en" ? 1 : 0;
}

export function say(name, values = {}) {
  return words[name][language].replace(/\{(\w+)\}/g, (_, key) => values[key] ?? "");
}

export const stepsOf = (kind) => steps[kind].map((step) => step[language]);

// `month` is "short" where little room is.
export function day(date, month = "long") {
  return date.toLocaleDateString(language ? "en-GB" : "nl-NL", { day: "numeric", month, year: "numeric" });
}

export function moment(date) {
  const options = { weekday: "short", day: "numeric", month: "long", hour: "2-digit", minute: "2-digit" };
  return date.toLocaleString(language ? "en-GB" : "nl-NL", options);
}
