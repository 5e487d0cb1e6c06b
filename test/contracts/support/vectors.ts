import { readFileSync } from "node:fs";

/** The cases of test/vectors/`name`.json. */
export function readVectors<Case extends { readonly name: string }>(name: string): readonly Case[] {
  const text = readFileSync(new URL(`../../vectors/${name}.json`, import.meta.url), "utf8");
  return (JSON.parse(text) as { cases: Case[] }).cases;
}
