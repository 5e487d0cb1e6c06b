import { expect } from "chai";
import type { Member } from "../../../../node/core/records.ts";
import type { Chain, ChainCall } from "../../../../node/ports/chain.ts";
import { withOneRegistration } from "../../../../node/rounds/machine/one-registration.ts";

const account = `0x${"11".repeat(20)}` as const;
const contact = {
  peerId: "peer",
  encryptionKey: `0x${"22".repeat(32)}`,
  multiaddrs: ["/ip4/127.0.0.1/tcp/1"],
} as const;
const call = { kind: "register", ...contact } as const;

describe("the registration of a node of several tasks", () => {
  let head: number;
  let listed: Member["contact"] | undefined;
  let sent: ChainCall[];
  let fails: boolean;
  let chain: Chain;

  beforeEach(() => {
    [head, listed, sent, fails] = [10, undefined, [], false];
    chain = withOneRegistration({
      account,
      head: async () => ({ number: head, hash: `0x${"00".repeat(32)}`, timestampS: 0 }),
      members: async () => [{ account, roles: ["participant"], ...(listed && { contact: listed }) }],
      async send(one: ChainCall) {
        if (fails) throw new Error("not sent");
        sent.push(one);
        return { transactionHash: `0x${"33".repeat(32)}`, blockNumber: 12, gasUsed: 1 };
      },
    } as unknown as Chain);
  });

  it("is sent once, though each task asks for it", async () => {
    const receipts = await Promise.all([chain.send(call), chain.send(call), chain.send(call)]);
    expect(sent).to.have.length(1);
    expect(new Set(receipts.map(({ blockNumber }) => blockNumber))).to.deep.equal(new Set([12]));
    head = 20;
    listed = contact;
    await chain.send(call);
    expect(sent, "by one whose look is older").to.have.length(1);
  });

  it("is sent again where the chain does not show it in the end, and where the contact is another", async () => {
    await chain.send(call);
    head = 12;
    await chain.send(call);
    expect(sent, "the block came, and it is not there").to.have.length(2);
    listed = contact;
    await chain.send({ ...call, multiaddrs: ["/ip4/127.0.0.1/tcp/2"] });
    expect(sent).to.have.length(3);
  });

  it("is tried by the next task where it failed for one", async () => {
    fails = true;
    const first = chain.send(call).catch((error: Error) => error.message);
    const second = chain.send(call).catch((error: Error) => error.message);
    expect(await first).to.equal("not sent");
    expect(await second).to.equal("not sent");
    fails = false;
    await chain.send(call);
    expect(sent).to.have.length(1);
  });

  it("holds up no other call", async () => {
    await Promise.all([chain.send({ kind: "withdraw" }), chain.send({ kind: "withdraw" })]);
    expect(sent.map(({ kind }) => kind)).to.deep.equal(["withdraw", "withdraw"]);
  });
});
