import { concatBytes, fromHex, toHex } from "../../../node/core/bytes/hex.ts";
import type { Bytes32, Hex } from "../../../node/core/ids.ts";
import type { Advertisement } from "../../../node/core/records.ts";
import { extendAnchor } from "../../../node/core/words/commitment.ts";
import type { Random } from "../../../node/ports/system.ts";
import {
  type ClosedRound,
  createMaskedMean,
  createMaskSecrets,
  type MaskSecrets,
  maskUpdate,
  roundSides,
} from "../../../node/privacy/masking/index.ts";
import type { RoundScript } from "./history-options.ts";
import type { Committed, OpenRound } from "./history-steps.ts";
import { hashOf, signAs, type Writer } from "./history-writer.ts";

/** Random bytes that are the same for the same label. */
export function labelledRandom(label: string): Random {
  let count = 0;
  return {
    bytes(length) {
      const parts: Uint8Array[] = [];
      for (let have = 0; have < length; have += 32) parts.push(fromHex(hashOf(`${label} ${count++}`)));
      return concatBytes(...parts).subarray(0, length);
    },
  };
}

const noKey: Bytes32 = toHex(new Uint8Array(32));

/** Has the drawn advertise keys, in a masked or encrypted task; only as many as the script says. */
export function advertise(writer: Writer, open: OpenRound, script: RoundScript): void {
  const { taskId, rules, members } = writer;
  const { round, slots, start } = open;
  if (rules.mode === "transparent") return;
  const able = slots.filter(({ leaving }) => !leaving);
  for (const { account: participant, slot } of able.slice(0, script.keyed ?? able.length)) {
    writer.nowS += 1;
    const secrets = createMaskSecrets(labelledRandom(`secrets of ${participant} in round ${round}`));
    const { maskKey, seedHash } = secrets;
    const sharesId = hashOf(`shares of ${participant} in round ${round}`);
    const shareKey = rules.mode === "masked" ? hashOf(`share key of ${participant} after round ${round}`) : noKey;
    const follows = { taskId, round, participant, slot, maskKey, seedHash, sharesId, shareKey };
    const advertisement = script.advertisement?.(members.indexOf(participant), follows) ?? follows;
    const signature = signAs(writer, participant, { type: "advertisement", ...advertisement, start });
    open.advertisements.push({ ...advertisement, signature });
    open.secrets.set(slot, secrets);
    open.anchor = extendAnchor(open.anchor, advertisement);
    writer.mine(participant, { name: "Advertised", ...advertisement, signature });
  }
  if (open.advertisements.length < slots.length) writer.nowS += rules.keyWindowS + 1;
}

/** Who may commit: the drawn, in a masked task those that advertised. */
export function ableToCommit({ rules }: Writer, { slots, secrets }: OpenRound): OpenRound["slots"] {
  return slots.filter(({ leaving, slot }) => !leaving && (rules.mode !== "masked" || secrets.has(slot)));
}

/**
 * What a participant stores of its update: in a masked task the masked one, in an encrypted one lanes that stand for a
 * ciphertext.
 */
export async function hidden(
  { rules, taskId }: Writer,
  open: OpenRound,
  slot: number,
  weight: number,
  lanes: Int32Array,
): Promise<Int32Array> {
  if (rules.mode === "transparent") return lanes;
  if (rules.mode === "encrypted") return lanes.map((lane, i) => lane ^ (i * 0x9e3779b9));
  return maskUpdate({ lanes, weight, slot, secrets: open.secrets.get(slot)!, round: keyedRound(open, taskId) });
}

/** What the proposal opens, as the event states it. */
export function openingsOf({ rules, taskId }: Writer, open: OpenRound): Hex {
  if (rules.mode === "transparent") return "0x";
  if (rules.mode === "encrypted") return hashOf(`sum of round ${open.round}`);
  return toHex(openingBytesOf(open, closedRound(open, taskId)));
}

/** The model that the masked updates give. */
export function maskedModel({ rules, taskId }: Writer, open: OpenRound): Int32Array {
  const round = closedRound(open, taskId);
  const mean = createMaskedMean({ ...rules, round, openings: openingBytesOf(open, round) });
  for (const { lanes, weight } of open.committed) mean.add(lanes, weight);
  return mean.finish(open.lanes);
}

function openingBytesOf({ secrets }: OpenRound, round: ClosedRound): Uint8Array {
  const { survivors, dropped } = roundSides(round);
  const secretsOf = ({ slot }: { readonly slot: number }): MaskSecrets => secrets.get(slot)!;
  return concatBytes(
    ...survivors.map((each) => secretsOf(each).seed),
    ...dropped.map((each) => secretsOf(each).secretKey),
  );
}

function keyedRound({ round, advertisements }: OpenRound, taskId: number) {
  return { taskId, round, advertisements };
}

function closedRound(open: OpenRound, taskId: number): ClosedRound<Advertisement> {
  const surviving = open.committed.map(({ slot }: Committed) => slot);
  return { ...keyedRound(open, taskId), surviving };
}
