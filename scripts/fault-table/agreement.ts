import type { FaultTheme } from "./fault.ts";

/** Several endpoints that must say the same (`--rpc-agree`). */
export const agreementFaults: FaultTheme = {
  name: "Endpoints that must agree",
  tests: {
    "test/unit/chain/endpoints/agreement.test.ts": {
      "asks as many as must agree, and one more for each that contradicts": [
        ["one of three endpoints lies about code, and two must agree", "any reader", "what the two others say"],
      ],
      "says who contradicts whom where too few say the same": [
        ["one of two endpoints lies, and both must agree", "any reader", "names who contradicts whom", "RPC_DISAGREE"],
      ],
      "goes on while one is away, and not while too many are": [
        ["one of three endpoints is away, and two must agree", "any reader", "what the two others say"],
        ["two of three endpoints are away, and two must agree", "any reader", "", "RPC_UNREACHABLE"],
      ],
      "takes the newest block that enough of them have, by one hash": [
        [
          "endpoints that are behind by different numbers of blocks",
          "a node",
          "the newest block that two of them have",
        ],
        ["an endpoint that forges the newest block's hash", "a node", "the newest block that the two others have"],
      ],
      "takes a receipt that too few have for none yet, and logs of one alone for nothing": [
        ["a receipt that one of two endpoints has", "whoever sends a transaction", "none yet"],
        ["a log that one of two endpoints invents", "whoever reads logs", "", "RPC_DISAGREE"],
      ],
      "needs as many different endpoints as must agree": [
        ["more endpoints must agree than there are", "any command", "", "INVALID_CONFIG"],
        ["one endpoint is given twice, and two must agree", "any command", "", "INVALID_CONFIG"],
      ],
    },
    "test/unit/cli/commands/audit.test.ts": {
      "is not deceived by one endpoint where two of three must agree, and says who contradicts whom of two": [
        [
          "one of three endpoints leaves a log out, and two must agree",
          "`audit`",
          "the exit code of an honest endpoint alone",
        ],
        ["one of two endpoints leaves a log out, and both must agree", "`audit`", "names both", "RPC_DISAGREE"],
        ["two must agree, and one endpoint is given", "`audit`", "names the setting", "INVALID_CONFIG"],
      ],
    },
    "test/unit/api/nodes/one-endpoint.test.ts": {
      "is warned of, and nothing else is": [
        ["a masked task behind one endpoint of somebody else", "a participant", "a warning"],
        ["a masked task behind two endpoints that need not agree", "a participant", "a warning"],
      ],
    },
  },
};
