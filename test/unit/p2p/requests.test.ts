import type { Stream } from "@libp2p/interface";
import { lpStream } from "@libp2p/utils";
import { expect } from "chai";
import { FedledgerError } from "../../../node/core/errors/error.ts";
import type { Host } from "../../../node/p2p/index.ts";
import { expectCode } from "../../support/expect-code.ts";
import { connectedHosts, listing, stopAll, untilDisconnected } from "../../support/processes/hosts.ts";

const protocol = "/fedledger/test/1";

describe("requests", () => {
  let hosts: Host[] = [];
  let a: Host;
  let b: Host;
  beforeEach(async () => {
    hosts = await connectedHosts(2, { limits: { receiveTimeoutMs: 100 } });
    [a, b] = hosts as [Host, Host];
  });
  afterEach(() => stopAll(hosts));
  const ask = (message = new Uint8Array(1), options = {}) =>
    a.transport.request(b.transport.peerId, protocol, message, options);

  it("are answered, and the handler knows who asks", async () => {
    b.transport.respond(protocol, async (message, from) => new TextEncoder().encode(`${from} said ${message.length}`));
    expect(new TextDecoder().decode(await ask(new Uint8Array(5)))).to.equal(`${a.transport.peerId} said 5`);
  });

  it("take 64 KiB each way and an empty message, and refuse to send more", async () => {
    b.transport.respond(protocol, async (message) => message);
    const full = new Uint8Array(65_536).fill(3);
    expect(Buffer.compare(await ask(full), full)).to.equal(0);
    expect(await ask(new Uint8Array(0))).to.have.length(0);
    await expectCode("INVALID_ARGUMENT", () => ask(new Uint8Array(65_537)));
  });

  it("are refused with the handler's code", async () => {
    b.transport.respond(protocol, async () => {
      throw new FedledgerError("BLOB_NOT_FOUND", {});
    });
    const { data } = await expectCode("PEER_REFUSED", () => ask());
    expect(data.reason).to.equal("BLOB_NOT_FOUND");
  });

  it("are refused where the protocol is not spoken, or no longer", async () => {
    await expectCode("PEER_REFUSED", () => ask());
    const stop = b.transport.respond(protocol, async (message) => message);
    await ask();
    stop();
    await expectCode("PEER_REFUSED", () => ask());
  });

  it("time out, and the handler is told", async () => {
    let told = () => {};
    const gone = new Promise<void>((resolve) => {
      told = resolve;
    });
    b.transport.respond(protocol, (_message, _from, signal) => {
      signal.addEventListener("abort", () => told());
      return new Promise(() => {});
    });
    await expectCode("PEER_TIMEOUT", () => ask(new Uint8Array(1), { timeoutMs: 50 }));
    await gone;
  });

  it("reject with the caller's reason when it gives up", async () => {
    const giveUp = new AbortController();
    const reason = new Error("enough");
    b.transport.respond(protocol, () => {
      giveUp.abort(reason);
      return new Promise(() => {});
    });
    const outcome = ask(new Uint8Array(1), { signal: giveUp.signal });
    expect(await outcome.catch((error: unknown) => error)).to.equal(reason);
  });

  it("find a peer that is not there unreachable", async () => {
    const peer = listing(b);
    await b.stop();
    hosts = [a];
    a.transport.admit([peer]);
    await expectCode("PEER_UNREACHABLE", () => ask());
  });

  for (const [what, respond] of [
    ["a response that is too long", (stream: Stream) => lpStream(stream).write(new Uint8Array(65_538))],
    ["a response of unknown status", (stream: Stream) => lpStream(stream).write(Uint8Array.of(9))],
    ["a refusal without a known code", (stream: Stream) => lpStream(stream).write(Uint8Array.of(1, 65, 65))],
  ] as const) {
    it(`take ${what} for a broken protocol, and cut off who does it twice`, async () => {
      await b.libp2p.handle(protocol, async (stream) => void (await respond(stream)));
      const gone = untilDisconnected(b, a.transport.peerId);
      await expectCode("PEER_PROTOCOL", () => ask());
      await expectCode("PEER_PROTOCOL", () => ask());
      await gone;
      await expectCode("PEER_NOT_ADMITTED", () => ask());
    });
  }

  for (const [what, send] of [
    ["too long", (stream: Stream) => lpStream(stream).write(new Uint8Array(65_537))],
    ["never finished", (stream: Stream) => stream.send(Uint8Array.of(10, 1))],
  ] as const) {
    it(`are not answered when ${what}, and count against the sender`, async () => {
      let asked = false;
      b.transport.respond(protocol, async (message) => {
        asked = true;
        return message;
      });
      const gone = untilDisconnected(a, b.transport.peerId);
      // after 11 offences even the mildest has been punished
      for (let i = 0; i < 11 && a.transport.connected().length > 0; i++) {
        const stream = await a.open(b.transport.peerId, protocol, AbortSignal.timeout(5_000)).catch(() => undefined);
        if (!stream) break;
        const closed = new Promise((resolve) => stream.addEventListener("close", resolve));
        await send(stream);
        await closed;
      }
      await gone;
      expect(asked).to.equal(false);
      expect(b.transport.connected()).to.deep.equal([]);
    });
  }
});
