export { createClock } from "./clock.ts";
export { packageRoot, readFileBytes, readFileText, requireWritable, writeFileAtomic } from "./files.ts";
export { openJournal } from "./journal.ts";
export { useProxies } from "./proxy.ts";
export { createRandom } from "./random.ts";
