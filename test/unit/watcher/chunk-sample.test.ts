import { expect } from "chai";
import fc from "fast-check";
import { parseSetting, settings } from "../../../node/config/index.ts";
import { createRandom } from "../../../node/system/index.ts";
import { chunksToDraw, drawChunks, missProbability, sampleOdds } from "../../../node/watcher/chunk-sample.ts";
import { expectCode } from "../../support/expect-code.ts";

describe("a sample of chunks", () => {
  it("is a share or a number, at least one chunk and at most all", () => {
    expect(chunksToDraw({ share: 0.1 }, 1000)).to.equal(100);
    expect(chunksToDraw({ share: 0.0001 }, 1000)).to.equal(1);
    expect(chunksToDraw({ chunks: 7 }, 5)).to.equal(5);
  });

  it("is drawn without repetition from the chunks there are", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 500 }), fc.double({ min: 0.01, max: 1, noNaN: true }), (count, share) => {
        const drawn = chunksToDraw({ share }, count);
        const chunks = drawChunks(count, drawn, createRandom());
        expect(new Set(chunks).size).to.equal(drawn);
        expect(chunks.every((chunk, i) => chunk >= 0 && chunk < count && (i === 0 || chunk > chunks[i - 1]!))).to.equal(
          true,
        );
      }),
    );
  });

  it("is drawn evenly: each chunk as often as the others, with another set each time", () => {
    const [count, drawn, times] = [10, 3, 4_000];
    const hits = new Array<number>(count).fill(0);
    const sets = new Set<string>();
    for (let i = 0; i < times; i++) {
      const chunks = drawChunks(count, drawn, createRandom());
      sets.add(chunks.join());
      for (const chunk of chunks) hits[chunk]! += 1;
    }
    expect(sets.size, "all of 120 sets").to.equal(120);
    // 1200 expected, standard deviation 29: seven of them
    for (const hit of hits) expect(hit).to.be.within(1_200 - 203, 1_200 + 203);
  });

  it("misses what the odds say", () => {
    expect(missProbability(100, 10, 1)).to.be.closeTo(0.9, 1e-12);
    expect(missProbability(4, 2, 2)).to.be.closeTo(1 / 6, 1e-12);
    expect(missProbability(10, 9, 2)).to.equal(0);
    expect(missProbability(10, 10, 1)).to.equal(0);
    expect(sampleOdds({ share: 0.1 }, 1000)).to.deep.equal({
      chunks: 100,
      of: 1000,
      missOne: missProbability(1000, 100, 1),
      missHundredth: missProbability(1000, 100, 10),
    });
    let missed = 0;
    for (let i = 0; i < 4_000; i++) if (!drawChunks(50, 10, createRandom()).some((chunk) => chunk < 3)) missed++;
    expect(missed / 4_000).to.be.closeTo(missProbability(50, 10, 3), 0.05);
  });

  it("is given as a share with a point in it, or a whole number", async () => {
    const parse = (typed: string) => parseSetting(settings.watchSample, typed);
    expect(parse("0.25")).to.deep.equal({ share: 0.25 });
    expect(parse("1.0")).to.deep.equal({ share: 1 });
    expect(parse("200")).to.deep.equal({ chunks: 200 });
    for (const wrong of ["0", "0.0", "1.5", "-1", "a"]) await expectCode("INVALID_CONFIG", () => parse(wrong));
  });
});
