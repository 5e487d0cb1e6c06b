import { FedledgerError } from "../errors/error.ts";

/** The item of a list at a place that it has. Throws INVALID_ARGUMENT where it has no such place. */
export function itemAt<Item>(list: ArrayLike<Item>, index: number): Item {
  const item = list[index];
  if (item === undefined) throw outside("index", index, `0 to ${list.length - 1}`);
  return item;
}

/** The last item of a list that is not empty. Throws INVALID_ARGUMENT for an empty one. */
export function lastOf<Item>(list: ArrayLike<Item>): Item {
  return itemAt(list, list.length - 1);
}

/** What a map has under a key that it has. Throws INVALID_ARGUMENT where it has no such key. */
export function valueAt<Key extends string | number, Value>(map: ReadonlyMap<Key, Value>, key: Key): Value {
  const value = map.get(key);
  if (value === undefined) throw outside("key", key, `one of ${map.size} keys`);
  return value;
}

function outside(name: string, value: string | number, expected: string): FedledgerError {
  return new FedledgerError("INVALID_ARGUMENT", { name, value, expected });
}
