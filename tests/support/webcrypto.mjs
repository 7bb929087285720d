// Imported before OpenPGP.js: every browser has this, but Node.js 18, which Debian 12 brings, has not.
import { webcrypto } from "node:crypto";

globalThis.crypto ??= webcrypto;
