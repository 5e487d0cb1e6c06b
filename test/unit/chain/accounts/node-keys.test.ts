import { ed25519, x25519 } from "@noble/curves/ed25519.js";
import { expect } from "chai";
import { x25519PublicKey } from "../../../../node/chain/accounts/node-keys.ts";
import { deriveNodeKeys } from "../../../../node/chain/index.ts";
import { fromHex, toHex } from "../../../../node/core/bytes/hex.ts";
import { FedledgerError } from "../../../../node/core/errors/error.ts";

describe("a node's keys", () => {
  const key = `0x${"5e".repeat(32)}`;

  it("are fixed by the account's key and differ from each other", () => {
    const { libp2pSeed, encryption } = deriveNodeKeys(key);
    expect(deriveNodeKeys(key)).to.deep.equal({ libp2pSeed, encryption });
    // Recorded: a change would give every node another identity.
    expect(toHex(libp2pSeed)).to.equal("0x9aa6833c3e9553fb499c5032ed513534d4dbb668ef426dd5b866d97996344d61");
    expect(encryption.publicKey).to.equal("0x9f11ad9b4d71b1432f7cc894360b83c00d1a3fb4f71c921f794db4faf41a5b6e");
    const all = [key, toHex(libp2pSeed), toHex(encryption.privateKey), toHex(ed25519.getPublicKey(libp2pSeed))];
    expect(new Set(all).size).to.equal(4);
    expect(deriveNodeKeys(`0x${"5f".repeat(32)}`).libp2pSeed).to.not.deep.equal(libp2pSeed);
  });

  it("have the X25519 public key of RFC 7748 section 6.1, and of another implementation", () => {
    const alice = fromHex("0x77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a");
    expect(x25519PublicKey(alice)).to.equal("0x8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a");
    const other = fromHex(key);
    expect(x25519PublicKey(other)).to.equal(toHex(x25519.getPublicKey(other)));
  });

  it("need 32 bytes", () => {
    for (const bad of ["", "0x12", key.slice(2), `${key}00`]) {
      expect(() => deriveNodeKeys(bad))
        .to.throw(FedledgerError)
        .with.property("code", "INVALID_CONFIG");
    }
  });
});
