import { requireFunds, sendEther } from "../../chain/index.ts";
import { hexEquals } from "../../core/bytes/hex.ts";
import type { Address } from "../../core/ids.ts";
import type { Attributes, Role } from "../../core/records.ts";
import { noAttributes } from "../../core/task/access.ts";
import type { Chain } from "../../ports/index.ts";
import { createClock } from "../../system/index.ts";
import type { Account } from "./account.ts";
import { type EndpointOptions, logOf, urlsOf } from "./open-federation.ts";

/** More gas than giving one account a role takes. */
const grantGas = 200_000n;

/** Who becomes what. */
export interface NewMembers extends EndpointOptions {
  /** Of the chain's account, which pays. */
  readonly account: Account;
  readonly role: Role;
  readonly members: readonly Address[];
  /** Also send each so much ether, decimal text; default none. */
  readonly ether?: string | undefined;
  readonly onGranted?: ((granted: { readonly account: Address; readonly gasUsed: number }) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Gives accounts a role, as an admin, and ether to use it, where that is asked for: all of it is refused before
 * anything is sent where the admin cannot pay for both. Rejects with INVALID_CONFIG, INSUFFICIENT_FUNDS,
 * TRANSACTION_REVERTED, TRANSACTION_STUCK.
 */
export async function addMembers(chain: Chain, options: NewMembers): Promise<void> {
  const { account, role, members, ether, onGranted, signal } = options;
  const log = logOf(options);
  const { privateKey } = account;
  const payment = ether === undefined ? undefined : { urls: urlsOf(options), privateKey, to: members, ether, log };
  if (payment !== undefined) await requireFunds(payment, BigInt(members.length) * grantGas);
  for (const member of members) {
    const { gasUsed } = await chain.send({ kind: "grantRole", role, account: member }, signal ? { signal } : {});
    onGranted?.({ account: member, gasUsed });
  }
  if (payment !== undefined) await sendEther({ ...payment, clock: createClock() });
}

/** The attributes of accounts as admins last set them, those that differ changed; what is not given stays as it was. */
export async function changedAttributes(
  chain: Pick<Chain, "attributeChanges">,
  accounts: readonly Address[],
  changes: Partial<Attributes>,
): Promise<readonly { readonly account: Address; readonly attributes: Attributes }[]> {
  const said = await chain.attributeChanges();
  return accounts.map((account) => {
    const last = said.findLast((change) => hexEquals(change.account, account));
    return { account, attributes: { ...noAttributes, ...last?.attributes, ...changes } };
  });
}
