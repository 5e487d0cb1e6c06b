import { createRequire } from "node:module";
import { dirname, sep } from "node:path";
import util from "node:util";
import { FedledgerError } from "../../core/errors/error.ts";

/** A backend one can ask for; "auto" is wasm, or cpu where wasm cannot run. */
export type BackendChoice = "auto" | "wasm" | "cpu" | "native";

/** The TensorFlow.js backend that computes in this process. */
export interface SelectedBackend {
  readonly name: "wasm" | "cpu" | "native";
  /** TensorFlow.js's name of it. */
  readonly tfName: "wasm" | "cpu" | "tensorflow";
  /** Version of the package behind it. */
  readonly version: string;
  /** Whether training gives the same bits again, in another process too. */
  readonly reproducible: boolean;
  /** One line for people: what runs, and why this one. */
  readonly description: string;
}

/**
 * Loads and initializes a backend; TensorFlow.js is first loaded here, so processes that do not train never pay for it.
 *
 * Throws BACKEND_UNAVAILABLE when the one asked for cannot run here; "auto" falls back to cpu.
 */
export async function selectBackend(preferred: BackendChoice = "auto"): Promise<SelectedBackend> {
  switch (preferred) {
    case "cpu":
      return cpu("as asked; slow, the reference");
    case "native":
      return native();
    case "wasm":
      return wasm("as asked; bit-reproducible");
    default:
      try {
        return await wasm("the default; bit-reproducible, needs nothing installed");
      } catch (error) {
        return cpu(`because wasm cannot run here (${reasonOf(error)})`);
      }
  }
}

async function wasm(why: string): Promise<SelectedBackend> {
  try {
    const tf = await core();
    const { setWasmPaths, version_wasm } = await import("@tensorflow/tfjs-backend-wasm");
    if (tf.findBackend("wasm") === null) {
      const entry = createRequire(import.meta.url).resolve("@tensorflow/tfjs-backend-wasm");
      setWasmPaths(dirname(entry) + sep);
    }
    (await import("./wasm-kernels.ts")).registerWasmKernels();
    if (!(await startBackend(tf, "wasm")))
      throw new FedledgerError("BACKEND_UNAVAILABLE", { name: "wasm", reason: "it did not start" });
    const simd = await tf.env().getAsync("WASM_HAS_SIMD_SUPPORT");
    return {
      name: "wasm",
      tfName: "wasm",
      version: version_wasm,
      reproducible: true,
      description: `TensorFlow.js ${version_wasm} on wasm${simd ? " with SIMD" : ""}: ${why}`,
    };
  } catch (error) {
    throw new FedledgerError("BACKEND_UNAVAILABLE", { name: "wasm", reason: reasonOf(error) }, error);
  }
}

/**
 * Starts a backend, or says that it cannot. Where several trainers of this process start it at once, TensorFlow.js
 * counts only the last start and answers the others as if theirs had failed: so they wait for it, and ask again.
 */
async function startBackend(tf: typeof import("@tensorflow/tfjs-core"), tfName: string): Promise<boolean> {
  for (let attempt = 1; attempt <= 3; attempt++) {
    if (await tf.setBackend(tfName)) return true;
    await tf.ready();
  }
  return false;
}

async function cpu(why: string): Promise<SelectedBackend> {
  const tf = await core();
  const { version_cpu } = await import("@tensorflow/tfjs-backend-cpu");
  await tf.setBackend("cpu");
  return {
    name: "cpu",
    tfName: "cpu",
    version: version_cpu,
    reproducible: true,
    description: `TensorFlow.js ${version_cpu} on plain JavaScript: ${why}`,
  };
}

async function native(): Promise<SelectedBackend> {
  try {
    const tf = await core();
    // tfjs-node 4.22 calls a function that Node 23 removed.
    (util as { isNullOrUndefined?: (value: unknown) => boolean }).isNullOrUndefined ??= (value) => value == null;
    // An optional peer: the name is computed so that neither the compiler nor a bundler asks for it.
    const name: string = ["@tensorflow", "tfjs-node"].join("/");
    const module = withoutArguments(() => createRequire(import.meta.url)(name)) as TfjsNode;
    if (!(await tf.setBackend("tensorflow"))) {
      throw new FedledgerError("BACKEND_UNAVAILABLE", { name: "native", reason: "it did not start" });
    }
    const version = module.version?.["tfjs-node"] ?? "unknown";
    return {
      name: "native",
      tfName: "tensorflow",
      version,
      reproducible: false,
      description: `TensorFlow ${version}, native: as asked; fast, not bit-reproducible`,
    };
  } catch (error) {
    throw new FedledgerError("BACKEND_UNAVAILABLE", { name: "native", reason: reasonOf(error) }, error);
  }
}

type TfjsNode = { readonly version?: { readonly "tfjs-node"?: string } };

/**
 * Loads what reads our command line as its own: tfjs-node looks for its binary by @mapbox/node-pre-gyp, which takes
 * `--dir` and others from process.argv.
 */
function withoutArguments<T>(load: () => T): T {
  const { argv } = process;
  process.argv = argv.slice(0, 2);
  try {
    return load();
  } finally {
    process.argv = argv;
  }
}

async function core(): Promise<typeof import("@tensorflow/tfjs-core")> {
  const tf = await import("@tensorflow/tfjs-core");
  // Its Node build registers no gradients; the layers package registers them all (in a registry that both share).
  await import("@tensorflow/tfjs-layers");
  // No advice on the console, no checks of every value in every kernel (we check losses and results ourselves).
  tf.enableProdMode();
  return tf;
}

function reasonOf(error: unknown): string {
  if (error instanceof FedledgerError && typeof error.data.reason === "string") return error.data.reason;
  const text = error instanceof Error ? error.message : String(error);
  return text.split("\n", 1)[0] ?? text;
}
