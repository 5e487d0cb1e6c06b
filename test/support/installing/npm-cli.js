// Stands where npm stands, and does what a test tells it by files in the folder FAKE_NPM: so that a moment in the
// middle of an installation lasts as long as the test needs it.
//   asked/N      written: the arguments and settings of the N-th call, and its process
//   hold         while it is there, the installation does not go on
//   ending       written once it was told to end
//   hold-ending  while it is there, it does not end
//   omit         names a package that it leaves out
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const control = process.env.FAKE_NPM;
const at = (name) => join(control, name);
const modules = join(process.cwd(), "node_modules");
let isEnding = false;
process.on("SIGTERM", () => {
  isEnding = true;
  writeFileSync(at("ending"), "");
});

const number = readdirSync(at("asked")).length;
// whole as soon as it is there
writeFileSync(at("call"), JSON.stringify({ args: process.argv.slice(2), pid: process.pid }));
renameSync(at("call"), at(`asked/${number}`));

const lock = JSON.parse(readFileSync("package-lock.json", "utf8"));
rmSync(modules, { recursive: true, force: true });
mkdirSync(join(modules, ".bin"), { recursive: true });
const timer = setInterval(() => {
  // the test is over
  if (!existsSync(control)) process.exit(1);
  if (isEnding) {
    if (existsSync(at("hold-ending"))) return;
    rmSync(modules, { recursive: true, force: true });
    process.exit(1);
  }
  if (existsSync(at("hold"))) return;
  clearInterval(timer);
  install();
}, 10);

function install() {
  const omitted = existsSync(at("omit")) ? readFileSync(at("omit"), "utf8") : "";
  const packages = Object.fromEntries(
    Object.entries(lock.packages).filter(([path]) => path !== "" && path !== omitted),
  );
  for (const [path, { version, files = {} }] of Object.entries(packages)) {
    mkdirSync(path, { recursive: true });
    writeFileSync(join(path, "package.json"), JSON.stringify({ version }));
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(join(path, name, ".."), { recursive: true });
      writeFileSync(join(path, name), text);
    }
  }
  writeFileSync(join(modules, ".package-lock.json"), JSON.stringify({ packages }));
}
