import { FedledgerError } from "../../core/errors/error.ts";
import type { TaskId } from "../../core/ids.ts";
import type { Transport } from "../../ports/transport.ts";
import { taskIdIn } from "../words/message-codec.ts";

type Listener = Parameters<Transport["subscribe"]>[1];
type Handler = Parameters<Transport["respond"]>[1];

/** The listeners of one topic, or the handlers of one protocol, by their tasks. */
interface Shared<T> {
  readonly byTask: Map<TaskId, T>;
  readonly stop: () => void;
}

/**
 * Shares one transport among the tasks of a node: each task gets one that looks like its own. A message says of which
 * task it is, and goes to that one alone: no other decodes it, or counts it against its author. Gossip of a task that
 * the node does not work on is ignored; what names no task is rejected. A request of no task at work here is answered
 * by any: what to answer to it, a protocol itself says.
 *
 * Who is admitted is the federation's business and the same for all.
 *
 * @returns the transport of a task; a task subscribes to a topic, or answers a protocol, once (else INVALID_ARGUMENT)
 */
export function createTaskTransports(transport: Transport): (taskId: TaskId) => Transport {
  const topics = new Map<string, Shared<Listener>>();
  const protocols = new Map<string, Shared<Handler>>();

  const hear =
    (byTask: ReadonlyMap<TaskId, Listener>): Listener =>
    (message, from) => {
      const taskId = taskIdIn(message);
      if (taskId === undefined) return "reject";
      return byTask.get(taskId)?.(message, from) ?? "ignore";
    };

  const answer =
    (byTask: ReadonlyMap<TaskId, Handler>): Handler =>
    (message, from, signal) => {
      const taskId = taskIdIn(message);
      const handler = (taskId === undefined ? undefined : byTask.get(taskId)) ?? [...byTask.values()][0];
      if (handler !== undefined) return handler(message, from, signal);
      throw new FedledgerError("PEER_PROTOCOL", { peerId: from, protocol: "any", reason: "nobody answers it here" });
    };

  return (taskId) => ({
    ...transport,
    subscribe: (topic, listener) =>
      enter(topics, { name: topic, taskId, entry: listener }, (byTask) => transport.subscribe(topic, hear(byTask))),
    respond: (protocol, handler) =>
      enter(protocols, { name: protocol, taskId, entry: handler }, (byTask) =>
        transport.respond(protocol, answer(byTask)),
      ),
  });
}

/** Enters what a task does under a name; the first begins, and the last to leave ends, what all share. */
function enter<T>(
  all: Map<string, Shared<T>>,
  { name, taskId, entry }: { readonly name: string; readonly taskId: TaskId; readonly entry: T },
  begin: (byTask: ReadonlyMap<TaskId, T>) => () => void,
): () => void {
  let shared = all.get(name);
  if (shared === undefined) {
    const byTask = new Map<TaskId, T>();
    shared = { byTask, stop: begin(byTask) };
    all.set(name, shared);
  }
  const { byTask, stop } = shared;
  if (byTask.has(taskId)) {
    throw new FedledgerError("INVALID_ARGUMENT", { name: `${name} of a task`, value: taskId, expected: "once" });
  }
  byTask.set(taskId, entry);
  return () => {
    if (byTask.get(taskId) !== entry) return;
    byTask.delete(taskId);
    if (byTask.size > 0 || all.get(name)?.byTask !== byTask) return;
    all.delete(name);
    stop();
  };
}
