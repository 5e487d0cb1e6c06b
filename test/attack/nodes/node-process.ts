// One node of a run as a process of its own, started by start-node.ts. It gets its job as its first message, says when
// it
// is ready, starts at the second message, and ends when its parent lets go of it or is gone.
import { createLog } from "../../../node/telemetry/index.ts";
import type { NodeJob, NodeMessage } from "./node-job.ts";
import { openNode } from "./open-node.ts";
import { watchfulLog } from "./watchful-log.ts";

// Ctrl-C reaches the whole group; who ends is the parent's to say
process.on("SIGINT", () => undefined);
const gone = new Promise<void>((resolve) => process.once("disconnect", resolve));
const say = (message: NodeMessage) => {
  if (process.connected) process.send?.(message);
};
const next = () => new Promise<unknown>((resolve) => process.once("message", resolve));

const job = (await next()) as NodeJob;
const log = createLog(job.log === undefined ? { level: "silent" } : { level: "debug", file: job.log });
const node = await openNode(
  job,
  {
    log: watchfulLog(log.child({ node: job.name }), (revert) => say({ kind: "false-alarm", revert })),
    onProgress: (step) => say({ kind: "progress", step }),
    onReceived: () => undefined,
  },
  (lie) => say({ kind: "lie", lie }),
);
const started = next();
say({ kind: "ready" });
await Promise.race([started, gone]);
if (process.connected) node.role.start();
void node.role.done.then(() => say({ kind: "done" }));
await gone;
await node.close();
process.exit(0);
