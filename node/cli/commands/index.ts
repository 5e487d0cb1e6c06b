import type { Command } from "commander";
import { aggregatorCommand } from "./aggregator.ts";
import { auditCommand } from "./audit.ts";
import { bondCommand } from "./bond.ts";
import { chainCommand } from "./chain.ts";
import { dataCommand } from "./data.ts";
import { demoCommand } from "./demo.ts";
import { deployCommand } from "./deploy.ts";
import { doctorCommand } from "./doctor.ts";
import { grantCommand } from "./grant.ts";
import { inviteCommand } from "./invite.ts";
import { keysCommand } from "./keys.ts";
import { memberCommand } from "./member.ts";
import { modelCommand } from "./model.ts";
import { participantCommand } from "./participant.ts";
import { receiptCommand } from "./receipt.ts";
import { taskCommand } from "./task.ts";
import { watchCommand } from "./watch.ts";

/** All commands, in the order of the help text. */
export function commands(): readonly Command[] {
  return [
    demoCommand(),
    chainCommand(),
    deployCommand(),
    memberCommand(),
    inviteCommand(),
    bondCommand(),
    taskCommand(),
    participantCommand(),
    aggregatorCommand(),
    watchCommand(),
    auditCommand(),
    grantCommand(),
    receiptCommand(),
    modelCommand(),
    keysCommand(),
    dataCommand(),
    doctorCommand(),
  ];
}
