import type { SitePolicy } from "../../config/index.ts";
import type { TaskId } from "../../core/ids.ts";
import type { Invitation } from "../../core/words/invitation.ts";
import type { Log } from "../../ports/index.ts";
import type { Progress } from "../../rounds/progress/progress.ts";
import type { Account } from "../record/account.ts";

/** What a node is told, whatever it works on. */
export interface NodeSettings {
  /** Who acts: it pays the gas, locks bonds, and signs. */
  readonly account: Account;
  /**
   * The admin's word on federation, task and members, which nothing that an endpoint shows may contradict; and a source
   * of the next three, where they are not given. Default the one that the folder keeps of an earlier start.
   */
  readonly invitation?: Invitation | undefined;
  /** Ethereum JSON-RPC endpoint; several take over from each other. */
  readonly endpoint?: string | readonly string[] | undefined;
  /** How many of the endpoints must say the same of the record; default 1: they only take over from each other. */
  readonly endpointsAgree?: number | undefined;
  /** How often the head is looked at, milliseconds; default in the rhythm of the chain's own blocks. */
  readonly pollIntervalMs?: number | undefined;
  /** Address of the federation's contract. */
  readonly federation?: string | undefined;
  /** From when on an event counts; default 0 blocks on the local test chain, and "safe" on others. */
  readonly confirmations?: number | "safe" | "finalized" | undefined;
  /**
   * Folder of nodes; default .fedledger in the current folder. Below it each account and federation has its own, with
   * its blobs, and a journal a task.
   */
  readonly directory?: string | undefined;
  /** libp2p multiaddrs to listen on; default a free port of this machine's loopback, which others cannot reach. */
  readonly listen?: readonly string[] | undefined;
  /** Multiaddrs to register in the place of those listened on, behind NAT or a proxy. */
  readonly announce?: readonly string[] | undefined;
  /**
   * HOST:PORT at which auditors get blobs over HTTP (IPFS trustless gateway), port 0 for a free one; "off" for none;
   * default 127.0.0.1:0.
   */
  readonly gateway?: string | undefined;
  /**
   * Origins of web pages that may read blobs of tasks whose blobs are for members, too, such as https://audit.example;
   * their names are taken for the gateway's own. Default none. Blobs that are for everybody any page may read.
   */
  readonly gatewayOrigin?: readonly string[] | undefined;
  /** Find members on the local network, too; default false. */
  readonly mdns?: boolean | undefined;
  /** RPC address of a Kubo daemon to keep blobs in; default an embedded store in the folder. */
  readonly ipfs?: string | undefined;
  /** Go on serving blobs after the task is final, until closed; default false. */
  readonly linger?: boolean | undefined;
}

/** Which task a node is to work on, and what is told of it. */
export interface TaskChoices {
  /** From 1; default 1, or the only one of the invitation. */
  readonly taskId?: TaskId | undefined;
  /** A CSV file with the task's public test set, where no bundled data set gives it. */
  readonly testSet?: string | undefined;
  /** Every step of the task's record and of this node's own work on it. */
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

/** What a node for one task is told. */
export interface NodeOptions extends NodeSettings, TaskChoices {}

/** What a node reports while it works. */
export interface NodeEvents {
  /** Default: nothing is said. */
  readonly log?: Log | undefined;
  /** Bytes of a blob that came from another member. */
  readonly onReceived?: ((bytes: number) => void) | undefined;
}

/** What whoever takes places decides for itself. */
export interface MemberChoices {
  /** Take a place again in a task that the account has left; default false. */
  readonly reenter?: boolean | undefined;
  /** What this site asks of a task; default nothing. A task below it is refused before any data are read. */
  readonly policy?: SitePolicy | undefined;
}
