import type { JsonRpcError } from "../endpoints/json-rpc-answer.ts";

/** What an endpoint's refusal of a raw transaction means. */
export type SendRefusal = "already-known" | "nonce-used" | "nonce-too-high" | "underpriced" | "no-funds" | "other";

// The texts of geth, Nethermind, Besu, Erigon, Reth, Hardhat and anvil; no code tells these apart.
const texts: readonly (readonly [SendRefusal, RegExp])[] = [
  [
    "already-known",
    /already ?known|known transaction|already imported|already exists|already in (?:the )?(?:mem)?pool/i,
  ],
  [
    "nonce-used",
    /nonce.{0,20}too low|nonce_too_low|old ?nonce|nonce has already been used|invalid nonce.*expected|below.*nonce/i,
  ],
  ["nonce-too-high", /nonce.{0,20}too high|nonce gap|nonce.*too distant/i],
  [
    "underpriced",
    /underpriced|fee too low|max fee per gas less than block base fee|feetoolow|replacement.*(?:fee|price)|gas price.*(?:below|too low|minimum)|maxFeePerGas.*too low/i,
  ],
  ["no-funds", /insufficient (?:funds|balance)|(?:doesn't|does not) have enough funds|upfront cost exceeds/i],
];

/** Reads a refusal of eth_sendRawTransaction. */
export function classifySendRefusal(error: JsonRpcError): SendRefusal {
  return texts.find(([, pattern]) => pattern.test(error.message))?.[0] ?? "other";
}
