export { claimFolder } from "./claim-folder.ts";
export { createClock } from "./clock.ts";
export {
  fileExists,
  packageRoot,
  readFileBytes,
  readFileText,
  requireWritable,
  writeFileAtomic,
  writeFilesAtomic,
} from "./files.ts";
export { openJournal } from "./journal.ts";
export { useProxies } from "./proxy.ts";
export { createRandom } from "./random.ts";
