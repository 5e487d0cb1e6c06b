import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import ethersPlugin from "@nomicfoundation/hardhat-ethers";
import chaiMatchers from "@nomicfoundation/hardhat-ethers-chai-matchers";
import ignitionEthers from "@nomicfoundation/hardhat-ignition-ethers";
import mocha from "@nomicfoundation/hardhat-mocha";
import networkHelpers from "@nomicfoundation/hardhat-network-helpers";
import { defineConfig } from "hardhat/config";

const require = createRequire(import.meta.url);

/** One compilation for every purpose: what is tested is, byte for byte, what Ignition deploys. */
const compiler = {
  version: "0.8.37",
  // solc comes from npm as WebAssembly, so that nothing is downloaded at build time.
  path: require.resolve("solc/soljson.js"),
  settings: { optimizer: { enabled: true, runs: 200 }, viaIR: true, evmVersion: "prague" },
};

/** Tests that know the federation by its artifact only compile in a third of the time without the IR pipeline. */
const testCompiler = { ...compiler, settings: { ...compiler.settings, viaIR: false } };
const walk = readdirSync(new URL("test/contracts/walk", import.meta.url)).map((name) => `walk/${name}`);
const plainTests = ["Walk.t.sol", "support/TestBase.sol", ...walk].map((name) => `test/contracts/${name}`);

const profile = {
  compilers: [compiler],
  overrides: Object.fromEntries(plainTests.map((name) => [name, testCompiler])),
};

/** Fuzz and invariant effort: modest here, raised in CI by these variables. */
const fuzzRuns = Number(process.env.FUZZ_RUNS ?? 128);
const invariantRuns = Number(process.env.INVARIANT_RUNS ?? 48);
const invariantDepth = Number(process.env.INVARIANT_DEPTH ?? 50);

export default defineConfig({
  plugins: [ethersPlugin, chaiMatchers, ignitionEthers, mocha, networkHelpers],
  solidity: {
    profiles: {
      default: profile,
      // Ignition deploys by this one; compiled like the default, it finds the contracts compiled already.
      production: { ...profile, isolated: false, toolVersionsInBuildInfo: false },
    },
  },
  paths: { tests: { solidity: "test/contracts", mocha: "test/contracts" } },
  test: {
    solidity: {
      fuzz: { runs: fuzzRuns },
      // the walk hashes what it is given: nothing is gained by values that were seen before
      invariant: {
        runs: invariantRuns,
        depth: invariantDepth,
        failOnRevert: true,
        dictionaryWeight: 0,
        includeStorage: false,
        includePushBytes: false,
      },
    },
  },
  networks: {
    local: { type: "edr-simulated", chainType: "l1", accounts: { count: 80 } },
    localhost: { type: "http", chainType: "l1", url: "http://127.0.0.1:8545" },
  },
});
