import { extendAccumulator } from "../../node/core/commitment.ts";
import { concatBytes, fromHex, toHex } from "../../node/core/hex.ts";
import type { Hex } from "../../node/core/ids.ts";
import type { Advertisement } from "../../node/core/records.ts";
import type { Random } from "../../node/ports/system.ts";
import {
  type ClosedRound,
  createMaskedMean,
  createMaskSecrets,
  type MaskSecrets,
  maskUpdate,
  roundSides,
} from "../../node/privacy/masking/index.ts";
import type { RoundScript } from "./history-options.ts";
import type { Committed, OpenRound } from "./history-steps.ts";
import { hashOf, type Writer } from "./history-writer.ts";

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

/** Has the drawn advertise keys, in a masked or encrypted task; only as many as the script says. */
export function advertise(writer: Writer, open: OpenRound, script: RoundScript): void {
  const { taskId, rules, leaving, members } = writer;
  const { round, slots } = open;
  if (rules.mode === "transparent") return;
  const able = slots.filter(({ participant }) => !leaving.includes(participant));
  for (const { participant, slot } of able.slice(0, script.keyed ?? able.length)) {
    writer.nowS += 1;
    const secrets = createMaskSecrets(labelledRandom(`secrets of ${participant} in round ${round}`));
    const { maskKey, seedHash } = secrets;
    const sharesId = hashOf(`shares of ${participant} in round ${round}`);
    const follows = { taskId, round, participant, slot, maskKey, seedHash, sharesId };
    const advertisement = script.advertisement?.(members.indexOf(participant), follows) ?? follows;
    open.advertisements.push(advertisement);
    open.secrets.set(slot, secrets);
    open.accumulator = extendAccumulator(open.accumulator, advertisement);
    writer.mine(participant, { name: "Advertised", ...advertisement });
  }
  if (open.advertisements.length < slots.length) writer.nowS += rules.keyWindowS + 1;
}

/** Who may commit: the drawn, in a masked task those that advertised. */
export function ableToCommit({ rules, leaving }: Writer, { slots, secrets }: OpenRound): OpenRound["slots"] {
  return slots.filter(
    ({ participant, slot }) => !leaving.includes(participant) && (rules.mode !== "masked" || secrets.has(slot)),
  );
}

/** What a participant stores of its update: in a masked task the masked one, in an encrypted one lanes that stand for a ciphertext. */
export async function hidden(
  { rules, taskId }: Writer,
  open: OpenRound,
  slot: number,
  weight: number,
  lanes: Int32Array,
): Promise<Int32Array> {
  if (rules.mode === "transparent") return lanes;
  if (rules.mode === "encrypted") return lanes.map((lane, i) => lane ^ (i * 0x9e3779b9));
  return maskUpdate({ lanes, weight, slot, secrets: open.secrets.get(slot)!, round: keyedRound(open, taskId, rules) });
}

/** What the proposal opens, as the event states it. */
export function openingsOf({ rules, taskId }: Writer, open: OpenRound): Hex | undefined {
  if (rules.mode === "transparent") return undefined;
  if (rules.mode === "encrypted") return hashOf(`sum of round ${open.round}`);
  return toHex(openingBytesOf(open, closedRound(open, taskId, rules)));
}

/** The model that the masked updates give. */
export function maskedModel({ rules, taskId }: Writer, open: OpenRound): Int32Array {
  const round = closedRound(open, taskId, rules);
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

function keyedRound(
  { round, seed, slots, advertisements }: OpenRound,
  taskId: number,
  { neighbours }: Writer["rules"],
) {
  return { taskId, round, seed, drawn: slots.length, neighbours, advertisements };
}

function closedRound(open: OpenRound, taskId: number, rules: Writer["rules"]): ClosedRound<Advertisement> {
  const surviving = open.committed.map(({ slot }: Committed) => slot);
  return { ...keyedRound(open, taskId, rules), surviving };
}
