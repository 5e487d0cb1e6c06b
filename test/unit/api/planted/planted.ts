export const silent = 1;

/** A type that says what it is. */
export type Told = typeof silent;
