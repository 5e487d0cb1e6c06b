import type { RoundView, TaskView } from "../../../node/core/record/task-view.ts";
import { keyBlobBytesOf, openKeyBlob } from "../../../node/privacy/encrypted/key-blob.ts";
import { drawnBySlot } from "../../../node/rounds/steps/mask-queries.ts";
import { modelDeployment } from "../model/model-storage.ts";
import { allBlobs, type SimulatedFederation, simulatedBfv } from "./federation.ts";

/** Opens the sum of an encrypted round with the key of somebody drawn in it; undefined in tasks of other modes. */
export async function openerOf(
  { nodes }: SimulatedFederation,
  view: TaskView,
  round: RoundView,
): Promise<((sum: Uint8Array) => Promise<Int32Array>) | undefined> {
  const [dealt] = round.advertisements ?? [];
  if (view.rules.mode !== "encrypted" || dealt === undefined) return undefined;
  const blob = allBlobs(nodes).get(dealt.sharesId)?.subarray(0, keyBlobBytesOf(round.drawn));
  const { taskId, rules } = view;
  const context = { ...modelDeployment, taskId, round: round.round, start: round.start, dealer: dealt.participant };
  for (const [slot, me] of drawnBySlot(view, round)) {
    const { privateKey } = nodes.find(({ account }) => account === me)!.keys;
    const about = {
      bfv: simulatedBfv,
      blob: blob!.slice(),
      context,
      hashes: dealt,
      drawn: round.drawn,
      slot,
      me,
      privateKey,
    };
    const key = await openKeyBlob(about).catch(() => undefined);
    if (key !== undefined) return (sum) => simulatedBfv.decrypt(key.secretKey, sum, rules.parameterCount);
  }
  return undefined;
}
