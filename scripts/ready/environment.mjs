import { delimiter, dirname, join } from "node:path";
import { root } from "./places.mjs";

/** The folder of native parts that npm had left out; undefined where none was missing. */
let nativeParts;

/** Lets children find the native parts in this folder. */
export function useNativeParts(folder) {
  nativeParts = folder;
}

/** The environment of child processes: the chosen Node first in PATH, and fetched native parts in NODE_PATH. */
export function pathWith(node) {
  const key = Object.keys(process.env).find((name) => name.toUpperCase() === "PATH") ?? "PATH";
  return {
    ...process.env,
    [key]: [join(root, "node_modules", ".bin"), dirname(node), process.env[key] ?? ""].join(delimiter),
    ...(nativeParts && { NODE_PATH: [nativeParts, process.env.NODE_PATH].filter(Boolean).join(delimiter) }),
  };
}
