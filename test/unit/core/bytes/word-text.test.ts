import { expect } from "chai";
import fc from "fast-check";
import { textWord, wordText } from "../../../../node/core/bytes/word-text.ts";
import { expectCode } from "../../../support/expect-code.ts";

const filled = (hex: string) => `0x${hex.padEnd(64, "0")}`;

describe("a text in a word", () => {
  it("is its UTF-8, zeros behind it", () => {
    expect(textWord("")).to.equal(filled(""));
    expect(textWord("Klinik A")).to.equal(filled("4b6c696e696b2041"));
    expect(textWord("Zürich")).to.equal(filled("5ac3bc72696368"));
    expect(wordText(filled("4b6c696e696b2041"))).to.equal("Klinik A");
  });

  it("a word that is no text stands for itself", () => {
    for (const hex of ["ff", "4100410041", "80".repeat(32), "0041"]) {
      const word = filled(hex);
      expect(wordText(word)).to.equal(word);
      expect(textWord(word)).to.equal(word);
    }
  });

  it("reads back as the same text, and as the same word", () => {
    const texts = fc.string({ unit: "grapheme" }).filter((text) => {
      const bytes = new TextEncoder().encode(text);
      return bytes.length <= 32 && !bytes.includes(0) && text.isWellFormed();
    });
    fc.assert(
      fc.property(texts, (text) => {
        expect(wordText(textWord(text))).to.equal(text);
      }),
    );
    const bytes = fc.oneof(fc.integer({ min: 0, max: 255 }), fc.constantFrom(0, 0x41, 0xc3, 0xbc));
    fc.assert(
      fc.property(fc.array(bytes, { minLength: 32, maxLength: 32 }), (word) => {
        const hex = `0x${word.map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
        expect(textWord(wordText(hex))).to.equal(hex);
      }),
    );
  });

  it("refuses what does not fit", async () => {
    for (const text of ["x".repeat(33), "ü".repeat(17), "a\0b", "\ud800"]) {
      await expectCode("INVALID_ARGUMENT", () => textWord(text));
    }
    for (const word of ["0x", filled("").slice(0, -2), "text"]) {
      await expectCode("INVALID_ARGUMENT", () => wordText(word));
    }
  });
});
