import { defineSetting } from "./setting.ts";
import { choice, integer, text } from "./value-schemas.ts";

/** Settings of tasks whose blobs are sealed to their members, and of grants. */
export const sealedSettings = {
  blobs: defineSetting({
    flag: "--blobs <public|members>",
    help: "who can read the task's updates and models: anyone (default), or its members only, sealed, and auditors to whom a member gives a grant",
    schema: choice("public", "members"),
  }),
  auditor: defineSetting({
    flag: "--auditor <key|account|keystore>",
    help: "who is let in: an X25519 public key (fedledger keys show), a registered account, or a keystore file",
    schema: text,
  }),
  fromRound: defineSetting({
    flag: "--from-round <n>",
    default: "1",
    help: "first round that the grant is for",
    schema: integer(1, 65535),
  }),
  toRound: defineSetting({
    flag: "--to-round <n>",
    help: "last round that the grant is for (default: the newest)",
    schema: integer(1, 65535),
  }),
  grant: defineSetting({
    flag: "--grant <file>",
    env: "FEDLEDGER_GRANT",
    help: "what a member of a task with sealed blobs gave this account to read them: a file of fedledger grant create",
    schema: text,
  }),
} as const;
