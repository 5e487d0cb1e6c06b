import { createRequire } from "node:module";
import ethersPlugin from "@nomicfoundation/hardhat-ethers";
import chaiMatchers from "@nomicfoundation/hardhat-ethers-chai-matchers";
import ignitionEthers from "@nomicfoundation/hardhat-ignition-ethers";
import mocha from "@nomicfoundation/hardhat-mocha";
import networkHelpers from "@nomicfoundation/hardhat-network-helpers";
import typechain from "@nomicfoundation/hardhat-typechain";
import { defineConfig } from "hardhat/config";

const require = createRequire(import.meta.url);

export default defineConfig({
  plugins: [ethersPlugin, chaiMatchers, ignitionEthers, mocha, networkHelpers, typechain],
  // solc comes from npm as WebAssembly, so that nothing is downloaded at build time.
  solidity: {
    version: "0.8.37",
    path: require.resolve("solc/soljson.js"),
    settings: { optimizer: { enabled: true, runs: 1000 }, viaIR: true, evmVersion: "prague" },
  },
  paths: { tests: { solidity: "test/contracts", mocha: "test/contracts" } },
  test: { solidity: { fuzz: { runs: 1000 }, invariant: { runs: 64, depth: 50, failOnRevert: true } } },
  networks: { local: { type: "edr-simulated", chainType: "l1" } },
});
