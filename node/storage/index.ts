export { createContentSource } from "./content-source.ts";
export { createDirectoryStore } from "./directory-store.ts";
export { createGateway, type Gateway, type GatewayOptions, rawBlockType } from "./gateway-server.ts";
export { createGatewayStore } from "./gateway-store.ts";
export { gatewayMultiaddr, gatewayUrls } from "./gateway-url.ts";
export { createHeliaStore, type HeliaStore, type HeliaStoreOptions } from "./helia-store.ts";
export { createKuboStore, type KuboOptions } from "./kubo-store.ts";
export { createLayeredStore } from "./layered-store.ts";
export { storageLimits } from "./limits.ts";
