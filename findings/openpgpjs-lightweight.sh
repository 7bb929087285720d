#!/usr/bin/env bash
# OpenPGP.js 6.3.2: openpgp.min.mjs of the lightweight build works without the files beside it, until it meets certain keys.
#
# A good engineer copies the one file that a page imports, sees it encrypt for the test keys, and ships it. But it is only a part:
# code for some curves (and for old ciphers, and Argon2) lies in modules beside it, which are imported at first use. A key on
# Curve25519 or RSA needs none of them here, where the platform has both; one on a brainpool curve does, and fails at that moment.
# So the folder has to go along as a whole, and a rehearsal has to use the keys that will be used. The same reason keeps this build
# from working in a page that was opened from a disk (file:), where modules may not be imported.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

npm install --silent --no-audit --no-fund --ignore-scripts --prefix . openpgp@6.3.2 > /dev/null
mkdir alone whole
cp node_modules/openpgp/dist/lightweight/openpgp.min.mjs alone/
cp node_modules/openpgp/dist/lightweight/*.min.mjs whole/
cat > try.mjs <<'END'
const openpgp = await import(`./${process.argv[2]}/openpgp.min.mjs`);
const kinds = { curve25519: { type: "curve25519" }, rsa: { type: "rsa", rsaBits: 2048 }, brainpool: { type: "ecc", curve: "brainpoolP256r1" } };
for (const [name, kind] of Object.entries(kinds)) {
  try {
    const userIDs = [{ email: "somebody@example.org" }];
    const { publicKey } = await openpgp.generateKey({ ...kind, userIDs, format: "object" });
    await openpgp.encrypt({ message: await openpgp.createMessage({ text: "text" }), encryptionKeys: publicKey });
    console.log(`${name}: encrypted`);
  } catch (fault) {
    console.log(`${name}: ${/Cannot find module .*\/([\w.]+)'/.exec(fault.message)?.[1] ?? fault.message} is missing`);
  }
}
END

echo "OpenPGP.js $(node -p 'require("./node_modules/openpgp/package.json").version'), Node.js $(node --version)"
alone=$(node try.mjs alone) whole=$(node try.mjs whole)
printf 'openpgp.min.mjs alone:\n%s\nwith the files beside it:\n%s\n' "$alone" "$whole"

expected=$'curve25519: encrypted\nrsa: encrypted\nbrainpool: noble_curves.min.mjs is missing'
[ "$alone" = "$expected" ] && [ "$(grep -c ": encrypted" <<< "$whole")" = 3 ] || { echo "This has changed." >&2; exit 1; }
