import { expect } from "chai";
import { backoffMs } from "../../../../node/rounds/actions/backoff.ts";
import { providersOf } from "../../../../node/rounds/blobs/providers.ts";
import { dueRegistration } from "../../../../node/rounds/state/contact.ts";
import { accounts, contactOf, members, viewOf } from "../../../support/states/round-states.ts";

const { a, b, c, d, x, y } = accounts;
const peers = (...of: `0x${string}`[]) => of.map((account) => contactOf(account).peerId);
const transport = (own: `0x${string}`, connected: readonly `0x${string}`[]) => ({
  peerId: contactOf(own).peerId,
  connected: () => connected.map((account) => contactOf(account).peerId),
});

describe("providersOf", () => {
  it("asks the owner, the aggregators, then the other participants, and never itself", () => {
    const all = providersOf({ owner: c }, viewOf(), members, transport(a, [a, b, c, d, x, y]));
    expect(all).to.deep.equal(peers(c, x, y, b, d));
  });

  it("asks connected peers first", () => {
    expect(providersOf({ owner: c }, viewOf(), members, transport(a, [y, d]))).to.deep.equal(peers(y, d, c, x, b));
  });

  it("leaves out members without contact and those of other tasks", () => {
    const list = members.map((one) => (one.account === b ? { account: b, roles: one.roles } : one));
    const { enrolled, joined } = viewOf();
    const view = viewOf([], {
      enrolled: enrolled.filter(({ account }) => account !== d),
      joined: joined.filter(({ account }) => account !== x),
    });
    expect(providersOf({}, view, list, transport(a, []))).to.deep.equal(peers(y, c));
  });
});

const grant = "0x01" as const;

describe("dueRegistration", () => {
  it("names the call when anything differs, and only then", () => {
    const own = contactOf(a);
    expect(dueRegistration(a, own, members)).to.equal(undefined);
    expect(dueRegistration(a, { ...own, peerId: "other" }, members)?.peerId).to.equal("other");
    expect(dueRegistration(a, { ...own, multiaddrs: [] }, members)?.multiaddrs).to.deep.equal([]);
    expect(dueRegistration(a, own, [])).to.equal(undefined);
  });

  it("registers a grant anew when another one is there, and leaves one that it does not know", () => {
    const granted = members.map((one) => (one.account === a ? { ...one, contact: { ...contactOf(a), grant } } : one));
    expect(dueRegistration(a, contactOf(a), granted)).to.equal(undefined);
    expect(dueRegistration(a, { ...contactOf(a), grant }, granted)).to.equal(undefined);
    expect(dueRegistration(a, { ...contactOf(a), grant }, members)?.grant).to.equal(grant);
    expect(dueRegistration(a, { ...contactOf(a), grant: "0x02" }, granted)?.grant).to.equal("0x02");
  });
});

describe("backoffMs", () => {
  it("doubles up to the longest wait, spread by a quarter to both sides", () => {
    const options = { firstMs: 100, longestMs: 1000 };
    expect([1, 2, 3, 4, 5, 99].map((n) => backoffMs(n, 0.5, options))).to.deep.equal([100, 200, 400, 800, 1000, 1000]);
    expect([backoffMs(1, 0, options), backoffMs(1, 0.999, options)]).to.deep.equal([75, 125]);
  });
});
