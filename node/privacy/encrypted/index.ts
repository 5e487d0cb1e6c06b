export * from "./bfv.ts";
export * from "./cipher-sum.ts";
export * from "./key-blob.ts";
export { drawSecretKey } from "./secret-key.ts";
