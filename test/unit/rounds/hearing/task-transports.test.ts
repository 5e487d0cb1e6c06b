import { expect } from "chai";
import { FedledgerError } from "../../../../node/core/errors/error.ts";
import type { Transport } from "../../../../node/ports/transport.ts";
import { createTaskTransports } from "../../../../node/rounds/hearing/task-transports.ts";
import { encodeFields } from "../../../../node/rounds/words/message-codec.ts";
import { expectCode } from "../../../support/expect-code.ts";

const topic = "/a/topic";
const protocol = "/a/protocol";
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const bytes = (said: string) => new TextEncoder().encode(said);

describe("one transport for the tasks of a node", () => {
  /** A transport of which a test is the other side. */
  function open() {
    const listeners = new Map<string, Parameters<Transport["subscribe"]>[1]>();
    const handlers = new Map<string, Parameters<Transport["respond"]>[1]>();
    const host = {
      subscribe(name: string, listener: Parameters<Transport["subscribe"]>[1]) {
        expect(listeners.has(name), "subscribed once").to.equal(false);
        listeners.set(name, listener);
        return () => void listeners.delete(name);
      },
      respond(name: string, handler: Parameters<Transport["respond"]>[1]) {
        expect(handlers.has(name), "answered once").to.equal(false);
        handlers.set(name, handler);
        return () => void handlers.delete(name);
      },
    } as unknown as Transport;
    const transportOf = createTaskTransports(host);
    const heard: string[] = [];
    const begin = (taskId: number, verdict: "accept" | "ignore" | "reject" = "accept") => {
      const transport = transportOf(taskId);
      const stopHearing = transport.subscribe(topic, () => {
        heard.push(`heard ${taskId}`);
        return verdict;
      });
      const stopAnswering = transport.respond(protocol, async () => bytes(`by ${taskId}`));
      return () => {
        stopHearing();
        stopAnswering();
      };
    };
    const gossip = async (message: Uint8Array) => listeners.get(topic)?.(message, "author");
    const ask = async (message: Uint8Array) =>
      text((await handlers.get(protocol)?.(message, "asker", new AbortController().signal)) ?? bytes("nobody"));
    return { begin, gossip, ask, heard, listeners, handlers };
  }
  const of = (taskId: number) => encodeFields({ taskId, round: 1 });

  it("gives a message to its own task alone, whose verdict counts", async () => {
    const { begin, gossip, heard } = open();
    begin(1);
    begin(2, "reject");
    expect(await gossip(of(1))).to.equal("accept");
    expect(await gossip(of(2))).to.equal("reject");
    expect(await gossip(of(3)), "a task that is not worked on here").to.equal("ignore");
    expect(heard).to.deep.equal(["heard 1", "heard 2"]);
  });

  it("rejects what names no task", async () => {
    const { begin, gossip, heard } = open();
    begin(1);
    const strange = [bytes("{}"), bytes("no json"), bytes('{"taskId":-1}'), bytes("null"), Uint8Array.of(0xff, 0xfe)];
    for (const message of strange) expect(await gossip(message)).to.equal("reject");
    expect(await gossip(bytes(JSON.stringify({ taskId: 1, more: "x".repeat(9_000) })))).to.equal("reject");
    expect(heard).to.deep.equal([]);
  });

  it("has a request answered by its task; by any, in the protocol's own words, where it is of none here", async () => {
    const { begin, ask } = open();
    begin(1);
    begin(2);
    expect(await ask(of(2))).to.equal("by 2");
    expect(await ask(of(1))).to.equal("by 1");
    expect(await ask(of(9))).to.equal("by 1");
    expect(await ask(bytes("no json"))).to.equal("by 1");
  });

  it("goes on with the others when one task ends, and begins anew after the last", async () => {
    const { begin, gossip, ask, listeners, handlers } = open();
    const end = [begin(1), begin(2)];
    end[0]!();
    end[0]!();
    expect(await gossip(of(2))).to.equal("accept");
    expect(await gossip(of(1))).to.equal("ignore");
    expect(await ask(of(1))).to.equal("by 2");
    end[1]!();
    expect([listeners.size, handlers.size]).to.deep.equal([0, 0]);
    begin(1);
    expect(await ask(of(1))).to.equal("by 1");
  });

  it("takes a task once", async () => {
    const { begin } = open();
    begin(1);
    await expectCode("INVALID_ARGUMENT", async () => begin(1));
    expect(() => begin(1)).to.throw(FedledgerError);
  });
});
