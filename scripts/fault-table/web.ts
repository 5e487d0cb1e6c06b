import type { FaultRow, FaultTheme } from "./fault.ts";

const answered = (fault: string, status: number): readonly FaultRow[] => [
  [fault, "a gateway", `${status}, and it goes on`],
];

/** Web pages and readers at a node's gateway, and the daemon behind it. */
export const webFaults: FaultTheme = {
  name: "Gateways and daemons",
  tests: {
    "test/unit/storage/gateway-web.test.ts": {
      "is not read by a page whose name was turned to it, where its blobs are for members": [
        ["a web page turns its name to the machine (DNS rebinding)", "a gateway with members' blobs", "421"],
      ],
      "lets pages of any origin read what is for everybody, and of named ones what is not": [
        [
          "a web page of another origin asks for members' blobs",
          "a gateway",
          "no CORS header, and a resource policy of the same origin",
        ],
      ],
      "answers a page of a public network's preflight only where that may read": [
        ["a page of a public network asks into the private one", "a gateway", "not allowed, but for named origins"],
      ],
      "takes no origin that is none": [["an origin that is none, or *", "a gateway's start", "", "INVALID_CONFIG"]],
      "answers what is no HTTP with 400, and goes on": answered("what is no HTTP", 400),
      "answers a target that is no URL with 400, and goes on": answered("a target that is no URL", 400),
      "answers two slashes with 400, and goes on": answered("two slashes for a target", 400),
      "answers no Host with 400, and goes on": answered("a request without Host", 400),
      "answers two lengths with 400, and goes on": answered("a request with two lengths", 400),
      "answers headers that are too long with 431, and goes on": answered("headers that are too long", 431),
      "answers headers that do not end with 408, and goes on": answered("headers that do not end", 408),
      "answers a body that does not come with 405, and goes on": answered("a body that does not come", 405),
      "gives up who reads too slowly": [
        ["a reader that takes its answers too slowly", "a gateway", "the connection is closed"],
      ],
      "answers bytes=0-1,5-6 with 200 and 1000 bytes": [
        ["a range of several parts", "a gateway", "200, as if no range were asked"],
      ],
      "answers lines=0-1 with 200 and 1000 bytes": [
        ["a range of another unit", "a gateway", "200, as if no range were asked"],
      ],
      "answers a range of nothing with 416, and a HEAD, or a changed tag, as if no range were asked": [
        ["a range of nothing", "a gateway", "416"],
      ],
    },
    "test/unit/storage/gateway.test.ts": {
      "passes over a gateway that lies or is away, and says BLOB_CORRUPT when no other has it": [
        [
          "a gateway that gives false bytes",
          "whoever reads a blob",
          "the next one is asked; alone, it ends so",
          "BLOB_CORRUPT",
        ],
      ],
    },
    "test/unit/storage/member-stores.test.ts": {
      "serves its own blobs and nothing else that the daemon has, and knows them again": [
        ["other content of the IPFS daemon is asked for", "a node with `--ipfs`, its gateway", "404"],
      ],
      "says of a daemon that is away that it is, and goes on when it is there again": [
        ["the IPFS daemon is away", "a node with `--ipfs`", "goes on when it is there again", "STORE_UNREACHABLE"],
      ],
    },
  },
};
