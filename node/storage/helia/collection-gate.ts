/** Lets many uses of a store run together, but none during a collection. */
export interface CollectionGate {
  /** Runs after the collection in progress, if any. */
  enter<T>(use: () => Promise<T>): Promise<T>;
  /** Runs alone: after the uses in progress, before later ones. */
  collect(collection: () => Promise<void>): Promise<void>;
}

/** A gate with nobody in it. */
export function collectionGate(): CollectionGate {
  const uses = new Set<Promise<unknown>>();
  let collecting: Promise<void> = Promise.resolve();
  return {
    async enter(use) {
      for (let seen: unknown; seen !== collecting; ) {
        seen = collecting;
        await collecting;
      }
      const running = use();
      uses.add(running);
      try {
        return await running;
      } finally {
        uses.delete(running);
      }
    },
    collect(collection) {
      const done = collecting.then(async () => {
        await Promise.allSettled(uses);
        await collection();
      });
      collecting = done.catch(() => {});
      return done;
    },
  };
}
