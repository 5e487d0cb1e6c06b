export { createHeliaStore, type HeliaStore, type HeliaStoreOptions } from "./helia-store.ts";
