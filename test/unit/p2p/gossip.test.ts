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
});
