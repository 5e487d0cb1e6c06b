// Runs `fedledger ARGS` in a network that has no way out but a proxy's socket in the file system:
// `unshare -rn node in-own-network.ts SOCKET ARGS...`. The proxy is at 127.0.0.1:3128 of this network.
import { spawn, spawnSync } from "node:child_process";
import { connect, createServer } from "node:net";
import { join } from "node:path";

const [socketPath, ...args] = process.argv.slice(2) as [string, ...string[]];
spawnSync("ip", ["link", "set", "lo", "up"]);
const server = createServer((socket) => {
  const onward = connect(socketPath);
  socket.pipe(onward).pipe(socket);
  socket.on("error", () => onward.destroy());
  onward.on("error", () => socket.destroy());
});
await new Promise<void>((resolve) => server.listen(3128, "127.0.0.1", resolve));
const main = join(import.meta.dirname, "..", "..", "..", "node", "cli", "main.ts");
const child = spawn(process.execPath, [main, ...args], { stdio: "inherit" });
for (const name of ["SIGTERM", "SIGINT"] as const) process.on(name, () => child.kill(name));
child.once("close", (code) => process.exit(code ?? 1));
