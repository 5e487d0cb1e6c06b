import type { Log } from "../../node/ports/index.ts";

/** A log that goes nowhere. */
export const silentLog: Log = { error() {}, warn() {}, info() {}, debug() {}, child: () => silentLog };
