import { auditGuards } from "./guard-table/audit-guards.ts";
import { contractGuards } from "./guard-table/contract-guards.ts";
import { endpointGuards } from "./guard-table/endpoint-guards.ts";
import type { Guard } from "./guard-table/guard.ts";
import { machineGuards } from "./guard-table/machine-guards.ts";
import { nodeGuards } from "./guard-table/node-guards.ts";
import { privacyGuards } from "./guard-table/privacy-guards.ts";
import { startGuards } from "./guard-table/start-guards.ts";

export type { Guard } from "./guard-table/guard.ts";

/** All guards that `npm run guards` takes out, one at a time. */
export const guards: readonly Guard[] = [
  ...contractGuards,
  ...endpointGuards,
  ...nodeGuards,
  ...privacyGuards,
  ...machineGuards,
  ...auditGuards,
  ...startGuards,
];
