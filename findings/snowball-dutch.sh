#!/usr/bin/env bash
# snowballstemmer: the algorithm "dutch" of 2.2.0 and the one of 3.0.1 are two different stemmers under one name.
#
# A good engineer expects a stemmer to keep its answers, or to get a new name: an index that was built with one version is asked
# with another. From 3.0 on, "dutch" is the algorithm of Kraaij and Pohlmann; Porter's, which had the name before, is called
# "dutch_porter". The new one takes ge- off participles, the old one never did, so "gestalkt" (stalked) and "gevolgd" (followed)
# are found under other stems, without an error anywhere. Whoever updates has to build the index anew in the same step.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

for version in 2.2.0 3.0.1; do
    python3 -m pip install --quiet --disable-pip-version-check --target "$version" "snowballstemmer==$version"
done

stems() {
    PYTHONPATH=$1 python3 -c '
import sys, snowballstemmer
stemmer = snowballstemmer.stemmer(sys.argv[1])
print(*map(stemmer.stemWord, ["gestalkt", "gevolgd", "bedreigde", "brieven"]))' "$2"
}

old=$(stems 2.2.0 dutch) new=$(stems 3.0.1 dutch) renamed=$(stems 3.0.1 dutch_porter)
echo "words:               gestalkt gevolgd bedreigde brieven"
echo "2.2.0, dutch:        $old"
echo "3.0.1, dutch:        $new"
echo "3.0.1, dutch_porter: $renamed"

[ "$old" = "gestalkt gevolgd bedreigd briev" ] && [ "$new" = "stalk volg bedreig brief" ] && [ "$renamed" = "$old" ] \
    || { echo "This has changed." >&2; exit 1; }
