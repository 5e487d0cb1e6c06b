import { Reply, type Script } from "./hostile-endpoint.ts";

/** How a provider refuses a request, in its own words. */
export interface Refusal {
  readonly provider: "Infura" | "Alchemy" | "QuickNode" | "Ankr" | "Cloudflare" | "PublicNode" | "geth";
  /** "range": fewer blocks at once. "results": fewer logs at once. "rate": later. "key": the key is of no use. */
  readonly kind: "range" | "results" | "rate" | "key";
  /** HTTP status that it comes with. */
  readonly status: number;
  readonly code: number;
  /** `{from}`, `{to}`: the range that would do, as quantities. */
  readonly message: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly data?: unknown;
  /** Blocks that the text allows at once, where it says so; else the test chooses. */
  readonly blocks?: number;
  /** Where the text stands. */
  readonly source: string;
}

/** Texts that were seen, each with its source. */
export const refusals: readonly Refusal[] = [
  {
    ...{ provider: "Infura", kind: "results", status: 200, code: -32_005 },
    message: "query returned more than 10000 results. Try with this block range [{from}, {to}].",
    source: "smartcontractkit/chainlink common/client errors_test.go; docs.metamask.io eth_getLogs",
  },
  {
    ...{ provider: "Infura", kind: "range", status: 200, code: -32_602, blocks: 10_000 },
    message: "range 1000000 exceeds limit of 10000",
    source: "github.com/INFURA/infura/issues/237",
  },
  {
    ...{ provider: "Infura", kind: "rate", status: 429, code: -32_005, headers: { "retry-after": "1" } },
    message: "project ID request rate exceeded",
    data: { rate: { allowed_rps: 1, backoff_seconds: 1, current_rps: 1.43 }, see: "https://infura.io/dashboard" },
    source: "docs.metamask.io, rate limits; github.com/INFURA/infura/issues/201",
  },
  {
    ...{ provider: "Infura", kind: "rate", status: 402, code: -32_005, message: "daily request count exceeded" },
    source: "docs.metamask.io, error codes",
  },
  {
    ...{ provider: "Infura", kind: "key", status: 401, code: -32_002, message: "invalid project id" },
    source: "docs.metamask.io, error codes",
  },
  {
    ...{ provider: "Alchemy", kind: "results", status: 400, code: -32_602 },
    message:
      "Log response size exceeded. You can make eth_getLogs requests with up to a 2K block range and no limit on the " +
      "response size, or you can request any block range with a cap of 10K logs in the response. Based on your " +
      "parameters and the response size limit, this block range should work: [{from}, {to}]",
    source: "smartcontractkit/chainlink common/client errors_test.go",
  },
  {
    ...{ provider: "Alchemy", kind: "range", status: 400, code: -32_600, blocks: 10 },
    message:
      "Under the Free tier plan, you can make eth_getLogs requests with up to a 10 block range. Based on your " +
      "parameters, this block range should work: [{from}, {to}]. Upgrade to PAYG for expanded block range.",
    source: "a production log in a public repository's test (find_string 'up to a 10 block range')",
  },
  {
    ...{ provider: "Alchemy", kind: "rate", status: 429, code: 429 },
    message:
      "Your app has exceeded its compute units per second capacity. If you have retries enabled, you can safely ignore " +
      "this message. If not, check out https://docs.alchemy.com/reference/throughput",
    source: "alchemy.com/docs/reference/throughput",
  },
  {
    ...{ provider: "Alchemy", kind: "key", status: 401, code: -32_600, message: "Must be authenticated!" },
    source: "alchemy.com/docs/reference/error-reference",
  },
  {
    ...{ provider: "QuickNode", kind: "range", status: 413, code: -32_614, blocks: 10_000 },
    message: "eth_getLogs is limited to a 10,000 range",
    source: "quicknode.com/docs, error references; smartcontractkit/chainlink common/client errors_test.go",
  },
  {
    ...{ provider: "QuickNode", kind: "rate", status: 429, code: -32_007 },
    message: "50/second request limit reached - reduce calls per second or upgrade your account at quicknode.com",
    source: "github.com/foundry-rs/foundry/issues/4894",
  },
  {
    ...{ provider: "QuickNode", kind: "rate", status: 200, code: -32_012, message: "credits limited to 6000/sec" },
    source: "github.com/foundry-rs/foundry/pull/6712",
  },
  {
    ...{ provider: "QuickNode", kind: "key", status: 401, code: -32_001, message: "Unauthorized" },
    source: "quicknode.com/docs, error references",
  },
  {
    ...{ provider: "Ankr", kind: "range", status: 500, code: -32_600, message: "block range is too wide" },
    source: "wevm/viem getLogsRetryHelper",
  },
  {
    ...{ provider: "Ankr", kind: "range", status: 200, code: -32_062, message: "Block range is too large" },
    source: "live probes in public repositories (find_string 'block range is too large')",
  },
  {
    ...{ provider: "Ankr", kind: "key", status: 403, code: -32_000 },
    message:
      "Unauthorized: You must authenticate your request with an API key. Create an account on " +
      "https://www.ankr.com/rpc/ and generate your personal API key for free.",
    source: "rpc.ankr.com/eth, transcripts in public repositories",
  },
  {
    ...{ provider: "Cloudflare", kind: "range", status: 200, code: -32_047, blocks: 800 },
    message: "Invalid eth_getLogs request. 'fromBlock'-'toBlock' range too large. Max range: 800",
    source: "wevm/viem getLogsRetryHelper; cloudflare-eth.com",
  },
  {
    ...{ provider: "PublicNode", kind: "range", status: 200, code: -32_701, blocks: 50_000 },
    message: "exceed maximum block range: 50000",
    source: "publicnode.com endpoints, live probes in public repositories",
  },
  {
    ...{ provider: "PublicNode", kind: "rate", status: 429, code: -32_005, message: "Rate limit exceeded" },
    headers: { "retry-after": "1" },
    source: "live probes in public repositories",
  },
  {
    ...{ provider: "geth", kind: "range", status: 200, code: -32_602, message: "exceed maximum block range" },
    source: "ethereum/go-ethereum eth/filters/api.go, --rpc.rangelimit",
  },
  {
    ...{ provider: "geth", kind: "key", status: 401, code: -32_001, message: "missing token" },
    source: "ethereum/go-ethereum node/jwt_handler.go",
  },
];

/** The reply of a refusal. */
export function refuse(refusal: Refusal, range: { readonly from: string; readonly to: string } = noRange): Reply {
  const { status, code, data, headers = {} } = refusal;
  const message = refusal.message.replace("{from}", range.from).replace("{to}", range.to);
  return new Reply({
    status,
    headers,
    body: (id) => JSON.stringify({ jsonrpc: "2.0", id, error: { code, message, ...(data !== undefined && { data }) } }),
  });
}
const noRange = { from: "0x0", to: "0x0" };

/** Answers so many requests in each second of `nowMs`, and refuses the others in these words. */
export function refusingAbove(refusal: Refusal, perSecond: number, nowMs: () => number = Date.now): Script {
  let second = 0;
  let count = 0;
  return () => {
    const now = Math.floor(nowMs() / 1_000);
    if (now !== second) [second, count] = [now, 0];
    return ++count > perSecond ? refuse(refusal) : undefined;
  };
}
