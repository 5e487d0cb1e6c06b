import type { GossipSub, GossipsubOpts, Message, TopicValidatorResult } from "@libp2p/gossipsub";
import { createTopicScoreParams, type PeerScore, type PeerScoreParams } from "@libp2p/gossipsub/score";
import type { PeerId } from "@libp2p/interface";
import { FedledgerError } from "../core/errors/error.ts";
import type { PeerIdText } from "../core/ids.ts";
import type { GossipVerdict, Log, Transport } from "../ports/index.ts";
import type { Admission } from "./admission.ts";
import type { GossipAllowance } from "./gossip-allowance.ts";
import type { P2pLimits } from "./limits.ts";
import type { Offence } from "./peer-score.ts";

type Listener = Parameters<Transport["subscribe"]>[1];

/** Announcements to everybody subscribed. */
export type Gossip = Pick<Transport, "publish" | "subscribe"> & {
  /** Joins the topics that were subscribed before the host had started. */
  begin(): void;
};

const severity: readonly GossipVerdict[] = ["accept", "ignore", "reject"];

/** A message that comes again is known by its signature, before that is checked: only true ones are known. */
export const knownBySignature: NonNullable<GossipsubOpts["fastMsgIdFn"]> = ({ signature }) =>
  Buffer.from(signature ?? []).toString("latin1");

/**
 * How gossipsub stands to peers. Below -80, its default, it looks at no frame of a peer. Many members may share an
 * address: who may be here is known by key.
 */
export function gossipScoring(admission: Pick<Admission, "gossipScore">): Partial<PeerScoreParams> {
  return { appSpecificScore: admission.gossipScore, appSpecificWeight: 1, IPColocationFactorWeight: 0 };
}

/** Of a topic only false messages count, their number squared: nine within seconds are too many. */
const falseMessages = createTopicScoreParams({
  topicWeight: 1,
  timeInMeshWeight: 0,
  firstMessageDeliveriesWeight: 0,
  meshMessageDeliveriesWeight: 0,
  meshFailurePenaltyWeight: 0,
  invalidMessageDeliveriesWeight: -1,
  invalidMessageDeliveriesDecay: 0.9,
});

/**
 * Gossip over gossipsub: signed by their authors, heard only from admitted ones, passed on only when accepted.
 *
 * A peer that brings more than its allowance is scored, not heard. With several listeners of a topic the most severe
 * verdict counts. A message that is not accepted is delivered all the same: the verdict is the listener's, given when
 * it has seen the message.
 */
export function createGossip(deps: {
  readonly pubsub: GossipSub;
  readonly isStarted: () => boolean;
  readonly admission: Admission;
  readonly allowance: GossipAllowance;
  readonly report: (peer: PeerIdText, offence: Offence) => void;
  readonly limits: Pick<P2pLimits, "messageBytes">;
  readonly log: Log;
}): Gossip {
  const { pubsub, isStarted, admission, allowance, report, limits, log } = deps;
  const topics = new Map<string, Set<Listener>>();
  // its parameters of topics are to be had before the topics are known, or by what its type does not show
  const { score: scores } = pubsub as GossipSub & { readonly score: PeerScore };

  async function judge(listeners: ReadonlySet<Listener>, source: PeerId, message: Message): Promise<GossipVerdict> {
    if (message.type !== "signed" || message.data.length > limits.messageBytes) return "reject";
    const author = message.from.toString();
    const sender = source.toString();
    if (!admission.admits(author) || !admission.admits(sender)) return "ignore";
    if (!allowance.take(sender, sender === author)) {
      report(sender, "flood");
      return "ignore";
    }
    const verdicts = await Promise.all(
      [...listeners].map(async (listener) => {
        try {
          return await listener(message.data, author);
        } catch (error) {
          log.warn("gossip listener failed", { topic: message.topic, reason: String(error) });
          return "ignore";
        }
      }),
    );
    return severity[Math.max(0, ...verdicts.map((verdict) => severity.indexOf(verdict)))] as GossipVerdict;
  }

  return {
    begin() {
      for (const topic of topics.keys()) pubsub.subscribe(topic);
    },
    async publish(topic, message) {
      if (message.length > limits.messageBytes) {
        const expected = `at most ${limits.messageBytes} bytes`;
        throw new FedledgerError("INVALID_ARGUMENT", { name: "message.length", value: message.length, expected });
      }
      if (!isStarted()) return;
      await pubsub.publish(topic, message);
    },
    subscribe(topic, onMessage) {
      let listeners = topics.get(topic);
      if (!listeners) {
        const own = new Set<Listener>();
        listeners = own;
        topics.set(topic, own);
        scores.params.topics[topic] = falseMessages;
        pubsub.topicValidators.set(topic, async (source, message) => {
          const verdict = await judge(own, source, message);
          if (verdict === "reject") report(source.toString(), "gossip");
          return verdict as TopicValidatorResult;
        });
        if (isStarted()) pubsub.subscribe(topic);
      }
      const listener: Listener = (message, from) => onMessage(message, from);
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
        if (listeners.size > 0 || topics.get(topic) !== listeners) return;
        topics.delete(topic);
        pubsub.topicValidators.delete(topic);
        if (isStarted()) pubsub.unsubscribe(topic);
      };
    },
  };
}
