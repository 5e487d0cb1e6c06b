import { defineSetting } from "./setting.ts";
import { list, text, yes } from "./value-schemas.ts";

/** Settings of invitations: what makes one, and what takes one. */
export const invitationSettings = {
  invitation: defineSetting({
    flag: "--invitation <file>",
    env: "FEDLEDGER_INVITATION",
    help: "what the admin gave this member (fedledger invite): federation, task, and in masked tasks whom to believe",
    schema: text,
  }),
  tasks: defineSetting({
    flag: "--tasks <numbers>",
    help: "tasks that the invitation is for, separated by commas, in the place of --task",
    schema: list,
  }),
  grantKey: defineSetting({
    flag: "--grant-key <keystore>",
    env: "FEDLEDGER_GRANT_KEY",
    help: "key that signs who takes part in masked tasks, in a keystore of its own (default: the admin's account)",
    schema: text,
  }),
  grantPasswordFile: defineSetting({
    flag: "--grant-password-file <file>",
    env: "FEDLEDGER_GRANT_PASSWORD_FILE",
    help: "file with the password of the grant key's keystore; otherwise FEDLEDGER_PASSWORD, otherwise you are asked",
    schema: text,
  }),
  successor: defineSetting({
    flag: "--successor <keystore>",
    help: "grant key from now on: signed by the one before it, and all grants are signed anew",
    schema: text,
  }),
  successorPasswordFile: defineSetting({
    flag: "--successor-password-file <file>",
    help: "file with the password of the successor's keystore; otherwise as for the grant key",
    schema: text,
  }),
  grantTo: defineSetting({
    flag: "--grant-to <accounts>",
    help: "who is granted a part in masked tasks: accounts or keystores, with commas; ACCOUNT:aggregator for one",
    schema: list,
  }),
  from: defineSetting({
    flag: "--from <file>",
    help: "the invitation before this one: its grants and its epoch go on",
    schema: text,
  }),
  revoke: defineSetting({
    flag: "--revoke",
    help: "begin a new epoch: grants of before count no more, and all have to be given anew",
    schema: yes,
  }),
} as const;
