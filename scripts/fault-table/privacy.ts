import type { FaultTheme } from "./fault.ts";

/** Noise, its ledger, and clips. */
export const privacyFaults: FaultTheme = {
  name: "Noise and clips",
  tests: {
    "test/unit/participant/private-rounds.test.ts": {
      "two tasks over the same data share one budget, whatever federation they are of": [
        [
          "two tasks over one table, each with its own epsilon",
          "a participant",
          "refused before noise is drawn",
          "PRIVACY_DATA_SPENT",
        ],
      ],
      "lets an opening be drawn for again, counts each other one, and ends at the budget": [
        ["openings that reorganisations show, beyond the budget", "a participant", "", "PRIVACY_BUDGET_SPENT"],
      ],
      "a ledger that does not know what the chain or this process knows is lost, and no empty one": [
        ["an empty ledger, and updates with noise on the chain", "a participant", "", "PRIVACY_LEDGER_LOST"],
        ["an old copy of the ledger", "a participant", "", "PRIVACY_LEDGER_LOST"],
        ["another ledger than the one this process has drawn on", "a participant", "", "PRIVACY_LEDGER_LOST"],
      ],
      "does not take entries that cannot be read for none": [
        ["an entry whose cost cannot be read", "a participant", "", "PRIVACY_LEDGER_UNREADABLE"],
      ],
      "refuses a task whose rules do not keep its promise": [
        ["more rounds a participant than the promise covers", "a participant", "", "PRIVACY_RULES_BROKEN"],
      ],
      "counts a masked round that this node has opened, whatever it is shown of it afterwards": [
        [
          "a masked round is shown as ended while open, though this node signed its closing",
          "a participant",
          "it is counted",
          "PRIVACY_BUDGET_SPENT",
        ],
      ],
    },
    "test/unit/system/noise-ledger-file.test.ts": {
      "is not made by reading, nor where the decision is against it": [
        ["the ledger's file is deleted", "a participant", "no new file is made", "PRIVACY_LEDGER_LOST"],
      ],
      "names a file that is damaged or none of its own, and leaves it as it is": [
        ["a file that is no ledger", "a participant", "left as it is", "PRIVACY_LEDGER_UNREADABLE"],
        ["a ledger of garbage behind its head", "a participant", "left as it is", "PRIVACY_LEDGER_UNREADABLE"],
        ["a ledger that was cut", "a participant", "left as it is", "PRIVACY_LEDGER_UNREADABLE"],
      ],
      "nobody decides on entries that another has added to meanwhile": [
        ["two writers draw on one ledger at once", "a participant", "one after the other, each on all entries"],
      ],
      "a folder in its place is STORAGE_FAILED, in words": [
        ["a folder in the ledger's place", "a participant", "", "STORAGE_FAILED"],
      ],
    },
    "test/e2e/noise-ledger.test.ts": {
      "counts two tasks over the same data together, and is missed when it is gone": [
        ["two tasks over one table, by nodes on a chain", "a participant", "counted together, in one ledger"],
        ["the ledger is moved away", "a participant's next start", "no file is made anew", "PRIVACY_LEDGER_LOST"],
      ],
    },
    "test/unit/training/data/fingerprint.test.ts": {
      "stays under another name, order of rows and columns, compression, seed and held-out share": [
        ["a table under another name", "a participant", "the same fingerprint"],
        ["a table with its rows or columns in another order", "a participant", "the same fingerprint"],
        ["a table that is compressed", "a participant", "the same fingerprint"],
        ["a table with another seed or held-out share", "a participant", "the same fingerprint"],
      ],
      "stays whatever a task makes of the rows: another label, other inputs, scales and masks": [
        ["a table in a task with another label, inputs, scale or mask", "a participant", "the same fingerprint"],
      ],
    },
    "test/unit/training/local/private-training.test.ts": {
      ["no example adds more than the bound, in exact arithmetic, at any width up to 2^20 and for the worst " +
        "numbers"]: [
        [
          "an example whose sum of squares loses digits in float32, up to 2^20 inputs wide",
          "DP-SGD",
          "adds no more than its bound, in exact arithmetic",
        ],
      ],
      "what one example of a …": [
        [
          "examples that are no numbers, in each of the small models",
          "DP-SGD",
          "change nothing of what another one adds, to the last bit",
        ],
      ],
    },
    "test/unit/privacy/noise/clip-update.test.ts": {
      "holds at every width up to 2^20, for numbers that sums of squares lose": [
        ["an update whose sum of squares loses digits", "the clip of whole updates", "within its norm, exactly"],
      ],
      "refuses numbers that are not finite, lengths that differ and clips out of range": [
        ["an update with NaN or infinity", "the clip of whole updates", "", "NON_FINITE_PARAMETER"],
      ],
    },
    "test/unit/privacy/losses/losses.test.ts": {
      "losses whose exponential is beyond all numbers are losses all the same": [
        ["noise so small that its loss is beyond e^709", "the accountant", "counted, and never as nothing"],
      ],
    },
  },
};
