/** Bytes by which a sealed blob is longer than its plaintext: a tag of 16, a keyring's content id and its length. */
export const sealBytes = 16 + 32 + 4;

/** Whether a task's updates and models are sealed to its members, by its specification's JSON; those of one that is none are not. */
export function isSealed({ spec }: { readonly spec: string }): boolean {
  try {
    return (JSON.parse(spec) as { readonly blobs?: unknown } | null)?.blobs === "members";
  } catch {
    return false;
  }
}

/** Length of a stored blob of so many lanes, bytes. */
export function blobLengthBytes(parameterCount: number, sealed: boolean): number {
  return 4 * parameterCount + (sealed ? sealBytes : 0);
}

/** Length of the stored blobs of a task's updates and models, bytes. */
export function taskBlobBytes(task: {
  readonly spec: string;
  readonly rules: { readonly parameterCount: number };
}): number {
  return blobLengthBytes(task.rules.parameterCount, isSealed(task));
}
