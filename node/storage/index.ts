export { createContentSource } from "./content-source.ts";
export { createDirectoryStore } from "./directory-store.ts";
export { createGateway, type Gateway } from "./gateway/gateway-server.ts";
export { createGatewayStore } from "./gateway/gateway-store.ts";
export { gatewayMultiaddr, gatewayUrls } from "./gateway/gateway-url.ts";
export { createHeliaStore, type HeliaStore, type HeliaStoreOptions } from "./helia/helia-store.ts";
export { createKuboStore } from "./kubo/kubo-store.ts";
export { createLayeredStore } from "./layered-store.ts";
