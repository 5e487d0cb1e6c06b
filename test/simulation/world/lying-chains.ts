import { chunkTreeRoot } from "../../../node/core/bytes/chunk-tree.ts";
import { contentIdOf } from "../../../node/core/bytes/content-id.ts";
import { toHex } from "../../../node/core/bytes/hex.ts";
import { bytesToLanes, lanesToBytes } from "../../../node/core/bytes/lanes.ts";
import { FedledgerError } from "../../../node/core/errors/error.ts";
import type { Bytes32 } from "../../../node/core/ids.ts";
import { updateRootOf } from "../../../node/core/words/commitment.ts";
import type { Chain, ChainCall } from "../../../node/ports/chain.ts";
import type { ModelChain } from "../model/model-chain.ts";
import type { SimulatedNode } from "./federation.ts";
import type { Fault } from "./scenario.ts";
import type { VirtualClock } from "./virtual-clock.ts";

// The chain as nodes see it that do not play fair, or that die at a certain call.

const madeUp = toHex(new Uint8Array(32).fill(9));

/** What such a node works with. */
interface Tools {
  readonly node: SimulatedNode;
  readonly chain: ModelChain;
  readonly clock: VirtualClock;
  readonly clipLanes: number;
}

/** The chain as this node sees it. */
export function connectAs(tools: Tools, faults: readonly Fault[]): Chain {
  const { node, chain } = tools;
  const honest = chain.connect(node.account);
  const of = <Kind extends Fault["kind"]>(kind: Kind) =>
    faults.find((fault): fault is Extract<Fault, { kind: Kind }> => fault.kind === kind);
  if (of("liar")) return forging(tools, (lanes) => node.host.store.put(lanes));
  if (of("hider")) return forging(tools, contentIdOf);
  if (of("dies-dealing") || of("false-key")) return dealingBadly(tools, of("false-key") !== undefined);
  if (of("false-sum")) return saying(honest, "propose", { openings: madeUp });
  if (of("false-update")) return saying(honest, "commit", { contentId: madeUp }, 1);
  if (of("invalid-update")) return exceeding(tools);
  const colludes = of("colludes");
  if (colludes) return colludes.selfConvicts ? honest : silent(honest);
  return of("dies-committing") ? deadly(tools) : honest;
}

/** Proposals name a model that this node made up, and stores or not. */
function forging({ node, chain }: Tools, nameOf: (bytes: Uint8Array) => Promise<Bytes32>): Chain {
  const honest = silent(chain.connect(node.account));
  return {
    ...honest,
    async send(call, options) {
      if (call.kind !== "propose") return await honest.send(call, options);
      const { modelRoot, contentId } = await forged(
        node,
        call.proposal.contentId,
        (lanes) => {
          lanes[3]! += 1;
        },
        nameOf,
      );
      return await honest.send({ ...call, proposal: { ...call.proposal, modelRoot, contentId } }, options);
    },
  };
}

/** Commits to an update with a lane beyond the clip. */
function exceeding({ node, chain, clipLanes }: Tools): Chain {
  const honest = chain.connect(node.account);
  return {
    ...honest,
    async send(call, options) {
      if (call.kind !== "commit") return await honest.send(call, options);
      const { modelRoot, contentId } = await forged(
        node,
        call.contentId,
        (lanes) => {
          lanes[5] = clipLanes + 1;
        },
        (bytes) => node.host.store.put(bytes),
      );
      return await honest.send({ ...call, contentId, updateRoot: updateRootOf(node.account, modelRoot) }, options);
    },
  };
}

async function forged(
  { host }: SimulatedNode,
  of: Bytes32,
  change: (lanes: Int32Array) => void,
  nameOf: (bytes: Uint8Array) => Promise<Bytes32>,
): Promise<{ modelRoot: Bytes32; contentId: Bytes32 }> {
  const lanes = bytesToLanes(host.blobs.get(of)!.slice());
  change(lanes);
  return { modelRoot: chunkTreeRoot(lanes), contentId: await nameOf(lanesToBytes(lanes)) };
}

/** Proves nothing. */
function silent(honest: Chain): Chain {
  return {
    ...honest,
    async send(call, options) {
      if (!call.kind.startsWith("prove")) return await honest.send(call, options);
      throw new FedledgerError("TRANSACTION_REVERTED", { call: call.kind, error: "NothingToTake", reason: "silent" });
    },
  };
}

/** Calls of a kind say something else, up to the last round if one is given. */
function saying(honest: Chain, kind: ChainCall["kind"], lie: object, lastRound = Number.POSITIVE_INFINITY): Chain {
  return {
    ...honest,
    send(call, options) {
      const isLie = call.kind === kind && "round" in call && call.round <= lastRound;
      return honest.send(isLie ? ({ ...call, ...lie } as ChainCall) : call, options);
    },
  };
}

/** The first group key of the task is dealt badly, if it is this node that deals it. */
function dealingBadly({ node, chain, clock }: Tools, isFalse: boolean): Chain {
  const honest = chain.connect(node.account);
  const isFirst = () => chain.events().every(({ name }) => name !== "Advertised");
  return {
    ...honest,
    // what is signed is what is said, so the lie comes before the signature
    signRecord: (record) =>
      honest.signRecord(
        isFalse && record.type === "advertisement" && isFirst() ? { ...record, seedHash: madeUp } : record,
      ),
    async send(call, options) {
      if (call.kind !== "advertise" || !isFirst()) return await honest.send(call, options);
      if (isFalse) {
        const signed = call.signed.map((one) =>
          one.participant === node.account ? { ...one, seedHash: madeUp } : one,
        );
        return await honest.send({ ...call, signed }, options);
      }
      honest.send(call, options).catch(() => undefined);
      await clock.sleep(50);
      node.gone = "dies-dealing";
      node.host.blobs.clear();
      node.mortal?.kill();
      return await new Promise(() => undefined);
    },
  };
}

/** The first commitment is the last thing that the process does. */
function deadly({ node, chain, clock }: Tools): Chain {
  const honest = chain.connect(node.account);
  return {
    ...honest,
    async send(call, options) {
      const isFirst = chain.commits.every(({ sender }) => sender !== node.account);
      const sent = honest.send(call, options);
      if (call.kind !== "commit" || !isFirst) return await sent;
      sent.catch(() => undefined);
      await clock.sleep(110);
      node.mortal?.kill();
      return await sent;
    },
  };
}
