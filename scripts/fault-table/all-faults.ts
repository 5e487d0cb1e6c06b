import { agreementFaults } from "./agreement.ts";
import { answerFaults } from "./answers.ts";
import { auditFaults } from "./audit.ts";
import { chainFaults } from "./chain.ts";
import type { FaultTheme } from "./fault.ts";
import { firstCommandFaults } from "./first-commands.ts";
import { manyTaskFaults } from "./many-tasks.ts";
import { peerFaults } from "./peers.ts";
import { policyFaults } from "./policy.ts";
import { privacyFaults } from "./privacy.ts";
import { providerFaults } from "./providers.ts";
import { recordFaults } from "./record.ts";
import { stateFaults } from "./state.ts";
import { webFaults } from "./web.ts";

/** The table of lies and faults, in the order of docs/faults.md. */
export const faultThemes: readonly FaultTheme[] = [
  answerFaults,
  providerFaults,
  agreementFaults,
  recordFaults,
  chainFaults,
  auditFaults,
  stateFaults,
  peerFaults,
  webFaults,
  policyFaults,
  privacyFaults,
  manyTaskFaults,
  firstCommandFaults,
];
