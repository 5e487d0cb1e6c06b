import type { GossipSub, Message, TopicValidatorResult } from "@libp2p/gossipsub";
import type { PeerId } from "@libp2p/interface";
import { FedledgerError } from "../core/errors/error.ts";
import type { PeerIdText } from "../core/ids.ts";
import type { GossipVerdict, Log, Transport } from "../ports/index.ts";
import type { Admission } from "./admission.ts";
import type { P2pLimits } from "./limits.ts";
import type { Offence } from "./peer-score.ts";

type Listener = Parameters<Transport["subscribe"]>[1];

/** Announcements to everybody subscribed. */
export type Gossip = Pick<Transport, "publish" | "subscribe"> & {
  /** Joins the topics that were subscribed before the host had started. */
  begin(): void;
};

const severity: readonly GossipVerdict[] = ["accept", "ignore", "reject"];

/**
 * Gossip over gossipsub: signed by their authors, heard only from admitted ones, passed on only when accepted.
 *
 * With several listeners of a topic the most severe verdict counts. A message that is not accepted is delivered all the
 * same: the verdict is the listener's, given when it has seen the message.
 */
export function createGossip(deps: {
  readonly pubsub: GossipSub;
  readonly isStarted: () => boolean;
  readonly admission: Admission;
  readonly report: (peer: PeerIdText, offence: Offence) => void;
  readonly limits: Pick<P2pLimits, "messageBytes">;
  readonly log: Log;
}): Gossip {
  const { pubsub, isStarted, admission, report, limits, log } = deps;
  const topics = new Map<string, Set<Listener>>();

  async function judge(listeners: ReadonlySet<Listener>, source: PeerId, message: Message): Promise<GossipVerdict> {
    if (message.type !== "signed" || message.data.length > limits.messageBytes) return "reject";
    const author = message.from.toString();
    if (!admission.admits(author) || !admission.admits(source.toString())) return "ignore";
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
