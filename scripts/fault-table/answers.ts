import type { FaultRow, FaultTheme } from "./fault.ts";

const next = "the next endpoint is asked; alone, it ends so";
const broken = "the next endpoint answers; alone, it is named, by RPC_WRONG_ANSWER or RPC_UNREACHABLE (exit 5)";
const notLogs = (fault: string): FaultRow => [fault, "whoever reads logs", next, "RPC_WRONG_ANSWER"];
const noAnswer = (fault: string): FaultRow => [fault, "any command", next, "RPC_WRONG_ANSWER"];
const brokenAnswer = (fault: string): FaultRow => [fault, "any command", broken];

/** What one endpoint answers that is no answer, over HTTP and over a WebSocket. */
export const answerFaults: FaultTheme = {
  name: "An endpoint's answers",
  tests: {
    "test/unit/chain/rpc/json-rpc.test.ts": {
      "sees at the door what is no answer to these logs' filter, and asks the next endpoint": [
        notLogs("the same log twice"),
        notLogs("all logs twice"),
        notLogs("logs in another order"),
        notLogs("a log of another address"),
        notLogs("a log that is marked as removed"),
        notLogs("a log of another event than was asked for"),
        notLogs("a log beyond the range"),
        notLogs("a log without data"),
        notLogs("a log without its block's hash"),
        notLogs("a log whose block is a number, not a quantity"),
        notLogs("null for logs"),
      ],
      "names the endpoint and goes over to the next one at the answer to another request": [
        brokenAnswer("the answer to another request, by its JSON-RPC id"),
      ],
      "names the endpoint and goes over to the next one at a web page with status 200": [
        brokenAnswer("a web page with status 200"),
      ],
      "names the endpoint and goes over to the next one at a web page with status 502": [
        brokenAnswer("a web page with status 502"),
      ],
      "names the endpoint and goes over to the next one at an empty body": [brokenAnswer("an empty body")],
      "names the endpoint and goes over to the next one at null for an answer": [brokenAnswer("null for an answer")],
      "names the endpoint and goes over to the next one at neither result nor error": [
        brokenAnswer("neither result nor error"),
      ],
      "names the endpoint and goes over to the next one at half of an answer": [
        brokenAnswer("half of an answer, then the connection is cut"),
      ],
      "names the endpoint and goes over to the next one at a connection that is closed": [
        brokenAnswer("a connection that is closed without an answer"),
      ],
      "takes no answer to eth_getLogs that is none: the next endpoint is asked, or it says so": [
        noAnswer("logs that are text, an object, or hold topics that are no words"),
      ],
      "takes no answer to eth_getBlockByNumber that is none: the next endpoint is asked, or it says so": [
        noAnswer("a block without fields, with a time in words or a hash that is too short"),
      ],
      "takes no answer to eth_getCode that is none: the next endpoint is asked, or it says so": [
        noAnswer("null, an object, a number or bytes without 0x for code"),
      ],
      "takes no answer to eth_call that is none: the next endpoint is asked, or it says so": [
        noAnswer("null or a word for the result of a call"),
      ],
      "takes no answer to eth_blockNumber that is none: the next endpoint is asked, or it says so": [
        noAnswer("null, a word, a negative number or an object for the newest block's number"),
      ],
      "takes no answer to eth_getTransactionReceipt that is none: the next endpoint is asked, or it says so": [
        noAnswer("an empty object or text for a receipt"),
      ],
      "takes neither a block nor a receipt for another": [
        ["another block than was asked for, by number or by hash", "any command", "", "RPC_WRONG_ANSWER"],
        ["the receipt of another transaction", "whoever sends a transaction", "", "RPC_WRONG_ANSWER"],
      ],
      "asks what comes back after an outage which chain it is on": [
        [
          "an endpoint that comes back on another chain",
          "a running node, any command",
          "names the endpoint and both numbers",
          "CHAIN_MISMATCH",
        ],
      ],
      "is not shown whole where an endpoint says a megabyte": [
        ["an error whose text is a megabyte", "any command", "the text is cut", "RPC_REFUSED"],
      ],
    },
    "test/unit/chain/endpoints/rpc-endpoint.test.ts": {
      "says which fault it has: away, overloaded, no endpoint, or one that refuses who asks": [
        ["status 404 and a text", "any command", "", "RPC_WRONG_ANSWER"],
        ["status 502 around an answer", "any command", "the answer is not taken", "RPC_UNREACHABLE"],
        ["status 500 and an internal error (-32603)", "any command", "", "RPC_UNREACHABLE"],
        ["silence", "any command", "given up after the time for a request", "RPC_UNREACHABLE"],
        ["nobody listens at the address", "any command", "", "RPC_UNREACHABLE"],
      ],
      "takes a contract's own words for an answer, whatever they speak of": [
        [
          "a contract's revert that speaks of rate limits or rights",
          "any call",
          "the revert, as it is: the endpoint is not blamed",
        ],
      ],
      "sends user information as such, and shows no keys": [
        [
          "an endpoint fails whose URL holds a key and a password",
          "any command",
          "neither is in the message",
          "RPC_UNREACHABLE",
        ],
      ],
      "is the URL of HTTP or of a WebSocket": [
        ["an endpoint that is no URL of HTTP or a WebSocket", "any command", "", "INVALID_CONFIG"],
      ],
    },
    "test/unit/chain/endpoints/web-socket.test.ts": {
      "names its fault: another's answer, no JSON, silence, a refused handshake, nobody there": [
        ["a WebSocket that answers another request", "any command", "", "RPC_WRONG_ANSWER"],
        ["a WebSocket that says no JSON", "any command", "", "RPC_WRONG_ANSWER"],
        ["a WebSocket that is overloaded, in a provider's words", "any command", "", "RPC_BUSY"],
        ["a WebSocket that is silent", "any command", "", "RPC_UNREACHABLE"],
        ["a WebSocket whose handshake is refused (401)", "any command", "", "RPC_KEY_REFUSED"],
        ["nobody listens at the WebSocket's address", "any command", "", "RPC_UNREACHABLE"],
      ],
      "is opened again after it broke": [
        ["a WebSocket that breaks between two requests", "any command", "opened again, and the request is answered"],
      ],
      "is asked in the chain's rhythm where it knows no subscriptions, and when its socket broke": [
        ["a WebSocket that knows no subscriptions", "a node", "asked at least once in the time of a block"],
        ["a WebSocket that breaks while a node follows", "a node", "opened again, and subscribed to again"],
      ],
    },
  },
};
