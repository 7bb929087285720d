#!/usr/bin/env bash
# SpamAssassin 4.0.1 (Debian 12): four characters behind a placeholder make a subject one that is "all capitals".
#
# RFC 9788 has "[...]" for the subject of an encrypted mail. A program that threads by subject makes one conversation of all of them,
# so a good engineer puts a short code behind it, as "[...] 3F7K", and reads that the rule SUBJ_ALL_CAPS leaves short subjects and
# those of one word alone. Both are told before all but letters are struck out: ten characters with a space are neither short nor
# one word, and of what is left, "FK", everything is a capital. It costs half a point; the same code in small letters, or the
# placeholder alone, costs nothing.
set -euo pipefail
command -v spamassassin > /dev/null || apt-get -qq -y install --no-install-recommends spamassassin > /dev/null
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

is_shouting() {
    printf 'From: form@example.org\nTo: reader@example.net\nSubject: %s\nDate: %s\nMessage-ID: <1@example.org>\n\ntext\n' "$1" "$(date -R)" |
        HOME=$folder spamassassin --local --test-mode --prefs-file /dev/null 2> /dev/null | grep -q "SUBJ_ALL_CAPS" && echo yes || echo no
}

spamassassin --version | head -1
said=""
for subject in "[...]" "[...] 3F7K" "[...] 3f7k" "[...]3F7K"; do
    shouting=$(is_shouting "$subject")
    printf 'SUBJ_ALL_CAPS for %-12s %s\n' "$subject" "$shouting"
    said+="$shouting "
done

[ "$said" = "no yes no no " ] || { echo "This has changed." >&2; exit 1; }
