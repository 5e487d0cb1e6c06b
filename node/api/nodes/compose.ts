import { join } from "node:path";
import { createAggregator } from "../../aggregator/create-aggregator.ts";
import type { Bytes32 } from "../../core/ids.ts";
import type { TaskView } from "../../core/record/task-view.ts";
import { createParticipant } from "../../participant/create-participant.ts";
import { requireMaskedTask } from "../../participant/masked/require-masked-task.ts";
import type { Trainer } from "../../ports/index.ts";
import { createSecretFile } from "../../system/secret-file.ts";
import { createWatcher } from "../../watcher/create-watcher.ts";
import { requireJoin, requireRead } from "../record/eligibility.ts";
import { createPublicMeasure } from "../tasks/test-set.ts";
import type { BondLimit } from "./bond-limit.ts";
import { holdPolicy } from "./hold-policy.ts";
import { withMemberGateways } from "./member-gateways.ts";
import { openTaskJournal } from "./node-folder.ts";
import type { MemberChoices, TaskChoices } from "./node-options.ts";
import { openLedger } from "./open-ledger.ts";
import type { RolePlan } from "./task-work.ts";

// The composition root: with open-node.ts, what all tasks share, the one place where adapters meet roles.

/** What a participant decides for itself. */
export interface ParticipantChoices extends MemberChoices {
  /** uint32, of the order in which examples are trained on; default 1. */
  readonly seed?: number | undefined;
  /**
   * Commit by its own transaction (default), or sign commitments that others bring to the chain together, and step in
   * where nobody does.
   */
  readonly commit?: "own" | "batched" | undefined;
  /**
   * Gives the hash of its data statement, which goes on the record; some tasks ask for one. Asked once the task is
   * known.
   */
  readonly statement?: (() => Promise<Bytes32>) | undefined;
  /** Train on a model that could not be recomputed, once nobody can prove it wrong any more; default false. */
  readonly trainOnUnchecked?: boolean | undefined;
  /**
   * File in which noise is counted, over tasks and federations; default noise-ledger.sqlite in the node's base folder.
   * Nodes on the same data must have the same one.
   */
  readonly ledger?: string | undefined;
  /** Go on where the account has signed before and the journal of it is lost; default false. */
  readonly journalLost?: boolean | undefined;
  /** Data set by name, from which a public test set may be made. */
  readonly data?: string | undefined;
}

/** What an aggregator decides for itself. */
export interface AggregatorChoices extends MemberChoices {
  /**
   * Most that may be locked in bonds of this account, all tasks of the federation together, wei; default no limit. A
   * task whose bond would exceed it is refused with BOND_LIMIT.
   */
  readonly maxBondWei?: bigint | undefined;
}

/** A participant: it trains with what `openTrainer` opens for the task (its owner is the caller). */
export function participantPlan(
  choices: TaskChoices & ParticipantChoices,
  openTrainer: (view: TaskView) => Promise<Trainer>,
): RolePlan {
  return {
    async admit({ chain, view, finality, invitation }) {
      await holdPolicy(choices.policy, chain, view, "participant");
      const confirmations = typeof finality === "string" ? finality : finality.confirmations;
      requireMaskedTask({ view, chainId: chain.chainId, confirmations, invitation, account: chain.account });
      await requireJoin(chain, view);
    },
    async create(deps, parts) {
      const { view, folder, baseFolder, onClose, encryptionKey, linger } = parts;
      const trainer = await openTrainer(view);
      onClose(() => trainer.close());
      const journal = await openTaskJournal(parts, deps.chain, choices);
      const ledger = await openLedger({ ledger: choices.ledger, directory: baseFolder }, deps.chain, view);
      const shareKeyFile = createSecretFile(join(folder, "share-key"));
      return createParticipant(
        { ...deps, trainer, journal, ledger, shareKeyFile },
        {
          encryptionKey,
          linger,
          seed: choices.seed ?? 1,
          commit: choices.commit ?? "own",
          trainOnUnchecked: choices.trainOnUnchecked ?? false,
          reenter: choices.reenter ?? false,
          dataBudget: choices.policy?.dataBudget,
          ...(choices.statement && { statement: await choices.statement() }),
        },
      );
    },
  };
}

/** An aggregator. */
export function aggregatorPlan(choices: TaskChoices & AggregatorChoices, bonds: BondLimit): RolePlan {
  return {
    async admit({ chain, view, onClose }) {
      await holdPolicy(choices.policy, chain, view, "aggregator");
      await requireRead(chain, view);
      if (choices.maxBondWei === undefined) return;
      await bonds.reserve(view, choices.maxBondWei);
      onClose(async () => bonds.release(view.taskId));
    },
    async create(deps, parts) {
      const { encryptionKey, linger } = parts;
      const wishes = { encryptionKey, linger, reenter: choices.reenter ?? false };
      return createAggregator({ ...deps, journal: await openTaskJournal(parts, deps.chain, unwarned) }, wishes);
    },
  };
}

/** A watcher: it need not be a member, so it also gets blobs from the members' gateways. */
export function watcherPlan(choices: TaskChoices): RolePlan {
  return {
    admit: async () => undefined,
    async create(deps, parts) {
      const { view, encryptionKey, linger } = parts;
      const journal = await openTaskJournal(parts, deps.chain, unwarned);
      const store = withMemberGateways(deps.store, deps.chain, deps.log);
      const measurePublicly = createPublicMeasure({
        ...deps,
        task: async () => view,
        store,
        keep: store.put,
        values: choices,
      });
      return createWatcher({ ...deps, journal, store, measurePublicly }, { encryptionKey, linger });
    },
  };
}

/** These write nothing down that may not be said twice. */
const unwarned = { journalLost: true };
