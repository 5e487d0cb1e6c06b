import type { FaultRow, FaultTheme } from "./fault.ts";

const damaged = (fault: string): readonly FaultRow[] => [
  [fault, "a journal's opening", "names the file", "JOURNAL_DAMAGED"],
];
const foundDamaged = (how: string) => `is found damaged at its opening: a file ${how}`;

/** A node's folder, journal and registration. */
export const stateFaults: FaultTheme = {
  name: "State",
  tests: {
    "test/unit/api/nodes/node-folder.test.ts": {
      "knows nothing of a federation that stood at the same address before its chain began anew": [
        [
          "a folder that holds another federation's update (its chain began anew, at the same address)",
          "a node",
          "has another folder, and sees nothing of it",
        ],
        ["that folder is copied into the new federation's place", "a node", "", "JOURNAL_FOREIGN"],
      ],
      "is one node's: the second one of it is told who runs, and sends nothing": [
        ["a second node in one folder", "the second", "names the process; nothing is sent", "NODE_RUNNING"],
      ],
      "does not help an account into the registry twice: a second node in another folder finds the first": [
        [
          "a second node of an account, in another folder",
          "the second",
          "names the first one's address; nothing is sent",
          "ACCOUNT_ELSEWHERE",
        ],
      ],
      "that cannot be written lets no node be opened, so that it does not enrol": [
        ["a block store that cannot be used", "a node's start", "no transaction", "STORAGE_FAILED"],
        ["a folder that is a file", "a node's start", "no transaction", "FOLDER_UNUSABLE"],
      ],
      "is missed by an account that has signed in a masked or private task, unless it says that it is lost": [
        [
          "a lost journal of an account that signed in a masked task",
          "a node's start",
          "until `--journal-lost`",
          "JOURNAL_LOST",
        ],
        [
          "a lost journal of an account that signed in a task with noise",
          "a node's start",
          "until `--journal-lost`",
          "JOURNAL_LOST",
        ],
      ],
    },
    "test/unit/system/claim-folder.test.ts": {
      "is nobody else's: who comes second is told which process has it, on which machine, since when": [
        [
          "a second process of an account and folder",
          "the second",
          "names process, machine, folder and since when",
          "NODE_RUNNING",
        ],
      ],
      "is free once its process is killed, whatever pid lives again, and not while it is halted": [
        ["a process that was killed, whose number lives again as another's", "the next start", "takes the folder"],
        ["a process that is halted (SIGSTOP)", "a second start", "", "NODE_RUNNING"],
      ],
      "is readable by its user only, whoever made it before": [
        ["a folder that everybody can read", "a node's start", "0700, its files 0600"],
      ],
    },
    "test/unit/rounds/state/contact.test.ts": {
      "ends the node once that of another node of the account stands behind its own": [
        [
          "another node of the account enters its contact behind this one's",
          "a running node",
          "it ends",
          "ACCOUNT_ELSEWHERE",
        ],
      ],
      "ends it, too, where its own was never seen, as the other one's came in between two looks": [
        ["both contacts come between two looks", "a running node", "the earlier one ends", "ACCOUNT_ELSEWHERE"],
      ],
      "ends only one of two nodes that began at once": [
        ["two nodes of an account begin at once", "both", "one goes on, the other ends so", "ACCOUNT_ELSEWHERE"],
      ],
      "takes the place of a former one, and again after a reorganisation": [
        ["a reorganisation shows the former contact again", "a running node", "its contact is written again"],
      ],
    },
    "test/unit/system/journal.test.ts": {
      "keeps no byte of what was deleted, before and after it is closed": [
        ["ten deleted secrets are looked for in all bytes", "a journal, open and closed", "none is found"],
      ],
      "keeps no byte of what was replaced, before and after it is closed": [
        ["ten replaced secrets are looked for in all bytes", "a journal, open and closed", "none is found"],
      ],
      "keeps none after kill -9, nor does a secret's file that was written over": [
        [
          "ten deleted secrets are looked for after kill -9",
          "a journal, a share key's file",
          "none is found; what was kept is there",
        ],
      ],
      "is for its user's eyes only, from the first byte, as are the files beside it": [
        ["umask 0", "a journal, its folder, its files", "0700 and 0600"],
      ],
      [foundDamaged("that is empty")]: damaged("an empty journal"),
      [foundDamaged("that was cut within a page")]: damaged("a journal that was cut within a page"),
      [foundDamaged("that was cut at a page")]: damaged("a journal that was cut at a page"),
      [foundDamaged("of garbage")]: damaged("a journal of garbage"),
      [foundDamaged("of garbage behind its head")]: damaged("a journal of garbage behind its head"),
      [foundDamaged("with one bit of a value turned")]: damaged("a journal with one bit of a value turned"),
      "of another format, or another owner, is not used": [
        ["a journal of another owner", "a journal's opening", "names both", "JOURNAL_FOREIGN"],
        ["a journal of another format", "a journal's opening", "", "JOURNAL_VERSION"],
      ],
      "says that this process has too many files open, and not that the file is damaged": [
        ["no file handle is left", "a journal's opening", "", "TOO_MANY_FILES"],
      ],
    },
    "test/unit/system/files.test.ts": {
      "leave neither file nor folder behind where the disk takes the first and not the second": [
        [
          "a disk that takes the first of two files and not the second",
          "what writes a model",
          "neither file nor folder is left",
          "FILE_UNWRITABLE",
        ],
      ],
    },
  },
};
