/** Whose fault an error is: our own (a bug), a peer's, the infrastructure's, or the user's. */
export type Fault = "us" | "peer" | "infrastructure" | "user";

/** One kind of error. `{name}` in the texts is filled from the error's data. */
export interface ErrorKind {
  readonly message: string;
  readonly remedy: string;
  readonly fault: Fault;
  readonly retryable: boolean;
  /** Process exit code when a command ends with it: 1 failure, 2 usage, 3 violation, 4 unchecked, 5 infrastructure. */
  readonly exitCode: 1 | 2 | 3 | 4 | 5;
}

/** An error that the person at the keyboard can mend; exit code 2. */
export const user = (message: string, remedy: string): ErrorKind => ({
  message,
  remedy,
  fault: "user",
  retryable: false,
  exitCode: 2,
});
/** An error of network, disk or chain, which may pass; exit code 5. */
export const infrastructure = (message: string, remedy: string): ErrorKind => ({
  message,
  remedy,
  fault: "infrastructure",
  retryable: true,
  exitCode: 5,
});
/** An error that another node makes; exit code 1. */
export const peer = (message: string, remedy: string): ErrorKind => ({
  message,
  remedy,
  fault: "peer",
  retryable: true,
  exitCode: 1,
});
/** A fault of Fedledger itself; exit code 1. */
export const ours = (message: string): ErrorKind => ({
  message,
  remedy: "This is a fault of Fedledger itself: please report it with the log.",
  fault: "us",
  retryable: false,
  exitCode: 1,
});
