#!/usr/bin/env bash
# GnuPG 2.2.40 and 2.4.7: `gpg --no-options` skips the user's gpg.conf, and still obeys the machine's, /etc/gnupg/gpg.conf.
#
# The manual has it as "Shortcut for --options /dev/null", so a good engineer takes it for "no configuration", and a program that
# names its own home and all its options takes itself for independent of the machine. One line of the machine's file adds a reader
# to each message all the same, with status 0 and not a word. No option is against it: whoever must know for whom a message is
# locked has to look at its packets, or to run gpg where /etc/gnupg is empty.
# Needs root, for a copy of /etc that this script alone sees.
set -euo pipefail
[ "${1:-}" = alone ] || exec unshare --mount "$0" alone
command -v gpg > /dev/null || apt-get -qq -y install gpg gpg-agent > /dev/null
folder=$(mktemp -d)
trap 'gpgconf --homedir "$folder/home" --kill all; cd /; umount --lazy /etc "$folder/etc"; rm -rf "$folder"' EXIT
cd "$folder"
mkdir -m 700 home etc
mount -t tmpfs tmpfs etc
mkdir etc/upper etc/work
mount -t overlay -o "lowerdir=/etc,upperdir=$folder/etc/upper,workdir=$folder/etc/work" overlay /etc
mkdir -p /etc/gnupg
rm -f /etc/gnupg/*.conf

gpg=(gpg --no-options --homedir home --batch --quiet --no-tty --no-secmem-warning)
for name in meant other; do "${gpg[@]}" --passphrase "" --quick-generate-key "$name@example.org" future-default default 2> /dev/null; done
other=$("${gpg[@]}" --with-colons --list-keys other@example.org | awk -F: '$1 == "fpr" { print $10; exit }')
readers() {
    echo text | "${gpg[@]}" --always-trust --recipient meant@example.org --encrypt > message 2> said || { cat said >&2; exit 1; }
    "${gpg[@]}" --list-only --list-packets message 2> /dev/null | grep -c "pubkey enc packet"
}

gpg --version | head -1
alone=$(readers)
echo "recipient $other" > home/gpg.conf
users=$(readers)
rm home/gpg.conf
echo "recipient $other" > /etc/gnupg/gpg.conf
machines=$(readers)
echo "readers without any gpg.conf:                              $alone"
echo "with \"recipient OTHER\" in the user's gpg.conf:             $users"
echo "with \"recipient OTHER\" in /etc/gnupg/gpg.conf:             $machines, and gpg said: $(wc -c < said) bytes"

[ "$alone $users $machines $(wc -c < said)" = "1 1 2 0" ] || { echo "This has changed." >&2; exit 1; }
