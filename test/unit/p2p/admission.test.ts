import { expect } from "chai";
import type { Host } from "../../../node/p2p/index.ts";
import { expectCode } from "../../support/expect-code.ts";
import {
  connectedHosts,
  hostOf,
  listing,
  stopAll,
  untilConnected,
  untilDisconnected,
} from "../../support/processes/hosts.ts";

describe("admission", () => {
  let hosts: Host[] = [];
  const started = async (...indices: number[]) => {
    hosts = await Promise.all(indices.map((index) => hostOf(index)));
    await Promise.all(hosts.map((host) => host.start()));
    return hosts as [Host, Host, Host];
  };
  afterEach(() => stopAll(hosts));

  it("lets nobody in before the first list", async () => {
    const [a, b] = await started(1, 2);
    b.transport.admit([listing(a)]);
    const cut = untilDisconnected(b, a.transport.peerId);
    await expectCode("PEER_UNREACHABLE", () => b.transport.request(a.transport.peerId, "/x/1", new Uint8Array(1)));
    await cut;
    expect(a.transport.connected()).to.deep.equal([]);
  });

  it("connects those that list each other, whoever comes first, and cuts those not listed", async () => {
    const [a, b, stranger] = await started(1, 2, 3);
    const both = Promise.all([untilConnected(a, 1), untilConnected(b, 1)]);
    stranger.transport.admit([listing(a), listing(b)]);
    a.transport.admit([listing(b)]);
    b.transport.admit([listing(a)]);
    await both;
    await expectCode("PEER_UNREACHABLE", () =>
      stranger.transport.request(a.transport.peerId, "/x/1", new Uint8Array(1)),
    );
    expect(a.transport.connected()).to.deep.equal([b.transport.peerId]);
    expect(b.transport.connected()).to.deep.equal([a.transport.peerId]);
  });

  it("reaches a member though another one has entered its PeerId with addresses of nobody", async () => {
    const [a, b] = await started(1, 2);
    const squatted = { ...listing(b), multiaddrs: ["/ip4/127.0.0.1/tcp/1"] };
    const both = Promise.all([untilConnected(a, 1), untilConnected(b, 1)]);
    a.transport.admit([squatted, listing(b), squatted]);
    // b does not know where a is: a has to dial
    b.transport.admit([{ ...listing(a), multiaddrs: [] }]);
    await both;
    expect(a.transport.connected()).to.deep.equal([b.transport.peerId]);
  });

  it("does not dial or ask peers that are not listed", async () => {
    const [a, b] = await started(1, 2);
    await expectCode("PEER_NOT_ADMITTED", () => a.transport.request(b.transport.peerId, "/x/1", new Uint8Array(1)));
  });

  it("cuts a peer whose listing is revoked, and connects again when it is back", async () => {
    hosts = await connectedHosts(2);
    const [a, b] = hosts as [Host, Host];
    const gone = [untilDisconnected(a, b.transport.peerId), untilDisconnected(b, a.transport.peerId)];
    a.transport.admit([]);
    await Promise.all(gone);
    expect(a.transport.connected()).to.deep.equal([]);
    const back = untilConnected(b, 1);
    a.transport.admit([listing(b)]);
    await back;
  });

  it("dials again after a drop", async () => {
    hosts = await connectedHosts(2);
    const [a, b] = hosts as [Host, Host];
    const gone = untilDisconnected(a, b.transport.peerId);
    await b.libp2p.hangUp(a.libp2p.peerId);
    await gone;
    await untilConnected(a, 1);
  });

  it("cuts off a peer that keeps breaking protocols", async () => {
    hosts = await connectedHosts(2);
    const [a, b] = hosts as [Host, Host];
    const gone = untilDisconnected(b, a.transport.peerId);
    a.report(b.transport.peerId, "garbage");
    expect(a.transport.connected()).to.have.length(1);
    a.report(b.transport.peerId, "garbage");
    await gone;
    expect(a.transport.connected()).to.deep.equal([]);
    await expectCode("PEER_NOT_ADMITTED", () => a.transport.request(b.transport.peerId, "/x/1", new Uint8Array(1)));
  });

  it("refuses seeds of another length and addresses that are none", async () => {
    await expectCode("INVALID_ARGUMENT", () => hostOf(1, { seed: new Uint8Array(31) }));
    await expectCode("INVALID_CONFIG", () => hostOf(1, { listen: ["127.0.0.1:80"] }));
  });
});
