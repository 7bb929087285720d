#!/usr/bin/env bash
# GnuPG 2.2.40 (Debian 12) and 2.4.7 (Debian 13): an "&" in an address hides every term of an export filter that stands behind it.
#
# "&" is allowed in an address (RFC 5322 section 3.2.3), and the filter's terms are joined by "&&". gpg looks for the first "&" and, where
# no second one follows, for no more: all the rest is the value. So "mbox = jan&piet@example.org && revoked -f" asks for an
# address that nobody has, the key comes out without any name, and the status is 0. The same terms the other way round work.
set -euo pipefail
command -v gpg > /dev/null || apt-get -qq -y install --no-install-recommends gnupg > /dev/null
folder=$(mktemp -d)
export GNUPGHOME=$folder
trap 'gpgconf --kill all; rm -rf "$folder"' EXIT

for name in jan piet "jan&piet"; do
    gpg --batch --quiet --passphrase '' --quick-generate-key "$name@example.org" future-default default never 2> /dev/null
done

# $1: a filter; how many names come out with it
names() {
    gpg --batch --quiet --export-filter "keep-uid=$1" --export | gpg --batch --show-keys --with-colons 2> /dev/null | grep -c "^uid" || true
}

gpg --version | head -1
said=""
for filter in \
    "mbox = jan@example.org && revoked -f" "mbox = jan&piet@example.org && revoked -f" "revoked -f && mbox = jan&piet@example.org"; do
    found=$(names "$filter")
    printf '%-45s %s\n' "$filter" "$found"
    said+="$found "
done

[ "$said" = "1 0 1 " ] || { echo "This has changed." >&2; exit 1; }
