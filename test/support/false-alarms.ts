/** The contracts' errors for a proof that proves nothing: honest nodes never cause one, simulated sends included. */
export const falseAlarms: readonly string[] = [
  "WrongCommitments",
  "WrongAdvertisements",
  "WrongOpenings",
  "MalformedProof",
  "NotInModel",
  "NotInBaseModel",
  "NotInUpdate",
  "ChunkIsRight",
  "UpdateIsValid",
  "WeightIsRight",
  "OpeningIsRight",
  "NoEquivocation",
];
