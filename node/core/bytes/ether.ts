const weiPerEther = 10n ** 18n;

/** An amount of wei as ether in decimal digits, exactly, without trailing zeros: 1500000000000000000 is "1.5". */
export function etherText(wei: bigint): string {
  const amount = wei < 0n ? -wei : wei;
  const digits = (amount % weiPerEther).toString().padStart(18, "0").replace(/0+$/, "");
  return `${wei < 0n ? "-" : ""}${amount / weiPerEther}${digits === "" ? "" : `.${digits}`}`;
}

/** An amount of a task's rules, in 10^9 wei, in wei. */
export function weiOfGwei(gwei: number): bigint {
  return BigInt(gwei) * 1_000_000_000n;
}
