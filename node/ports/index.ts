export type * from "./chain.ts";
export type * from "./keyed-hash.ts";
export type * from "./noise.ts";
export type * from "./sealing.ts";
export type * from "./storage.ts";
export type * from "./system.ts";
export type * from "./trainer.ts";
export type * from "./transport.ts";
