import type { PeerScore } from "@libp2p/gossipsub/score";
import type { PeerId } from "@libp2p/interface";
import { expect } from "chai";
import { FedledgerError } from "../../../node/core/errors/error.ts";
import type { Host } from "../../../node/p2p/index.ts";
import type { GossipVerdict } from "../../../node/ports/index.ts";
import { expectCode } from "../../support/expect-code.ts";
import {
  connectedHosts,
  hostOf,
  listing,
  stopAll,
  untilConnected,
  untilDisconnected,
} from "../../support/processes/hosts.ts";

const topic = "/fedledger/test/1";
const text = (message: Uint8Array) => new TextDecoder().decode(message);
const bytes = (message: string) => new TextEncoder().encode(message);

/** Collects what a host hears; `next` resolves with the next message. */
function ear(host: Host, verdict: GossipVerdict = "accept") {
  const heard: { text: string; from: string }[] = [];
  let wake = () => {};
  const stop = host.transport.subscribe(topic, (message, from) => {
    heard.push({ text: text(message), from });
    wake();
    return verdict;
  });
  const next = async (count: number) => {
    while (heard.length < count) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    return heard[count - 1];
  };
  return { heard, next, stop };
}

/**
 * Publishes at each heartbeat until all ears have heard it; forgets these messages. Before, streams may not be open
 * yet.
 */
async function warmUp(host: Host, ...ears: ReturnType<typeof ear>[]): Promise<void> {
  const pubsub = host.libp2p.services.pubsub as unknown as EventTarget;
  const publish = () => host.transport.publish(topic, bytes("hello"));
  pubsub.addEventListener("gossipsub:heartbeat", publish);
  await Promise.all([publish(), ...ears.map((each) => each.next(1))]);
  pubsub.removeEventListener("gossipsub:heartbeat", publish);
  for (const each of ears) each.heard.length = 0;
}

interface Frame {
  readonly subscriptions: never[];
  readonly messages: { readonly signature?: Uint8Array }[];
}

/** What gossipsub does not show of itself. */
function gossipOf(host: Host) {
  return host.libp2p.services.pubsub as unknown as {
    readonly score: PeerScore;
    handleReceivedRpc(from: PeerId, frame: Frame): Promise<void>;
  };
}

const frameOf = (message: Frame["messages"][number]): Frame => ({ subscriptions: [], messages: [message] });

/** Keeps the last message that came to a host as it was sent. */
function framesTo(host: Host): () => { from: PeerId; message: Frame["messages"][number] } {
  const gossip = gossipOf(host);
  const handle = gossip.handleReceivedRpc;
  let last: { from: PeerId; message: Frame["messages"][number] } | undefined;
  gossip.handleReceivedRpc = (from, frame) => {
    const [message] = frame.messages;
    if (message) last = { from, message };
    return handle.call(gossip, from, frame);
  };
  return () => last as NonNullable<typeof last>;
}

/** The score now, not the one that gossipsub remembers for a second. */
function scoreOf(host: Host, peer: string): number {
  const { score } = gossipOf(host);
  score.scoreCache.clear();
  return score.score(peer);
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

describe("gossip", () => {
  let hosts: Host[] = [];
  afterEach(() => stopAll(hosts));

  it("reaches everybody, names the author, and the same message can be sent again", async () => {
    hosts = await connectedHosts(3);
    const [a, b, c] = hosts as [Host, Host, Host];
    const [ofB, ofC] = [ear(b), ear(c)];
    await warmUp(a, ofB, ofC);
    await a.transport.publish(topic, bytes("round 1 is open"));
    const from = a.transport.peerId;
    expect(await ofB.next(1)).to.deep.equal({ text: "round 1 is open", from });
    expect(await ofC.next(1)).to.deep.equal({ text: "round 1 is open", from });
    await a.transport.publish(topic, bytes("round 1 is open"));
    expect(await ofB.next(2)).to.deep.equal({ text: "round 1 is open", from });
  });

  it("is not heard from a listener that stopped, nor by a listener before start", async () => {
    hosts = await Promise.all([hostOf(1), hostOf(2)]);
    const [a, b] = hosts as [Host, Host];
    const early = ear(b);
    await a.transport.publish(topic, bytes("nobody hears this"));
    await Promise.all(hosts.map((host) => host.start()));
    const both = Promise.all([untilConnected(a, 1), untilConnected(b, 1)]);
    a.transport.admit([listing(b)]);
    b.transport.admit([listing(a)]);
    await both;
    await warmUp(a, early);
    await a.transport.publish(topic, bytes("first"));
    expect((await early.next(1))?.text).to.equal("first");
    const late = ear(b);
    early.stop();
    await a.transport.publish(topic, bytes("second"));
    await late.next(1);
    expect(early.heard).to.have.length(1);
  });

  it("cuts off a peer whose messages are rejected again and again", async () => {
    hosts = await connectedHosts(2);
    const [a, b] = hosts as [Host, Host];
    const ofB = ear(b, "ignore");
    await warmUp(a, ofB);
    ear(b, "reject");
    const gone = untilDisconnected(a, b.transport.peerId);
    for (let i = 0; i < 5; i++) {
      await a.transport.publish(topic, bytes(`nonsense ${i}`));
      await ofB.next(i + 1);
    }
    await gone;
    expect(b.transport.connected()).to.deep.equal([]);
  });

  it("cuts off a peer that floods, with whatever its words are worth", async () => {
    hosts = await connectedHosts(2);
    const [a, b] = hosts as [Host, Host];
    const ofB = ear(b);
    await warmUp(a, ofB);
    const gone = untilDisconnected(a, b.transport.peerId);
    for (let i = 0; i < 2_000; i++) await a.transport.publish(topic, bytes(`again ${i}`));
    await gone;
    expect(ofB.heard.length).to.be.lessThan(1_000);
    expect(scoreOf(b, a.transport.peerId)).to.be.lessThan(-80);
  });

  it("knows a message that comes again before its signature is checked", async () => {
    hosts = await connectedHosts(2);
    const [a, b] = hosts as [Host, Host];
    const ofB = ear(b);
    await warmUp(a, ofB);
    const last = framesTo(b);
    await a.transport.publish(topic, bytes("once"));
    await ofB.next(1);
    const { from, message } = last();
    const startMs = cpuMs();
    for (let i = 0; i < 2_000; i++) await gossipOf(b).handleReceivedRpc(from, frameOf(message));
    const knownMs = cpuMs() - startMs;
    // another signature has to be checked, and is false
    const checkedMs = cpuMs();
    for (let i = 0; i < 200; i++) {
      const signature = new Uint8Array(64).fill(i);
      await gossipOf(b).handleReceivedRpc(from, frameOf({ ...message, signature }));
    }
    expect(knownMs / 10, "as many").to.be.lessThan((cpuMs() - checkedMs) / 2);
    expect(ofB.heard).to.have.length(1);
  });

  it("looks at no frame of a peer that brings messages with false signatures", async () => {
    hosts = await connectedHosts(2);
    const [a, b] = hosts as [Host, Host];
    const ofB = ear(b);
    await warmUp(a, ofB);
    const last = framesTo(b);
    await a.transport.publish(topic, bytes("once"));
    await ofB.next(1);
    const { from, message } = last();
    for (let i = 0; i < 20; i++) {
      await gossipOf(b).handleReceivedRpc(from, frameOf({ ...message, signature: new Uint8Array(64).fill(i) }));
    }
    expect(scoreOf(b, from.toString())).to.be.lessThan(-80);
  });

  it("does not take members for one because they share an address", async () => {
    const members = await Promise.all(Array.from({ length: 13 }, (_, i) => hostOf(i + 1)));
    hosts = members;
    await Promise.all(hosts.map((host) => host.start()));
    const [first, ...others] = members as [Host, ...Host[]];
    const all = untilConnected(first, others.length);
    first.transport.admit(others.map(listing));
    for (const other of others) other.transport.admit([listing(first)]);
    await all;
    const { score } = gossipOf(first);
    const known = () => [...score.peerStats.values()].filter(({ knownIPs }) => knownIPs.size > 0).length;
    for (let i = 0; known() < others.length && i < 500; i++) await new Promise((resolve) => setTimeout(resolve, 10));
    const scores = others.map(({ transport }) => scoreOf(first, transport.peerId));
    expect(Math.min(...scores)).to.equal(0);
  });

  it("outlives a listener that fails", async () => {
    hosts = await connectedHosts(2);
    const [a, b] = hosts as [Host, Host];
    b.transport.subscribe(topic, () => {
      throw new FedledgerError("INVALID_ARGUMENT", {});
    });
    const ofB = ear(b);
    await warmUp(a, ofB);
    await a.transport.publish(topic, bytes("one"));
    await a.transport.publish(topic, bytes("two"));
    expect((await ofB.next(2))?.text).to.equal("two");
  });

  it("takes 64 KiB and refuses more", async () => {
    hosts = await connectedHosts(2);
    const [a, b] = hosts as [Host, Host];
    const ofB = ear(b);
    await warmUp(a, ofB);
    await a.transport.publish(topic, new Uint8Array(65_536).fill(97));
    expect((await ofB.next(1))?.text).to.have.length(65_536);
    await expectCode("INVALID_ARGUMENT", () => a.transport.publish(topic, new Uint8Array(65_537)));
  });
}).timeout(10_000);
