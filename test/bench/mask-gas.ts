// Gas of the stream of a mask, of a pair's seed, and of the generator that was not taken, by gasleft() around a hundred
// of each: node test/bench/mask-gas.ts
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { Interface } from "ethers";
import { network } from "hardhat";

const source = `// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;
import {MaskStream} from "./MaskStream.sol";
import {MaskKeys} from "./MaskKeys.sol";
contract MaskGas {
    function stream() external view returns (uint256 spent) {
        bytes memory buffer = MaskStream.newBuffer();
        uint256 start = gasleft();
        for (uint256 i = 0; i < 100; i++) MaskStream.chunkAt(buffer, bytes32(i), 7);
        return (start - gasleft()) / 100;
    }
    function pairSeed() external view returns (uint256 spent) {
        bytes32 key = 0x79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798;
        bytes32 seeds;
        uint256 start = gasleft();
        for (uint256 i = 1; i <= 100; i++) seeds ^= MaskKeys.pairSeed(1, 1, 0, 1, bytes32(i), key);
        spent = (start - gasleft()) / 100;
        require(seeds != 0);
    }
    function keccak() external view returns (uint256 spent) {
        uint256 hashes;
        uint256 start = gasleft();
        for (uint256 i = 0; i < 800; i++) {
            assembly ("memory-safe") {
                mstore(0, shr(3, i))
                mstore(32, i)
                hashes := xor(hashes, keccak256(0, 64))
            }
        }
        spent = (start - gasleft()) / 100;
        require(hashes != 0);
    }
}`;

// solc has no types of its own
const { compile } = createRequire(import.meta.url)("solc") as { compile: (input: string) => string };
const library = (name: string) => ({
  content: readFileSync(new URL(`../../contracts/libraries/${name}.sol`, import.meta.url), "utf8"),
});
const output = JSON.parse(
  compile(
    JSON.stringify({
      language: "Solidity",
      sources: {
        "MaskGas.sol": { content: source },
        "MaskStream.sol": library("MaskStream"),
        "MaskKeys.sol": library("MaskKeys"),
      },
      settings: {
        optimizer: { enabled: true, runs: 200 },
        viaIR: true,
        evmVersion: "cancun",
        outputSelection: { "*": { "*": ["abi", "evm.bytecode.object"] } },
      },
    }),
  ),
);
const { abi, evm } = output.contracts["MaskGas.sol"].MaskGas;
const { provider } = await network.connect();
const request = (method: string, ...params: unknown[]) => provider.request({ method, params });
const [from] = (await request("eth_accounts")) as string[];
const hash = await request("eth_sendTransaction", { from, data: `0x${evm.bytecode.object}`, gas: "0x500000" });
const { contractAddress: to } = (await request("eth_getTransactionReceipt", hash)) as { contractAddress: string };
const calls = new Interface(abi);
for (const [name, what] of [
  ["stream", "a chunk of a mask, BLAKE2b by the precompile"],
  ["keccak", "a chunk of keccak-256 in counter mode"],
  ["pairSeed", "the seed of a pair, by ecrecover"],
] as const) {
  const spent = await request("eth_call", { to, data: calls.encodeFunctionData(name), gas: "0xf00000" }, "latest");
  process.stdout.write(`${String(Number(spent)).padStart(6)} gas  ${what}\n`);
}
process.exit(0);
