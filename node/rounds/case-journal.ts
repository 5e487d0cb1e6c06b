import type { Bytes32, RoundNumber, TaskId } from "../core/ids.ts";
import type { Journal } from "../ports/system.ts";
import type { Case } from "./case-of.ts";

/** A case that this node set out to win, until its reward is settled. */
export interface OpenCase extends Case {
  readonly round: RoundNumber;
  /** Of its reservation: random, and secret until the case is brought; absent where none is made. */
  readonly salt?: Bytes32;
  /** Whether the reservation was mined. */
  readonly reserved?: boolean;
}

/** What this node knows of its cases and the chain does not say: the salts above all. On disk when a promise resolves. */
export interface CaseJournal {
  find(caseHash: Bytes32): Promise<OpenCase | undefined>;
  /** Enters a case, in the place of an earlier entry. */
  keep(entry: OpenCase): Promise<void>;
  /** Forgets a case. */
  close(caseHash: Bytes32): Promise<void>;
  all(): Promise<readonly OpenCase[]>;
}

/** The cases of a task in a journal. Entries that cannot be read count as none. */
export function createCaseJournal(journal: Journal, taskId: TaskId): CaseJournal {
  const key = `cases/${taskId}`;
  let loaded: Promise<Map<Bytes32, OpenCase>> | undefined;
  const entries = () => {
    loaded ??= journal.get(key).then(parsed, (error: unknown) => {
      loaded = undefined;
      throw error;
    });
    return loaded;
  };
  const write = async (cases: ReadonlyMap<Bytes32, OpenCase>) =>
    await journal.put(key, new TextEncoder().encode(JSON.stringify([...cases.values()])));

  return {
    find: async (caseHash) => (await entries()).get(caseHash),
    async keep(entry) {
      const cases = await entries();
      cases.set(entry.caseHash, entry);
      await write(cases);
    },
    async close(caseHash) {
      const cases = await entries();
      if (cases.delete(caseHash)) await write(cases);
    },
    all: async () => [...(await entries()).values()],
  };
}

function parsed(bytes: Uint8Array | undefined): Map<Bytes32, OpenCase> {
  if (bytes === undefined) return new Map();
  try {
    const list = JSON.parse(new TextDecoder().decode(bytes)) as readonly OpenCase[];
    return new Map(list.filter(isCase).map((entry) => [entry.caseHash, entry]));
  } catch {
    return new Map();
  }
}

function isCase(entry: OpenCase): boolean {
  const isHash = (value: unknown): boolean => typeof value === "string" && /^0x[0-9a-f]{64}$/.test(value);
  return (
    isHash(entry?.caseHash) && typeof entry.against === "object" && (entry.salt === undefined || isHash(entry.salt))
  );
}
