"""OpenPGP and nothing of ours: gpg, the armor, the shape of a ciphertext, and what stands in key files."""
