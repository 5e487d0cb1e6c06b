import type { Bytes32, TaskId } from "../../../node/core/ids.ts";
import type { Attestation, Proposal } from "../../../node/core/records.ts";
import type { FederationFixture } from "../federation-fixture.ts";

/** What is attested: a proposal of a round by its hash. */
export interface Attested {
  readonly taskId: TaskId;
  readonly round: number;
  readonly hash: Bytes32;
  readonly proposal: Proposal;
}

/** All participants attest, those count that committed, and the admin brings it: the proposal is accepted. */
export async function attestAll(
  { admin, participants }: FederationFixture,
  { taskId, round, hash, proposal }: Attested,
): Promise<void> {
  const attestations: Attestation[] = [];
  for (const { chain, account } of participants) {
    const signature = await chain.signAttestation(taskId, round, hash);
    attestations.push({ taskId, round, proposalHash: hash, attester: account, signature });
  }
  await admin.chain.send({ kind: "accept", taskId, round, proposal, attestations });
}
