import { join } from "node:path";
import { Command } from "commander";
import {
  bundledNames,
  type ColumnReport,
  createSalt,
  inspectData,
  parseTaskSpecJson,
  splitDataset,
  viewOf,
} from "../../api/index.ts";
import { required, type Settings } from "../../config/index.ts";
import type { Log } from "../../ports/index.ts";
import { readFileText, writeFileAtomic, writeFilesAtomic } from "../../system/index.ts";
import { defineCommand } from "../options/command.ts";
import { readSalts, saltSettings } from "../options/data-salts.ts";
import { shareOf } from "../options/share-of.ts";
import { openRecordOf, recordSettings } from "../running/session.ts";
import { dataReportText, usesOf } from "../text/data-report.ts";

/** `fedledger data`. */
export function dataCommand(): Command {
  const data = new Command("data")
    .summary("what a task makes of your data; data sets for trying things out")
    .description("What a task makes of your data, and data sets for trying things out.");
  data.addCommand(
    defineCommand({
      name: "split <dataset>",
      summary: "cut a bundled data set into CSV files, one for each participant",
      details: `Data sets: ${bundledNames.join(", ")}. The rows stay as they are in the source; every fifth is left out: these are the public test set of tasks with this data set.`,
      settings: ["parts", "partition", "seed", "out", "force"],
      run: async (values, { output }, [name = ""]) => {
        const folder = required(values.out, "out");
        const { parts, partition, seed, force: replace = false } = values;
        const made = await splitDataset({ name, parts, partition, seed });
        const pathOf = (index: number) => join(folder, `part-${index + 1}.csv`);
        await writeFilesAtomic(
          made.map(({ csv }, index) => [pathOf(index), csv]),
          { replace },
        );
        for (const [index, { examples }] of made.entries()) {
          const path = pathOf(index);
          output.emit({ event: "written", path, samples: examples }, `${path}: ${examples} examples`);
        }
        return 0;
      },
    }),
  );
  data.addCommand(
    defineCommand({
      name: "check",
      summary:
        "show what a task makes of a table before anything is trained: what leaves and what stays, and how alike its rows are",
      details:
        "The task's transforms, of --spec or of --task on the chain, are made as a participant makes them. Values as they are in the file are shown in the text for people only.\n" +
        "Exit codes: 0 a participant could train on it · 1 its rows are less alike than the task asks for (ANONYMITY_TOO_LOW) · 2 the table, the task or a salt does not fit.",
      settings: ["data", "spec", "task", ...recordSettings, ...saltSettings, "partition", "part", "seed"],
      run: async (values, { output, log }) => {
        const data = required(values.data, "data");
        const { spec: path, task = 1 } = values;
        const text = path === undefined ? await specOnChain(values, log, task) : await readFileText(path);
        const spec = parseTaskSpecJson(text);
        const report = await inspectData({ spec, data, hashes: await readSalts(values), ...shareOf(values) });
        const { table, anonymity } = report;
        output.emit(
          { event: "data", source: table.source, rows: table.rows, columns: table.columns.map(told), anonymity },
          dataReportText(table, spec.data, anonymity),
        );
        report.requireAnonymity();
        return 0;
      },
    }),
  );
  data.addCommand(
    defineCommand({
      name: "salt",
      summary: "make a secret salt for a task's hashed columns, and show the check that its specification may have",
      details: "The file is for the participants alone: whoever has it can find out what was hashed by trying.",
      settings: ["out"],
      run: async (values, { output }) => {
        const path = required(values.out, "out");
        const { text, check } = createSalt();
        await writeFileAtomic(path, `${text}\n`, { mode: 0o600 });
        output.emit({ event: "salt", path, check }, `A new salt is in ${path}; its check is ${check}`);
        return 0;
      },
    }),
  );
  return data;
}

/** A task's specification as the chain has it. */
async function specOnChain(values: Settings<(typeof recordSettings)[number]>, log: Log, task: number): Promise<string> {
  return (await viewOf({ chain: await openRecordOf(values, log), taskId: task })).spec;
}

/** A column for programs: all of its report but the values, which only its owner may see, masked or not. */
function told(column: ColumnReport) {
  const { examples: _, ...rest } = column;
  return { ...rest, uses: usesOf(column) };
}
