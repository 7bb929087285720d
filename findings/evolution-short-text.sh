#!/usr/bin/env bash
# Evolution 3.46 (evolution-data-server, Debian 12): a short decrypted text is thrown away where gpg is quick.
#
# Its library runs gpg, and takes a text only between the lines BEGIN_DECRYPTION and END_DECRYPTION that gpg tells on its status
# channel. In each round it reads that channel first and the text after it. Of a text below the size of a pipe (64 KiB) both are
# there at once when gpg is done: END_DECRYPTION is seen, and the text that stands ready is dropped. The call succeeds, says
# "encrypted", and gives an empty part; the user sees an empty message and no error. One processor makes it happen each time;
# with more it depends on who is quicker. A good engineer looks for the fault in the format of the mail. 3.56 (Debian 13) gives the text.
set -euo pipefail
python=/usr/bin/python3
$python -c 'import gi; gi.require_version("Camel", "1.2")' 2> /dev/null ||
    apt-get -qq -y install --no-install-recommends gir1.2-camel-1.2 python3-gi evolution-data-server-common gnupg > /dev/null
folder=$(mktemp -d)
export HOME=$folder GNUPGHOME=$folder/gnupg GSETTINGS_BACKEND=memory
trap 'gpgconf --kill all; rm -rf "$folder"' EXIT
cd "$folder"
mkdir -m 700 gnupg

gpg --batch --quiet --passphrase '' --quick-generate-key reader@example.org future-default default never 2> /dev/null
cat > decrypt.py << 'EOF'
import subprocess
import sys

import gi

gi.require_version("Camel", "1.2")
from gi.repository import Camel, Gio

inner = b"Content-Type: text/plain\n\n" + b"x" * int(sys.argv[1]) + b"\n"
encrypt = ["gpg", "--batch", "--quiet", "--armor", "--trust-model", "always", "--recipient", "reader@example.org", "--encrypt"]
armored = subprocess.run(encrypt, input=inner, capture_output=True, check=True).stdout
mail = (
    b'MIME-Version: 1.0\nContent-Type: multipart/encrypted; protocol="application/pgp-encrypted"; boundary="b"\n\n'
    b"--b\nContent-Type: application/pgp-encrypted\n\nVersion: 1\n\n"
    b"--b\nContent-Type: application/octet-stream\n\n" + armored + b"\n--b--\n"
)
Camel.init("camel", False)
session, empty = Camel.Session(user_data_dir="data", user_cache_dir="cache"), 0
for _ in range(5):
    message, part, out = Camel.MimeMessage(), Camel.MimePart(), Gio.MemoryOutputStream.new_resizable()
    message.construct_from_stream_sync(Camel.StreamMem.new_with_buffer(mail), None)
    Camel.GpgContext.new(session).decrypt_sync(message, part, None)
    part.write_to_output_stream_sync(out, None)
    out.close(None)
    empty += out.steal_as_bytes().get_size() < int(sys.argv[1])
print(empty)
EOF

version=$(dpkg-query --showformat '${Version}' --show gir1.2-camel-1.2)
short=$(taskset --cpu-list 0 $python decrypt.py 4000 2> /dev/null)
long=$(taskset --cpu-list 0 $python decrypt.py 200000 2> /dev/null)
echo "evolution-data-server $version: of 5 texts of 4,000 bytes $short came out empty, of 5 of 200,000 bytes $long"
[[ $version == 3.46.* && $short = 5 && $long = 0 ]] || { echo "This has changed." >&2; exit 1; }
