import type { FaultRow, FaultTheme } from "./fault.ts";

const busy = (fault: string): readonly FaultRow[] => [[fault, "any command", "understood as: later", "RPC_BUSY"]];
const noKey = (fault: string): readonly FaultRow[] => [
  [fault, "any command", "understood as: the key is of no use", "RPC_KEY_REFUSED"],
];
const tooMany = (fault: string, verdict: string): readonly FaultRow[] => [[fault, "whoever reads logs", verdict]];
const blocks = "understood as: fewer blocks at once";

/** What providers refuse, in their own words: with their own status, 200, 400 and 500. */
export const providerFaults: FaultTheme = {
  name: "Providers' refusals",
  tests: {
    "test/unit/chain/endpoints/rpc-endpoint.test.ts": {
      'understands Infura: "query returned more than 10000 results. Try with this block " (HTTP 200)': tooMany(
        "Infura: too many logs at once",
        "understood as: fewer logs at once; the range that it suggests is read",
      ),
      'understands Infura: "range 1000000 exceeds limit of 10000" (HTTP 200)': tooMany(
        "Infura: too many blocks at once",
        `${blocks}; 10,000 is read from the text`,
      ),
      'understands Infura: "project ID request rate exceeded" (HTTP 429)': busy("Infura: request rate exceeded"),
      'understands Infura: "daily request count exceeded" (HTTP 402)': busy("Infura: daily request count exceeded"),
      'understands Infura: "invalid project id" (HTTP 401)': noKey("Infura: invalid project id"),
      'understands Alchemy: "Log response size exceeded. You can make eth_getLogs request" (HTTP 400)': tooMany(
        "Alchemy: log response size exceeded",
        "understood as: fewer logs at once; the range that it suggests is read",
      ),
      'understands Alchemy: "Under the Free tier plan, you can make eth_getLogs requests " (HTTP 400)': tooMany(
        "Alchemy: ten blocks at once in the free plan",
        `${blocks}; 10 is read from the text`,
      ),
      'understands Alchemy: "Your app has exceeded its compute units per second capacity." (HTTP 429)': busy(
        "Alchemy: compute units per second exceeded",
      ),
      'understands Alchemy: "Must be authenticated!" (HTTP 401)': noKey("Alchemy: must be authenticated"),
      'understands QuickNode: "eth_getLogs is limited to a 10,000 range" (HTTP 413)': tooMany(
        "QuickNode: too many blocks at once",
        `${blocks}; 10,000 is read from the text`,
      ),
      'understands QuickNode: "50/second request limit reached - reduce calls per second or" (HTTP 429)': busy(
        "QuickNode: request limit a second reached",
      ),
      'understands QuickNode: "credits limited to 6000/sec" (HTTP 200)': busy("QuickNode: credits limited"),
      'understands QuickNode: "Unauthorized" (HTTP 401)': noKey("QuickNode: unauthorized"),
      'understands Ankr: "block range is too wide" (HTTP 500)': tooMany("Ankr: block range is too wide", blocks),
      'understands Ankr: "Block range is too large" (HTTP 200)': tooMany("Ankr: block range is too large", blocks),
      'understands Ankr: "Unauthorized: You must authenticate your request with an API" (HTTP 403)':
        noKey("Ankr: unauthorized"),
      "understands Cloudflare: \"Invalid eth_getLogs request. 'fromBlock'-'toBlock' range too\" (HTTP 200)": tooMany(
        "Cloudflare: too many blocks at once",
        `${blocks}; 800 is read from the text`,
      ),
      'understands PublicNode: "exceed maximum block range: 50000" (HTTP 200)': tooMany(
        "PublicNode: too many blocks at once",
        `${blocks}; 50,000 is read from the text`,
      ),
      'understands PublicNode: "Rate limit exceeded" (HTTP 429)': busy("PublicNode: rate limit exceeded"),
      'understands geth: "exceed maximum block range" (HTTP 200)': tooMany("geth: too many blocks at once", blocks),
      'understands geth: "missing token" (HTTP 401)': noKey("geth: missing token"),
      "says which fault it has: away, overloaded, no endpoint, or one that refuses who asks": [
        ["status 429 around an answer, or around a web page", "any command", "no answer is taken", "RPC_BUSY"],
        ["status 401 or 403 without words", "any command", "", "RPC_KEY_REFUSED"],
      ],
      "rests as long as it wants to be left alone, and finds its pace": [
        ["status 429 with Retry-After: 7", "any command", "the next request waits seven seconds"],
      ],
    },
    "test/unit/chain/rpc/json-rpc.test.ts": {
      "waits for an endpoint that is overloaded, at the start too, as long as it says": [
        ["an overloaded endpoint with Retry-After, for half a minute", "any command, at its start", "waited out"],
        ["an overloaded endpoint, without an end", "any command", "given up after its patience", "RPC_BUSY"],
      ],
      "asks at once the endpoint that does not rest": [
        ["one of two endpoints is overloaded for an hour", "any command", "the other one answers, at once"],
      ],
      "does not ask again with a key that was refused, and says so": [
        ["a key that is refused", "any command", "asked once", "RPC_KEY_REFUSED"],
      ],
    },
    "test/unit/chain/rpc/log-feed.test.ts": {
      "learns once how many blocks are allowed, from the text or by halving": [
        [
          "a limit of blocks at once, in any provider's words",
          "whoever reads logs",
          "learnt once, from text or by halving",
        ],
      ],
      "asks for less where there are many logs, and for more behind": [
        ["a limit of logs at once", "whoever reads logs", "fewer blocks where logs are many, more behind them"],
      ],
      "says that an endpoint refuses a single block": [
        ["an endpoint that gives the logs of no range, however short", "whoever reads logs", "", "RPC_REFUSED"],
      ],
    },
    "test/e2e/slow/overload.test.ts": {
      "all start, and none ends": [
        [
          "four watchers as processes behind an endpoint that answers eight requests a second",
          "`watch`",
          "all start, and end in order when they are stopped: exit 0",
        ],
      ],
    },
    "test/e2e/endpoints/proxy.test.ts": {
      "audits the record by the endpoint, and the blobs by the gateway": [
        ["no way out but a proxy", "`audit`", "endpoint and gateway are reached by the proxy alone: exit 0"],
      ],
      "audits over a WebSocket, too": [
        ["no way out but a proxy, and a WebSocket for an endpoint", "`audit`", "reached by the proxy alone: exit 0"],
      ],
      "takes part: a participant's transactions go by the proxy": [
        ["no way out but a proxy", "`participant`", "its registration arrives on the chain"],
      ],
      "reaches nothing without its proxy, nor with one that the environment excepts": [
        ["no way out, and no HTTP_PROXY", "`audit`", "", "RPC_UNREACHABLE"],
        ["no way out but a proxy that NO_PROXY excepts", "`audit`", "", "RPC_UNREACHABLE"],
      ],
      "says which variable is no proxy's URL": [
        ["an HTTP_PROXY that is no URL", "`audit`", "names the variable", "INVALID_CONFIG"],
      ],
    },
  },
};
