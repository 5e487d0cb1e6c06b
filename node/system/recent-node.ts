import { FedledgerError } from "../core/errors/error.ts";

// Imported first by the package's door: an old Node is refused by a code, before it stumbles over what it does not
// have.

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  throw new FedledgerError("NODE_TOO_OLD", { actual: process.versions.node });
}
