// A key with one more encryption subkey, the newest, of a kind that neither gpg nor OpenPGP.js knows, as Proton makes post-quantum
// ones; rightly bound by the key itself. Given a private key without a passphrase; both halves, in packets.
export async function withUnknownSubkey(openpgp, key) {
  const created = key.getCreationTime(), seconds = Math.floor(created / 1000);
  const material = Buffer.concat([Buffer.from([4, seconds >> 24 & 255, seconds >> 16 & 255, seconds >> 8 & 255, seconds & 255, 35]), crypto.getRandomValues(new Uint8Array(1216))]);
  const binding = Object.assign(new openpgp.SignaturePacket(), {
    signatureType: openpgp.enums.signature.subkeyBinding, publicKeyAlgorithm: key.keyPacket.algorithm, hashAlgorithm: openpgp.enums.hash.sha512, keyFlags: [12],
  });
  const bind = { writeForHash: () => Buffer.concat([Buffer.from([0x99, material.length >> 8, material.length & 255]), material]) };
  await binding.sign(key.keyPacket, { key: key.keyPacket, bind }, created, false, openpgp.config);
  const secret = Buffer.concat([material, Buffer.from([0]), crypto.getRandomValues(new Uint8Array(96))]);
  const more = (tag, body) => [packet(tag, body), packet(openpgp.enums.packet.signature, binding.write())];
  return {
    secret: Buffer.concat([key.write(), ...more(openpgp.enums.packet.secretSubkey, secret)]),
    public: Buffer.concat([key.toPublic().write(), ...more(openpgp.enums.packet.publicSubkey, material)]),
  };
}

const packet = (tag, body) => Buffer.concat([Buffer.from([0xc0 | tag, 255, 0, 0, body.length >> 8, body.length & 255]), body]);
