/**
 * Keeps Node's own remark that SQLite is experimental from whoever runs the command: it says nothing about Fedledger,
 * and nothing can be done about it. All other warnings are shown.
 */
export function quietWarnings(): void {
  const { emitWarning } = process;
  process.emitWarning = (warning: string | Error, ...rest: never[]) => {
    const [type] = rest as unknown[];
    if (type !== "ExperimentalWarning" || !String(warning).startsWith("SQLite")) emitWarning(warning, ...rest);
  };
}
