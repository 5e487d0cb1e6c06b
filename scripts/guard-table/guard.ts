/** A check that an attack must run into: taken out, its test has to fail. */
export interface Guard {
  /** Short, for the command line. */
  readonly name: string;
  /** Where it stands, in the project's folder. */
  readonly file: string;
  /** Its text, exactly; it is there once. */
  readonly guard: string;
  /** What stands there instead. */
  readonly replacement: string;
  /** The test file that must fail then. */
  readonly test: string;
}
