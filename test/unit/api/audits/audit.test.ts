import { expect } from "chai";
import { type AuditReport, audit, type FedledgerError, openRecord } from "../../../../node/api/index.ts";
import { contentIdOf } from "../../../../node/core/bytes/content-id.ts";
import { type HostileEndpoint, startHostileEndpoint } from "../../../support/endpoint/hostile-endpoint.ts";
import { expectCode } from "../../../support/expect-code.ts";
import { type PlayedTask, playedModel, startPlayedTask } from "../../../support/played/played-task.ts";
import { silentLog } from "../../../support/silent-log.ts";

interface RawLog {
  readonly topics: readonly string[];
}

describe("an audit through an endpoint", function () {
  this.timeout(60_000);
  let task: PlayedTask;
  let relay: HostileEndpoint;
  const garbage = new Uint8Array(testSetLength(3)).fill(7);

  before(async () => {
    task = await startPlayedTask({}, { testSet: { contentId: await contentIdOf(garbage), examples: 3 } });
    task.store.blobs.set(await contentIdOf(garbage), garbage);
    for (let round = 0; round < 2; round++) {
      const committed = await task.commitAll();
      await task.close();
      const { proposal, model } = await task.propose(committed);
      await task.attest(proposal);
      task.lanes = model;
    }
    relay = await startHostileEndpoint(task.fixture.chain.url);
  });
  after(async () => {
    await relay?.cut();
    await task?.fixture.close();
  });
  beforeEach(() => relay.bend(() => undefined));

  const auditThrough = async (options: Parameters<typeof audit>[2] = {}): Promise<AuditReport> => {
    const { federation } = task.fixture;
    const record = await openRecord({ endpoint: relay.url, federation, taskId: task.taskId });
    return audit(record, task.store as never, options);
  };
  const bendLogs = (bend: (logs: readonly RawLog[]) => readonly RawLog[]) =>
    relay.bend(async (method, params) => {
      const [filter] = params as [{ topics?: readonly unknown[] }];
      if (method !== "eth_getLogs" || filter.topics?.length !== 2) return undefined;
      return bend((await task.fixture.chain.request(method, params)) as readonly RawLog[]);
    });

  it("is clean, times and codes compared; a test set that is none is told, and measures nothing", async () => {
    const warned: string[] = [];
    const report = await auditThrough({ log: { ...silentLog, warn: (message) => warned.push(message) } });
    expect(report.findings).to.deep.equal([]);
    expect(report).to.include({ verdict: "verified", exitCode: 0, timesCompared: true });
    expect(warned).to.deep.equal(["Models cannot be measured on the public test set that the task names"]);
    expect(report.rounds.map(({ testMetric }) => testMetric)).to.deep.equal([undefined, undefined]);
    await expectCode("FILE_NOT_FOUND", () => auditThrough({ testSet: "none.csv" }));
  });

  it("accuses nobody over a history with an event left out: it is read again, or the endpoint is named, or nothing is proven", async () => {
    const { length } = await task.reader.history(task.taskId);
    for (let at = 2; at < length; at += 5) {
      bendLogs((logs) => logs.toSpliced(at, 1));
      const said = await auditThrough().then(
        ({ exitCode, findings }) => [exitCode, ...findings.flatMap(({ party }) => party ?? [])],
        ({ code, data }: FedledgerError) => [code, data.url],
      );
      expect(said, `without ${at}`).to.deep.be.oneOf([[0], [4], ["ENDPOINT_BEHIND", relay.url]]);
    }
  });

  it("does not call a federation right that runs by another code", async () => {
    relay.bend((method) => {
      if (method === "eth_getProof") throw new Error("no such method");
      return method === "eth_getCode" ? "0x60" : undefined;
    });
    const { exitCode, findings } = await auditThrough();
    expect(findings.map(({ code, severity }) => [code, severity])).to.deep.equal([["CODE_DIFFERS", "unchecked"]]);
    expect(exitCode).to.equal(4);
  });
});

/** Length of the blob of a test set of so many examples for the played model, bytes. */
function testSetLength(examples: number): number {
  return 16 + 4 * examples * (playedModel.kind === "cnn" ? 0 : playedModel.inputs + 1);
}
