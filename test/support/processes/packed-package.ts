import { execFile } from "node:child_process";
import { cp, mkdir, readdir, readFile, symlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { projectFolder } from "./fedledger-process.ts";

const run = promisify(execFile);
const windows = process.platform === "win32";

/** The package as npm packs it, unpacked in the node_modules of an application's folder. */
export interface PackedPackage {
  /** Files of the tarball, as paths inside the package. */
  readonly files: readonly string[];
  /** The application's folder. */
  readonly app: string;
  /** The package's folder in it. */
  readonly folder: string;
}

/**
 * Packs this project by `npm pack` alone, and puts the result into `app`. It gets the packages that it depends on, and
 * no others of this project's, as links: no registry is asked.
 */
export async function installPacked(app: string): Promise<PackedPackage> {
  const packing = await run("npm", ["pack", "--json", "--pack-destination", app], {
    cwd: projectFolder,
    shell: windows,
    maxBuffer: 1 << 26,
  });
  const [packed] = JSON.parse(packing.stdout) as [{ filename: string; files: { path: string }[] }];
  await run("tar", ["-xzf", packed.filename], { cwd: app });
  const folder = join(app, "node_modules", "fedledger");
  await mkdir(dirname(folder), { recursive: true });
  await cp(join(app, "package"), folder, { recursive: true });
  await linkDependencies(folder);
  return { files: packed.files.map(({ path }) => path), app, folder };
}

async function linkDependencies(folder: string): Promise<void> {
  const { dependencies } = JSON.parse(await readFile(join(folder, "package.json"), "utf8")) as {
    dependencies: Record<string, string>;
  };
  for (const name of Object.keys(dependencies)) {
    const link = join(folder, "node_modules", name);
    await mkdir(dirname(link), { recursive: true });
    await symlink(join(projectFolder, "node_modules", name), link, "junction");
  }
}

/** The example programs, copied into the application's folder; their names. */
export async function copyExamples({ app, folder }: PackedPackage): Promise<readonly string[]> {
  await cp(join(folder, "examples"), app, { recursive: true });
  return await readdir(join(folder, "examples"));
}
