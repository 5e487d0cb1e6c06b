import { z } from "zod";
import { hexEquals, toHex } from "../bytes/hex.ts";
import { itemAt, lastOf } from "../bytes/items.ts";
import { keccak256 } from "../bytes/keccak.ts";
import { FedledgerError } from "../errors/error.ts";
import type { Address, Hex, TaskId } from "../ids.ts";
import type { Member, TaskRules } from "../records.ts";
import { rulesHash } from "./commitment.ts";
import { decodeGrant, encodeGrant, type GrantedRole, isGrantBy, type RecoverGrantSigner } from "./role-grants.ts";

const hex = (bytes: number) =>
  z
    .string()
    .regex(new RegExp(`^0x[0-9a-fA-F]{${2 * bytes}}$`), `expected ${bytes} bytes in hexadecimal`)
    .transform((text) => text as Hex);
const uint32 = z.int().min(0).max(0xffff_ffff);
const signature = hex(65);

const schema = z.strictObject({
  format: z.literal("fedledger/invitation/1"),
  /** EIP-155 number of the chain. */
  chainId: z.int().min(1),
  /** Address of the federation. */
  federation: hex(20),
  /** keccak256 of the codes as they are deployed, by contract: the federation's, its court's, that of proofs. */
  codeHashes: z.record(z.string().min(1), hex(32)),
  /** The admin's account. Nothing is signed by it here: it may be a wallet. */
  admin: hex(20),
  /**
   * The key that signs grants, and its successors, each with the word of the one before it (EIP-712 GrantKey). The last
   * one counts.
   */
  grantKeys: z
    .array(z.strictObject({ key: hex(20), signature: signature.optional() }))
    .min(1)
    .refine((keys) => keys.every((key, i) => (i === 0) === (key.signature === undefined)), {
      error: "every grant key but the first has the signature of the one before it",
    }),
  /** Grants of earlier epochs count no more. */
  epoch: uint32,
  /** Grants of this epoch, for those who are to register them. */
  grants: z.array(z.strictObject({ account: hex(20), role: z.enum(["participant", "aggregator"]), signature })),
  /** Tasks that the invitation is for: keccak256 of their rules and of their specification's text. */
  tasks: z.array(z.strictObject({ taskId: uint32.min(1), rulesHash: hex(32), specHash: hex(32) })),
  /** JSON-RPC endpoints: a hint, believed in nothing. */
  rpc: z.array(z.string().min(1)),
});

/**
 * What the admin gave a member, in a file and never over an endpoint: the root of a member's trust. Its fields are
 * those of the file (docs/protocol/masks.md).
 */
export type Invitation = Readonly<z.infer<typeof schema>>;

/** The invitation in a file's text. Throws INVALID_INVITATION. */
export function parseInvitation(text: string): Invitation {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new FedledgerError("INVALID_INVITATION", { reason: "it is not JSON" }, error);
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = itemAt(parsed.error.issues, 0);
  throw new FedledgerError("INVALID_INVITATION", {
    reason: `${issue.path.join(".") || "all of it"}: ${issue.message}`,
  });
}

/** The text of an invitation's file. */
export function formatInvitation(invitation: Invitation): string {
  return `${JSON.stringify(invitation, undefined, 2)}\n`;
}

/** The key whose grants count: the last successor. */
export function grantKeyOf({ grantKeys }: Pick<Invitation, "grantKeys">): Address {
  return lastOf(grantKeys).key;
}

/** Who signed a record of a chain and federation: {@link ChainReader.recoverSigner} in node/ports fits. */
export type RecoverInvitedSigner = RecoverGrantSigner &
  ((record: {
    readonly type: "grant-key";
    readonly successor: Address;
    readonly signature: Hex;
  }) => Address | undefined);

/**
 * Holds an invitation against the chain that a node follows, and against itself: chain and federation are its own,
 * every grant key but the first is signed by the one before it, its grants by the last. Throws INVITATION_MISMATCH,
 * INVALID_INVITATION.
 */
export function checkInvitation(
  invitation: Invitation,
  chain: { readonly chainId: number; readonly federation: Address; readonly recoverSigner: RecoverInvitedSigner },
): void {
  const { chainId, federation, grantKeys, grants, epoch } = invitation;
  expectSame("chain", chainId, chain.chainId);
  expectSame("federation", federation, chain.federation);
  for (const [i, { key: successor, signature: word }] of grantKeys.entries()) {
    if (word === undefined) continue;
    const signer = chain.recoverSigner({ type: "grant-key", successor, signature: word });
    if (signer !== undefined && hexEquals(signer, itemAt(grantKeys, i - 1).key)) continue;
    throw new FedledgerError("INVALID_INVITATION", {
      reason: `grant key ${successor} is not signed by the one before it`,
    });
  }
  const falseGrant = grants.find(
    (grant) => !isGrantBy(grantKeyOf(invitation), { ...grant, epoch }, chain.recoverSigner),
  );
  if (falseGrant === undefined) return;
  throw new FedledgerError("INVALID_INVITATION", {
    reason: `the grant of ${falseGrant.account} is not signed by the grant key`,
  });
}

/**
 * Holds a task as an endpoint shows it against the invitation. Throws INVITATION_MISMATCH for other rules, another
 * specification, or a task that is not named.
 */
export function checkInvitedTask(
  { tasks }: Invitation,
  { taskId, rules, spec }: { readonly taskId: TaskId; readonly rules: TaskRules; readonly spec: string },
): void {
  const invited = tasks.find((task) => task.taskId === taskId);
  if (invited === undefined) {
    const expected = tasks.map((task) => task.taskId).join(", ") || "none";
    throw new FedledgerError("INVITATION_MISMATCH", { name: "task", expected, actual: taskId });
  }
  expectSame(`hash of the rules of task ${taskId}`, invited.rulesHash, rulesHash(rules));
  expectSame(`hash of the specification of task ${taskId}`, invited.specHash, specHashOf(spec));
}

/** keccak256 of a specification's text. */
export function specHashOf(spec: string): Hex {
  return toHex(keccak256(new TextEncoder().encode(spec)));
}

/**
 * Holds an invitation against the one that a member had before: of the same federation, with the same first grant key
 * and those that it knew, and of no earlier epoch. Throws INVITATION_NOT_CONTINUED.
 *
 * @param path where the former one is kept, for the error
 */
export function checkSuccession(before: Invitation, next: Invitation, path: string): void {
  const refuse = (reason: string) => new FedledgerError("INVITATION_NOT_CONTINUED", { reason, path });
  if (before.chainId !== next.chainId || !hexEquals(before.federation, next.federation)) {
    throw refuse("it is of another federation");
  }
  if (!before.grantKeys.every(({ key }, i) => hexEquals(key, next.grantKeys[i]?.key ?? ""))) {
    throw refuse("its grant keys do not continue those that were known");
  }
  if (next.epoch < before.epoch) throw refuse(`its epoch ${next.epoch} is before ${before.epoch}`);
}

/** The grant of an account in an invitation, as the account registers it; undefined where there is none. */
export function grantFor({ grants, epoch }: Invitation, account: Address, role?: GrantedRole): Hex | undefined {
  const isWanted = (grant: Invitation["grants"][number]) =>
    hexEquals(grant.account, account) && (role === undefined || grant.role === role);
  const grant = grants.find(isWanted);
  return grant && encodeGrant({ ...grant, epoch });
}

/**
 * Whether a member shows a grant of a role by the invitation's grant key, of its epoch or a later one: who knows a
 * later one has a newer invitation.
 */
export function isGranted(
  invitation: Invitation,
  member: Pick<Member, "account" | "contact">,
  role: GrantedRole,
  recoverSigner: RecoverGrantSigner,
): boolean {
  const registered = member.contact?.grant;
  const grant = registered === undefined ? undefined : decodeGrant(registered, member.account);
  if (grant === undefined || grant.role !== role || grant.epoch < invitation.epoch) return false;
  return isGrantBy(grantKeyOf(invitation), grant, recoverSigner);
}

function expectSame(name: string, expected: number | Hex, actual: number | Hex): void {
  if (hexEquals(String(expected), String(actual))) return;
  throw new FedledgerError("INVITATION_MISMATCH", { name, expected, actual });
}
