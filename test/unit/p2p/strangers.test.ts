import { connect, type Socket } from "node:net";
import { multiaddr } from "@multiformats/multiaddr";
import { expect } from "chai";
import { hostOf } from "../../../node/p2p/door.ts";
import type { Host } from "../../../node/p2p/index.ts";
import {
  listing,
  hostOf as newHost,
  stopAll,
  untilConnected,
  untilDisconnected,
} from "../../support/processes/hosts.ts";

/** What the tests opened. */
const opened = new Set<Socket>();

/** A connection that says nothing. */
function silent(port: number, localAddress = "127.0.0.1"): Socket {
  const socket = connect({ host: "127.0.0.1", port, localAddress });
  socket.on("error", () => {});
  socket.once("close", () => opened.delete(socket));
  opened.add(socket);
  return socket;
}

/** Silent connections to a host: whoever is closed is followed by another, from the next address. */
function flood(port: number, count: number, addresses: readonly string[]) {
  let sent = 0;
  let isOver = false;
  const full = Promise.withResolvers<void>();
  const open = () => {
    if (isOver) return;
    const socket = silent(port, addresses[sent++ % addresses.length]);
    if (sent === count) socket.once("connect", full.resolve);
    socket.once("close", () => setTimeout(open, 25));
  };
  for (let i = 0; i < count; i++) open();
  const stop = () => {
    isOver = true;
  };
  return { isFull: full.promise, stop };
}

const portOf = (host: Host) => Number(/\/tcp\/(\d+)/.exec(host.transport.multiaddrs()[0] as string)?.[1]);
/** Addresses of this machine, of which none is the members'. */
const others = (count: number) => Array.from({ length: count }, (_, i) => `127.0.1.${i + 1}`);

describe("strangers at a host's port", () => {
  let hosts: Host[] = [];
  let stop = () => {};
  let isOver = false;
  beforeEach(() => {
    isOver = false;
  });
  afterEach(async () => {
    isOver = true;
    stop();
    for (const socket of opened) socket.destroy();
    await stopAll(hosts);
  });

  async function until(isSo: () => boolean): Promise<void> {
    while (!isSo() && !isOver) await new Promise((resolve) => setImmediate(resolve));
  }

  async function started(options: Parameters<typeof newHost>[1] = {}): Promise<[Host, Host]> {
    hosts = [await newHost(1, options), await newHost(2)];
    for (const host of hosts) await host.start();
    return hosts as [Host, Host];
  }

  async function letsIn(host: Host, newcomer: Host): Promise<void> {
    const { multiaddrs } = listing(newcomer);
    // the newcomer dials: the host knows no port of it
    const noPort = multiaddrs.map((text) => text.replace(/tcp\/\d+/, "tcp/1"));
    host.transport.admit([{ peerId: newcomer.transport.peerId, multiaddrs: noPort }]);
    newcomer.transport.admit([listing(host)]);
    await untilConnected(newcomer, 1);
    expect(newcomer.transport.connected()).to.deep.equal([host.transport.peerId]);
  }

  it("who are silent keep no member out, from one address", async () => {
    const [host, newcomer] = await started();
    const { isFull, stop: end } = flood(portOf(host), 90, others(1));
    stop = end;
    await isFull;
    await letsIn(host, newcomer);
  });

  it("who are silent keep no member out, from the member's own address", async () => {
    const [host, newcomer] = await started();
    const { isFull, stop: end } = flood(portOf(host), 90, ["127.0.0.1"]);
    stop = end;
    await isFull;
    await letsIn(host, newcomer);
  });

  it("who are silent keep no member out, from many addresses", async () => {
    const [host, newcomer] = await started();
    const { isFull, stop: end } = flood(portOf(host), 300, others(200));
    stop = end;
    await isFull;
    await letsIn(host, newcomer);
  });

  for (const transport of ["tcp/0", "tcp/0/ws"]) {
    it(`are closed when they have shown no key in time, on ${transport}`, async () => {
      const limits = { handshakeTimeoutMs: 200 };
      const [host] = await started({ listen: [`/ip4/127.0.0.1/${transport}`], limits });
      const socket = silent(portOf(host));
      await new Promise((resolve) => socket.once("close", resolve));
    });

    it(`have so many places an address, on ${transport}`, async () => {
      const limits = { pendingPerAddress: 3 };
      const [host] = await started({ listen: [`/ip4/127.0.0.1/${transport}`], limits });
      const closed: number[] = [];
      for (let i = 0; i < 5; i++) {
        const socket = silent(portOf(host));
        socket.once("close", () => closed.push(i));
        await new Promise((resolve) => socket.once("connect", resolve));
      }
      await until(() => closed.length === 2);
      expect(closed.toSorted()).to.deep.equal([0, 1]);
    });
  }

  it("are one where their IPv6 addresses share 64 bits, or one is an IPv4 address", () => {
    expect(hostOf("2001:db8::1")).to.equal(hostOf("2001:0db8:0:0:ffff::2"));
    expect(hostOf("2001:db8::1")).not.to.equal(hostOf("2001:db8:0:1::1"));
    expect(hostOf("fe80::1%eth0")).to.equal("fe80:0:0:0::/64");
    expect(hostOf("::ffff:127.0.0.1")).to.equal("127.0.0.1");
    expect(hostOf("127.0.0.1")).not.to.equal(hostOf("127.0.0.2"));
  });

  it("become no crowd by being members: a key has a few connections at a time", async () => {
    const [host, member] = await started();
    host.transport.admit([{ peerId: member.transport.peerId, multiaddrs: [] }]);
    member.transport.admit([listing(host)]);
    await untilConnected(member, 1);
    const address = multiaddr(host.transport.multiaddrs()[0] as string);
    // those that are refused show as open to who dials, for a moment
    for (let i = 0; i < 12; i++) await member.libp2p.dial(address, { force: true }).catch(() => {});
    const counts = () => [host, member].map(({ libp2p }) => libp2p.getConnections().length);
    await until(() => counts().every((count) => count === 4));
    // those that ended make place
    const gone = untilDisconnected(member, host.transport.peerId);
    for (const connection of host.libp2p.getConnections()) await connection.close();
    await gone;
    await untilConnected(member, 1);
  });
}).timeout(15_000);
