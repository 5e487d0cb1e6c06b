import { expect } from "chai";
import { headerOf } from "./support/block-header.ts";
import { baseRules, maskedRules } from "./support/federation.ts";
import { createLibraryHarness, type LibraryHarness } from "./support/library-harness.ts";

const drawing = { ...baseRules, drawDelayBlocks: 4 };
const historyContract = "0x0000F90827F1C53a10cb7A02335B175320002935";
/** EIP-2935's contract for reading, from the text of the EIP. */
const historyCode =
  "0x3373fffffffffffffffffffffffffffffffffffffffe14604657602036036042575f35600143038111604257611fff81430311604257611fff9006545f5260205ff35b5f5ffd5b5f35611fff60014303065500";
/** Returns 32 bytes of ones, whatever is asked. */
const onesCode = "0x5f195f5260205ff3";
/** Returns 64 zero bytes. */
const zerosCode = "0x60405ff3";

type Created = Awaited<ReturnType<typeof createLibraryHarness>>;

describe("What a chain must have", () => {
  let harness: LibraryHarness;
  let node: Created["node"];
  let networkHelpers: Created["networkHelpers"];

  beforeEach(async () => {
    ({ harness, node, networkHelpers } = await createLibraryHarness());
  });

  /** As a transaction in the next block would ask it. */
  const check = async (rules: object, header: string) => harness.checkChain(rules, header, { blockTag: "pending" });

  it("is asked for nothing where a task neither masks nor draws", async () => {
    await check(baseRules, "0x");
    await check({ ...baseRules, mode: 2 }, "0x");
  });

  it("is MODEXP and BLAKE2F for masks, which are known by their answers", async () => {
    await check(maskedRules, "0x");
    const [modexp, blake2f] = [5, 9].map((number) => `0x${number.toString(16).padStart(40, "0")}`);
    await harness.checkMasks(modexp, blake2f);
    const other = `0x${"c0de".repeat(10)}`;
    for (const code of ["0x", onesCode, zerosCode, "0x5f5ffd", "0x00"]) {
      await networkHelpers.setCode(other, code);
      await expect(harness.checkMasks(other, blake2f), code).revertedWithCustomError(harness, "ChainLacks").withArgs(5);
      await expect(harness.checkMasks(modexp, other), code).revertedWithCustomError(harness, "ChainLacks").withArgs(9);
    }
  });

  it("is the hash of the block before, by its header, with another randomness, for draws", async () => {
    const { header, number } = await headerOf(node);
    await check(drawing, header);
    for (const wrong of ["0x", "0xc0", `${header.slice(0, -2)}${header.endsWith("00") ? "01" : "00"}`, `${header}00`]) {
      await expect(check(drawing, wrong), wrong.slice(0, 20)).revertedWithCustomError(harness, "WrongHeader");
    }
    await networkHelpers.mine();
    await expect(check(drawing, header)).revertedWithCustomError(harness, "WrongHeader");
    const next = await headerOf(node);
    expect(next.number).equals(number + 1);
    await networkHelpers.setPrevRandao(BigInt(next.mix));
    await expect(check(drawing, next.header)).revertedWithCustomError(harness, "ChainLacks").withArgs(4788);
  });

  it("is EIP-2935 where a draw could lie further back than the opcode reaches", async () => {
    for (const [drawDelayBlocks, older] of [
      [224, false],
      [225, true],
      [4096, true],
    ] as const) {
      const { header } = await headerOf(node);
      const call = check({ ...drawing, drawDelayBlocks }, header);
      if (older) await expect(call).revertedWithCustomError(harness, "ChainLacks").withArgs(2935);
      else await call;
    }
    await networkHelpers.setCode(historyContract, onesCode);
    const { header } = await headerOf(node);
    const far = { ...drawing, drawDelayBlocks: 300 };
    await expect(check(far, header)).revertedWithCustomError(harness, "ChainLacks").withArgs(2935);
    await networkHelpers.setCode(historyContract, historyCode);
    const { number } = await headerOf(node);
    const slot = `0x${(number % 8191).toString(16)}`;
    const hash = ((await node.send("eth_getBlockByNumber", ["latest", false])) as { hash: string }).hash;
    await networkHelpers.setStorageAt(historyContract, slot, hash);
    await check(far, header);
  });
});

describe("The block that draws", () => {
  const pending = { blockTag: "pending" };

  it("gives the mix of its header while its hash can be had", async () => {
    const { harness, node, networkHelpers } = await createLibraryHarness();
    const drawn = await headerOf(node);
    const mix = (number = drawn.number, header = drawn.header) => harness.mixOf(number, header, pending);
    for (const later of [1, 2, 300]) {
      await expect(mix(drawn.number + later))
        .revertedWithCustomError(harness, "NoBlockHash")
        .withArgs(drawn.number + later);
      expect(await harness.isOutOfReach(drawn.number + later, pending)).equals(false);
    }
    expect(await mix()).equals(drawn.mix);
    await networkHelpers.mine();
    await expect(mix(drawn.number, (await headerOf(node)).header)).revertedWithCustomError(harness, "WrongHeader");
    await networkHelpers.mine(254);
    expect(await mix()).equals(drawn.mix);
    expect(await harness.isOutOfReach(drawn.number, pending)).equals(false);
    await networkHelpers.mine();
    // the chain of these tests has a contract at EIP-2935's address that reverts with a text, which is no hash
    await expect(mix()).revertedWithCustomError(harness, "NoBlockHash");
    expect(await harness.isOutOfReach(drawn.number, pending)).equals(true);
    for (const code of ["0x", "0x00", zerosCode]) {
      await networkHelpers.setCode(historyContract, code);
      expect(await harness.isOutOfReach(drawn.number, pending), code).equals(true);
    }
  });

  it("stays in reach for 8,191 blocks where EIP-2935 answers", async () => {
    const { harness, node, networkHelpers } = await createLibraryHarness();
    const drawn = await headerOf(node);
    const { hash } = (await node.send("eth_getBlockByNumber", ["latest", false])) as { hash: string };
    await networkHelpers.setCode(historyContract, historyCode);
    await networkHelpers.setStorageAt(historyContract, `0x${(drawn.number % 8191).toString(16)}`, hash);
    await networkHelpers.mine(5000);
    expect(await harness.mixOf(drawn.number, drawn.header, pending)).equals(drawn.mix);
    expect(await harness.isOutOfReach(drawn.number, pending)).equals(false);
    await networkHelpers.mine(3191);
    expect(await harness.isOutOfReach(drawn.number, pending)).equals(true);
  });
});
