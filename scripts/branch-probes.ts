import { createRequire } from "node:module";

/** One condition of a contract, the two outcomes of which the tests must both reach. */
export interface Probe {
  readonly file: string;
  /** From 1, in the real source. */
  readonly line: number;
  /** The condition as it is written, on one line. */
  readonly text: string;
  /** An outcome that cannot happen, and why, as a comment in the source says. */
  readonly excused?: { readonly outcome: boolean; readonly reason: string };
}

/** Where the probe's library lies in a project whose contracts carry probes. */
export const probeFile = "contracts/BranchProbe.sol";

/** What the tags of probes begin with, so that they are told from the compiler plugin's own. */
const TAG_PREFIX = "b7a9c4e16d02f8";

/** Solidity of the library that the rewritten contracts call: it reports which outcome a condition had, and returns it.
 * The address is the one that EDR listens to when it measures coverage; a report outlives a revert. */
export const probeSource = `// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

library BranchProbe {
    function seen(bool outcome, uint256 probe) internal pure returns (bool) {
        _pure(_report)((0x${TAG_PREFIX} << 200) | (probe << 1) | (outcome ? 1 : 0));
        return outcome;
    }

    function _report(uint256 tag) private view {
        assembly ("memory-safe") {
            let place := mload(0x40)
            mstore(place, tag)
            pop(staticcall(gas(), 0xc0bEc0BEc0BeC0bEC0beC0bEC0bEC0beC0beC0BE, place, 32, 0, 0))
        }
    }

    function _pure(function(uint256) view from) private pure returns (function(uint256) pure to) {
        assembly {
            to := from
        }
    }
}
`;

/** The tag (hexadecimal) that probe number `index` reports for an outcome. */
export function probeTag(index: number, outcome: boolean): string {
  return TAG_PREFIX + (BigInt(index) * 2n + (outcome ? 1n : 0n)).toString(16).padStart(64 - TAG_PREFIX.length, "0");
}

/**
 * Puts a probe around every condition of a source: what `if`, `for`, `while` and `?:` decide by, each operand of `&&`
 * and `||`, and every comparison wherever it stands. Lines keep their numbers; assembly stays as it is. Appends to
 * `probes`, whose indices it uses.
 */
export function withProbes(file: string, source: string, probes: Probe[]): string {
  const text = Buffer.from(source);
  const conditions = new Map<string, [start: number, end: number]>();
  const note = (node: Node | null | undefined) => {
    if (node === null || node === undefined) return;
    if (isJunction(node)) return;
    const [start = 0, length = 0] = node.src.split(":").map(Number);
    conditions.set(node.src, [start, start + length]);
  };
  visit(parse(file, source), (node) => {
    if (deciding.has(node.nodeType)) note(node.condition as Node | null);
    if (isJunction(node) || isComparison(node)) {
      if (isComparison(node)) note(node);
      else for (const operand of [node.leftExpression, node.rightExpression]) note(operand as Node);
    }
  });
  if (conditions.size === 0) return source;

  const inserts: { at: number; order: number; text: string }[] = [];
  for (const [start, end] of [...conditions.values()].sort((a, b) => a[0] - b[0] || b[1] - a[1])) {
    const index = probes.length;
    const line = text.subarray(0, start).toString().split("\n").length;
    probes.push({
      file,
      line,
      text: text.subarray(start, end).toString().replaceAll(/\s+/g, " "),
      ...excuse(source, line),
    });
    inserts.push({ at: start, order: index, text: "BranchProbe.seen(" });
    // of probes that end at one place, the innermost comes first
    inserts.push({ at: end, order: -index, text: `, ${index})` });
  }
  const pragma = /pragma solidity [^;]+;/.exec(source);
  if (pragma === null) throw new Error(`${file} has no pragma`);
  const depth = file.split("/").length - 2;
  const path = `${depth === 0 ? "./" : "../".repeat(depth)}BranchProbe.sol`;
  const at = Buffer.byteLength(source.slice(0, pragma.index + pragma[0].length));
  inserts.push({ at, order: 0, text: ` import {BranchProbe} from "${path}";` });

  inserts.sort((a, b) => a.at - b.at || a.order - b.order);
  const parts: Buffer[] = [];
  let done = 0;
  for (const insert of inserts) {
    parts.push(text.subarray(done, insert.at), Buffer.from(insert.text));
    done = insert.at;
  }
  return Buffer.concat([...parts, text.subarray(done)]).toString();
}

interface Node {
  readonly nodeType: string;
  readonly src: string;
  readonly [key: string]: unknown;
}

const deciding = new Set(["IfStatement", "ForStatement", "WhileStatement", "DoWhileStatement", "Conditional"]);
const comparisons = new Set(["==", "!=", "<", "<=", ">", ">="]);

function isJunction(node: Node): boolean {
  return node.nodeType === "BinaryOperation" && (node.operator === "&&" || node.operator === "||");
}

function isComparison(node: Node): boolean {
  return node.nodeType === "BinaryOperation" && comparisons.has(String(node.operator));
}

function visit(value: unknown, each: (node: Node) => void): void {
  if (Array.isArray(value)) for (const item of value) visit(item, each);
  if (typeof value !== "object" || value === null || Array.isArray(value)) return;
  const node = value as Node;
  if (node.nodeType === "InlineAssembly") return;
  if (typeof node.nodeType === "string") each(node);
  for (const child of Object.values(node)) visit(child, each);
}

let compile: ((input: string) => string) | undefined;

function parse(file: string, source: string): unknown {
  compile ??= (createRequire(import.meta.url)("solc") as { compile: (input: string) => string }).compile;
  const input = {
    language: "Solidity",
    sources: { [file]: { content: source } },
    settings: { stopAfter: "parsing", outputSelection: { "*": { "": ["ast"] } } },
  };
  const output = JSON.parse(compile(JSON.stringify(input))) as {
    errors?: { severity: string; formattedMessage: string }[];
    sources?: Record<string, { ast: unknown }>;
  };
  const error = output.errors?.find(({ severity }) => severity === "error");
  if (error !== undefined) throw new Error(error.formattedMessage);
  return output.sources?.[file]?.ast;
}

/** A comment `// branch-unreachable (true): reason`, or (false), on the condition's line or alone on the one before. */
function excuse(source: string, line: number): Pick<Probe, "excused"> {
  const lines = source.split("\n");
  const before = lines[line - 2] ?? "";
  for (const text of [lines[line - 1] ?? "", before.trimStart().startsWith("//") ? before : ""]) {
    const comment = /\/\/ branch-unreachable \((true|false)\): (.+)$/.exec(text);
    if (comment !== null) return { excused: { outcome: comment[1] === "true", reason: comment[2] ?? "" } };
  }
  return {};
}
