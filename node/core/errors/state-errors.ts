import { type ErrorKind, infrastructure, user } from "./error-kinds.ts";

/** Errors of what a node keeps in its folder. */
export const stateErrors = {
  NODE_RUNNING: user(
    "A node runs already in {path}: process {pid} on {host}, since {since}.",
    "Stop it first, or have it do this work, too: one node works on several tasks.",
  ),
  ACCOUNT_ELSEWHERE: user(
    "Another node of {account} has entered itself in the registry, at {addresses}: this one ends.",
    "An account is for one node, in one folder on one machine: stop the other one, or give this one another account.",
  ),
  FOLDER_UNUSABLE: user(
    "The folder {path} cannot be used: {reason}.",
    "Check its permissions and the disk space, or choose another one with --dir.",
  ),
  TOO_MANY_FILES: user(
    "{path} cannot be opened: this process has as many files open as the system lets it.",
    "Allow more (ulimit -n 4096), and start again.",
  ),
  JOURNAL_DAMAGED: user(
    "The journal {path} is damaged: {reason}.",
    "Check the disk, then move this file away. No backup may stand in for it: a node would say again, otherwise, what it has said since. Where the account has signed before, the next start asks for --journal-lost.",
  ),
  JOURNAL_VERSION: user(
    "The journal {path} is of format {actual}; this version of Fedledger writes format {expected}.",
    "Use the version that wrote it.",
  ),
  JOURNAL_FOREIGN: user(
    "The journal {path} is not this node's: it is of {actual}, and this is {expected}.",
    "Leave journals where a node puts them: each account, federation and task has its own.",
  ),
  JOURNAL_LOST: user(
    "{account} has signed in {rounds} rounds of task {taskId}, and {path} does not exist.",
    "Start with the folder (--dir) of before. Where it is lost, --journal-lost goes on without it: {risk}.",
  ),
  JOURNAL_FAILED: infrastructure(
    "The journal {path} cannot be read or written: {reason}.",
    "Make room on the disk, or give the file its permissions back: the node goes on by itself.",
  ),
} as const satisfies Record<string, ErrorKind>;
