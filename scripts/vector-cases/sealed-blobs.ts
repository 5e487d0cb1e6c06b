import { toHex } from "../../node/core/bytes/hex.ts";
import { lanesToBytes } from "../../node/core/bytes/lanes.ts";
import type { Address, Bytes32 } from "../../node/core/ids.ts";
import type { SealedName } from "../../node/ports/index.ts";
import { keyringBytes, secretCheck } from "../../node/privacy/sealed/keyring.ts";
import { blobKeys, sealBlob } from "../../node/privacy/sealed/sealed-blob.ts";
import { randomLanes } from "./lanes.ts";

const repeated = <T>(byte: string, length: number) => `0x${byte.repeat(length)}` as T;
const task = { chainId: 31337, federation: repeated<Address>("fe", 20), taskId: 3 };
const secret = Uint8Array.from({ length: 32 }, (_, i) => i);
const keyring = { contentId: repeated<Bytes32>("cd", 32), lengthBytes: keyringBytes(5) };

/** Checks of secrets, keys, and sealed blobs of one to a hundred lanes. */
export function sealedBlobCases(): unknown[] {
  const named = (count: number, name: SealedName) => {
    const plaintext = lanesToBytes(randomLanes(count, count));
    const seal = { task, name, keyring, secret };
    const { key, nonce } = blobKeys(seal);
    return {
      name: `${name.purpose} of ${count} lanes`,
      ...task,
      ...name,
      secret: toHex(secret),
      check: toHex(secretCheck(secret, { task, sender: name.sender })),
      keyring: keyring.contentId,
      keyringBytes: keyring.lengthBytes,
      key: toHex(key),
      nonce: toHex(nonce),
      plaintext: toHex(plaintext),
      sealed: toHex(sealBlob(plaintext, seal)),
    };
  };
  return [
    named(1, { round: 1, sender: repeated("a1", 20), purpose: "update", root: repeated("ab", 32) }),
    named(1, { round: 1, sender: repeated("a1", 20), purpose: "model", root: repeated("ab", 32) }),
    named(64, { round: 2, sender: repeated("a2", 20), purpose: "update", root: repeated("ba", 32) }),
    named(100, { round: 0xffff, sender: repeated("a1", 20), purpose: "update", root: repeated("ab", 32) }),
  ];
}
