/** What a peer did wrong. */
export type Offence = "timeout" | "flood" | "gossip" | "oversize" | "garbage" | "corrupt";

/** Points of one offence. A slow peer may be busy; one that sends false bytes is faulty or lying. */
export const offencePoints: Readonly<Record<Offence, number>> = {
  timeout: 10,
  flood: 10,
  gossip: 25,
  oversize: 55,
  garbage: 55,
  corrupt: 60,
};

/** How a peer stands. */
export interface PeerScore {
  /** Points at `atMs`; they halve with time. */
  readonly points: number;
  readonly atMs: number;
  /** Until when the peer is cut off; 0 if never. */
  readonly cutOffUntilMs: number;
}

/** The limits that scoring needs. */
export interface ScoreLimits {
  readonly offencePoints: number;
  readonly offenceHalfLifeMs: number;
  readonly cutOffMs: number;
}

/** A peer that has done nothing wrong. */
export const cleanScore: PeerScore = { points: 0, atMs: 0, cutOffUntilMs: 0 };

/**
 * The score after an offence. At the threshold the peer is cut off and keeps half of the points, so a repeater is cut
 * off sooner.
 */
export function scoreAfter(score: PeerScore, offence: Offence, nowMs: number, limits: ScoreLimits): PeerScore {
  const points = pointsAt(score, nowMs, limits) + offencePoints[offence];
  return points >= limits.offencePoints
    ? { points: limits.offencePoints / 2, atMs: nowMs, cutOffUntilMs: nowMs + limits.cutOffMs }
    : { points, atMs: nowMs, cutOffUntilMs: score.cutOffUntilMs };
}

/** Points left at a time: half of them after each half-life. */
export function pointsAt(score: PeerScore, nowMs: number, limits: ScoreLimits): number {
  return score.points * 0.5 ** (Math.max(0, nowMs - score.atMs) / limits.offenceHalfLifeMs);
}

/** Whether the peer is cut off at a time. */
export function isCutOff(score: PeerScore, nowMs: number): boolean {
  return nowMs < score.cutOffUntilMs;
}
