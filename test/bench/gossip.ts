// What gossip that comes again costs a node, against a message whose signature it checks: node test/bench/gossip.ts
import type { PeerId } from "@libp2p/interface";
import type { Host } from "../../node/p2p/index.ts";
import { connectedHosts, stopAll } from "../support/processes/hosts.ts";

interface Frame {
  readonly subscriptions: never[];
  readonly messages: { readonly signature?: Uint8Array }[];
}

const topic = "/fedledger/bench/1";
const hosts = await connectedHosts(2);
const [sender, hearer] = hosts as [Host, Host];
const gossip = hearer.libp2p.services.pubsub as unknown as {
  handleReceivedRpc(from: PeerId, frame: Frame): Promise<void>;
};
const handle = gossip.handleReceivedRpc;
const heard = new Promise<{ from: PeerId; message: Frame["messages"][number] }>((resolve) => {
  gossip.handleReceivedRpc = (from, frame) => {
    const [message] = frame.messages;
    if (message) resolve({ from, message });
    return handle.call(gossip, from, frame);
  };
});
hearer.transport.subscribe(topic, () => "accept");
const again = setInterval(() => void sender.transport.publish(topic, new Uint8Array(700)), 200);
const { from, message } = await heard;
clearInterval(again);

const times = 2_000;
await cpuMs((i) => ({ ...message, signature: new Uint8Array(64).fill(i % 251) }), 8);
const knownMs = await cpuMs(() => message, times);
const checkedMs = await cpuMs((i) => ({ ...message, signature: new Uint8Array(64).fill(i % 251) }), 8);
process.stdout.write(
  `a message that came before ${knownMs.toFixed(4)} ms, one that is checked ${checkedMs.toFixed(4)} ms: ` +
    `${(checkedMs / knownMs).toFixed(0)} to 1\n`,
);
await stopAll(hosts);

/** Milliseconds of the processor for one message, on average. */
async function cpuMs(messageOf: (i: number) => Frame["messages"][number], count: number): Promise<number> {
  const before = process.cpuUsage();
  for (let i = 0; i < count; i++) await handle.call(gossip, from, { subscriptions: [], messages: [messageOf(i)] });
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000 / count;
}
