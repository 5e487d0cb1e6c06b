/** How far a block's time may be from the machine's before it is told, seconds: a block is seldom older. */
const toldFromS = 60;

/**
 * What a person should know of this machine's clock beside the chain's, in one line.
 * @param headS time of the newest block, seconds since 1970
 * @param nowMs the machine's clock, milliseconds since 1970
 */
export function clockText(headS: number, nowMs: number): string {
  const aheadS = Math.round(nowMs / 1000) - headS;
  if (Math.abs(aheadS) < toldFromS) return `this machine's and the chain's differ by ${Math.abs(aheadS)} s`;
  const how =
    aheadS < 0
      ? `this machine's is ${-aheadS} s behind the newest block's time`
      : `the newest block is ${aheadS} s old by this machine's: no block has come for long, or this clock is ahead`;
  return `${how}. A node's deadlines go by the chain's time; times in logs and the validity of certificates by this one`;
}
