import { join } from "node:path";
import { createAggregator } from "../../aggregator/create-aggregator.ts";
import { deriveNodeKeys, type Finality } from "../../chain/index.ts";
import type { Bytes32 } from "../../core/ids.ts";
import type { TaskView } from "../../core/record/task-view.ts";
import { isSealed } from "../../core/task/blob-length.ts";
import type { Invitation } from "../../core/words/invitation.ts";
import { createHost } from "../../p2p/index.ts";
import { createParticipant } from "../../participant/create-participant.ts";
import { requireMaskedTask } from "../../participant/masked/require-masked-task.ts";
import type { BlobStore, Chain, Trainer, Transport } from "../../ports/index.ts";
import type { RoleDeps, RoleProcess } from "../../rounds/machine/role-process.ts";
import { createClock, createRandom, openJournal } from "../../system/index.ts";
import { createSecretFile } from "../../system/secret-file.ts";
import { createWatcher } from "../../watcher/create-watcher.ts";
import { withInvitation } from "../invitations/invited.ts";
import { heldInvitation, keepInvitation } from "../invitations/keep-invitation.ts";
import { requireJoin, requireRead } from "../record/eligibility.ts";
import { finalityOf, logOf, openFederationAs } from "../record/open-federation.ts";
import { requireTask } from "../record/open-record.ts";
import { createPublicMeasure } from "../tasks/test-set.ts";
import { holdPolicy } from "./hold-policy.ts";
import { withMemberGateways } from "./member-gateways.ts";
import type { MemberChoices, NodeEvents, NodeOptions } from "./node-options.ts";
import { warnOfOneEndpoint } from "./one-endpoint.ts";
import { openGateway, openStore } from "./open-blobs.ts";

// The composition root: the one place where adapters meet roles. Read from top to bottom it is the architecture.

/** A node with its role, ready to start. */
export interface ComposedNode {
  readonly chain: Chain;
  readonly role: RoleProcess;
  /** Where auditors get its blobs by HTTP; absent when switched off. */
  readonly gatewayUrl: string | undefined;
  /** Stops the role, then everything below it, in the reverse order of opening. */
  close(): Promise<void>;
}

/** What a participant decides for itself. */
export interface ParticipantChoices extends MemberChoices {
  /** uint32, of the order in which examples are trained on; default 1. */
  readonly seed?: number | undefined;
  /**
   * Commit by its own transaction (default), or sign commitments that others bring to the chain together, and step in
   * where nobody does.
   */
  readonly commit?: "own" | "batched" | undefined;
  /** Gives the hash of its data statement for the record, once the task is known; some tasks ask for one. */
  readonly statement?: (() => Promise<Bytes32>) | undefined;
  /** Train on a model that could not be recomputed, once nobody can prove it wrong any more; default false. */
  readonly trainOnUnchecked?: boolean | undefined;
  /** Data set by name, from which a public test set may be made. */
  readonly data?: string | undefined;
}

/** A participant node: it trains with what `openTrainer` opens for the task (its owner is the caller). */
export function composeParticipant(
  options: NodeOptions & ParticipantChoices,
  events: NodeEvents,
  openTrainer: (view: TaskView) => Promise<Trainer>,
): Promise<ComposedNode> {
  const create: CreateRole = async (deps, { view, encryptionKey, directory, onClose }) => {
    const trainer = await openTrainer(view);
    onClose(() => trainer.close());
    const journal = openJournal(join(directory, "journal.sqlite"));
    onClose(() => journal.close());
    const shareKeyFile = createSecretFile(join(directory, `share-key-${deps.taskId}`));
    return createParticipant(
      { ...deps, trainer, journal, shareKeyFile },
      {
        encryptionKey,
        seed: options.seed ?? 1,
        commit: options.commit ?? "own",
        trainOnUnchecked: options.trainOnUnchecked ?? false,
        reenter: options.reenter ?? false,
        linger: options.linger ?? false,
        ...(options.statement && { statement: await options.statement() }),
      },
    );
  };
  return composeNode(options, events, create, async ({ chain, view, finality, invitation }) => {
    await holdPolicy(options.policy, chain, view, "participant");
    const confirmations = typeof finality === "string" ? finality : finality.confirmations;
    requireMaskedTask({ view, chainId: chain.chainId, confirmations, invitation, account: chain.account });
    await requireJoin(chain, view);
  });
}

/** An aggregator node. */
export function composeAggregator(options: NodeOptions & MemberChoices, events: NodeEvents): Promise<ComposedNode> {
  const create: CreateRole = async (deps, { encryptionKey, directory, onClose }) => {
    const journal = openJournal(join(directory, "journal.sqlite"));
    onClose(() => journal.close());
    const wishes = { reenter: options.reenter ?? false, linger: options.linger ?? false };
    return createAggregator({ ...deps, journal }, { encryptionKey, ...wishes });
  };
  return composeNode(options, events, create, async ({ chain, view }) => {
    await holdPolicy(options.policy, chain, view, "aggregator");
    await requireRead(chain, view);
  });
}

/** A watcher node: it need not be a member, so it also gets blobs from the members' gateways. */
export function composeWatcher(options: NodeOptions, events: NodeEvents): Promise<ComposedNode> {
  return composeNode(options, events, async (deps, { view, encryptionKey, directory, onClose }) => {
    const journal = openJournal(join(directory, "journal.sqlite"));
    onClose(() => journal.close());
    const store = withMemberGateways(deps.store, deps.chain, deps.log);
    const measurePublicly = createPublicMeasure({
      ...deps,
      task: async () => view,
      store,
      keep: store.put,
      values: options,
    });
    return createWatcher(
      { ...deps, journal, store, measurePublicly },
      { encryptionKey, linger: options.linger ?? false },
    );
  });
}

/** What of a node is not a port of its role. */
export interface NodeParts {
  /** The task as it was when the node was opened. */
  readonly view: TaskView;
  readonly encryptionKey: `0x${string}`;
  readonly directory: string;
  onClose(close: () => Promise<unknown>): void;
}

/** Makes the role on everything below it. */
export type CreateRole = (deps: RoleDeps, parts: NodeParts) => Promise<RoleProcess>;

/** What a node knows before it opens anything but the chain. */
export interface FoundTask {
  readonly chain: Chain;
  readonly view: TaskView;
  readonly finality: Finality;
  readonly invitation: Invitation | undefined;
}

/**
 * Everything of a node below its role, and the role that `createRole` makes on it; closed again when that fails.
 *
 * @param admit rejects where the task is none for this account in this role; asked before anything is opened or kept
 */
export async function composeNode(
  given: NodeOptions & { readonly data?: string | undefined },
  { log: said, onProgress, onReceived = () => undefined }: NodeEvents,
  createRole: CreateRole,
  admit: (found: FoundTask) => Promise<void> = async () => undefined,
): Promise<ComposedNode> {
  const log = logOf({ log: said });
  const closers: (() => Promise<unknown>)[] = [];
  const onClose = (close: () => Promise<unknown>) => closers.unshift(close);
  const close = async () => {
    for (const each of closers.splice(0))
      await each().catch((error: unknown) => log.warn("Closing a part of the node failed", { error }));
  };
  try {
    // what the admin said
    const options = withInvitation(given);
    // who we are
    const { account } = options;
    const keys = deriveNodeKeys(account.privateKey);
    // the record
    const finality = await finalityOf({ ...options, log });
    const chain = await openFederationAs({ ...options, ...told(finality), log: log.child({ module: "chain" }) });
    const directory = options.directory ?? usualDirectory(chain);
    // the task: what it is said to be, and whether it is one for us
    const { taskId, invitation } = await heldInvitation(options, { chain, directory });
    const view = await requireTask({ chain, taskId }, invitation);
    await admit({ chain, view, finality, invitation });
    warnOfOneEndpoint(options, view, log);
    if (invitation !== undefined) await keepInvitation(invitation, directory);
    // the network
    const host = await createHost({
      seed: keys.libp2pSeed,
      listen: options.listen ?? ["/ip4/127.0.0.1/tcp/0"],
      clock: createClock(),
      mdns: options.mdns ?? false,
      log: log.child({ module: "p2p" }),
    });
    await host.start();
    onClose(() => host.stop());
    // the blobs
    const store = await openStore(options, host, directory, log.child({ module: "storage" }));
    onClose(() => store.close());
    const gateway = await openGateway(options, store.blocks, log, () => !isSealed(view));
    if (gateway) onClose(() => gateway.stop());
    // the role
    const counted = counting(store, onReceived);
    const role = await createRole(
      {
        taskId,
        chain,
        store: counted,
        transport: announcing(host.transport, options.announce, gateway?.multiaddr()),
        clock: createClock(),
        random: createRandom(),
        keys: keys.encryption,
        log,
        ...(onProgress && { onProgress }),
        measurePublicly: createPublicMeasure({
          chain,
          task: async () => view,
          store: counted,
          keep: counted.put,
          values: options,
          log,
        }),
        firstHead: view.firstHead,
        ...(invitation && { invitation }),
      },
      { view, encryptionKey: keys.encryption.publicKey, directory, onClose },
    );
    onClose(() => role.stop());
    return { chain, role, gatewayUrl: gateway?.url(), close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Where a node keeps what it has where nothing is said: numbers of tasks mean something in one federation only. */
function usualDirectory({ chainId, federation, account }: Chain): string {
  return join(".fedledger", `${chainId}-${federation}`, account);
}

/** A finality as the option says it. */
function told(finality: Finality) {
  return { confirmations: typeof finality === "string" ? finality : finality.confirmations };
}

/** The store, telling how many bytes came from other members. */
function counting(store: BlobStore, onReceived: (bytes: number) => void): BlobStore {
  return {
    ...store,
    get: async (contentId, options) => {
      let received = 0;
      const bytes = await store.get(contentId, {
        ...options,
        onProgress: (progress) => {
          if (progress.from !== "local") received = progress.bytes;
          options.onProgress?.(progress);
        },
      });
      if (received > 0) onReceived(received);
      return bytes;
    },
  };
}

/**
 * The transport with the addresses that the registry is to list: the announced ones or those listened on, and the
 * gateway's.
 */
function announcing(
  transport: Transport,
  announce: readonly string[] | undefined,
  gateway: string | undefined,
): Transport {
  return {
    ...transport,
    multiaddrs: () => [...(announce ?? transport.multiaddrs()), ...(gateway ? [gateway] : [])],
  };
}
