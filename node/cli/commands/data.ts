import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { Command } from "commander";
import { FedledgerError } from "../../core/errors/error.ts";
import { foldTask } from "../../core/record/fold-task.ts";
import { parseTaskSpecJson } from "../../core/task/task-spec.ts";
import type { Log } from "../../ports/index.ts";
import { createKeyedHash, saltBytes } from "../../privacy/keyed-hash.ts";
import { createRandom, readFileText, writeFileAtomic } from "../../system/index.ts";
import {
  anonymityReport,
  bundledDatasetPath,
  bundledDatasets,
  type ColumnReport,
  datasetByName,
  inputSize,
  inspectTable,
  loadOwnExamples,
  parsePartition,
  partitionIndices,
  publicIndices,
  requireAnonymity,
  saltCheckOf,
  selectExamples,
  taskPreset,
} from "../../training/index.ts";
import { defineCommand } from "../options/command.ts";
import { readSalts, saltSettings } from "../options/data-salts.ts";
import { datasetName } from "../options/dataset-name.ts";
import { required, type Settings } from "../options/options.ts";
import { shareOf } from "../options/share-of.ts";
import { openRecord, recordSettings } from "../running/session.ts";
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
      details: `Data sets: ${Object.keys(bundledDatasets).join(", ")}. The rows stay as they are in the source; every fifth is left out: these are the public test set of tasks with this data set.`,
      settings: ["parts", "partition", "seed", "out", "force"],
      run: async (values, { output }, [name = ""]) => {
        const folder = required(values.out, "out");
        const path = bundledDatasetPath(name);
        if (path === undefined) {
          throw new FedledgerError("INVALID_CONFIG", {
            name,
            reason: `expected one of ${Object.keys(bundledDatasets).join(", ")}`,
          });
        }
        const { spec, partition } = taskPreset(name);
        const whole = await datasetByName(name, { spec });
        const { train } = publicIndices(whole);
        const dataset = selectExamples(whole, train);
        const parts = partitionIndices(
          dataset,
          parsePartition(values.partition ?? partition),
          values.parts ?? 3,
          values.seed ?? 1,
        );
        const [header, ...rows] = gunzipSync(await readFile(path))
          .toString("utf8")
          .trimEnd()
          .split(/\r?\n/);
        for (const [index, indices] of parts.entries()) {
          const file = join(folder, `part-${index + 1}.csv`);
          const text = `${[header, ...Array.from(indices, (row) => rows[train[row] ?? 0])].join("\n")}\n`;
          await writeFileAtomic(file, text, { replace: values.force ?? false });
          output.emit({ event: "written", path: file, samples: indices.length }, `${file}: ${indices.length} examples`);
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
        const dataset = datasetName(required(values.data, "data"));
        const { spec: path, task = 1 } = values;
        const text = path === undefined ? await specOnChain(values, log, task) : await readFileText(path);
        const spec = parseTaskSpecJson(text);
        const { anonymity } = spec.data;
        const hashes = await readSalts(values);
        const own = await loadOwnExamples({ spec, dataset, hashes, ...shareOf(values) });
        const report = await inspectTable(dataset, spec.data, inputSize(own), hashes);
        const alike = anonymity && own.groups && anonymityReport(own.groups, anonymity);
        output.emit(
          {
            event: "data",
            source: report.source,
            rows: report.rows,
            columns: report.columns.map(told),
            anonymity: alike,
          },
          dataReportText(report, spec.data, alike),
        );
        requireAnonymity(own, anonymity);
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
        const salt = createRandom().bytes(saltBytes);
        await writeFileAtomic(path, `${Buffer.from(salt).toString("hex")}\n`, { mode: 0o600 });
        const check = saltCheckOf(createKeyedHash(salt));
        output.emit({ event: "salt", path, check }, `A new salt is in ${path}; its check is ${check}`);
        return 0;
      },
    }),
  );
  return data;
}

/** A task's specification as the chain has it. */
async function specOnChain(values: Settings<(typeof recordSettings)[number]>, log: Log, task: number): Promise<string> {
  return foldTask(await (await openRecord(values, log)).history(task)).spec;
}

/** A column for programs: all of its report but the values that only its owner may see. */
function told(column: ColumnReport) {
  const { examples, ...rest } = column;
  const after = examples.flatMap((each) => (each.after === undefined || !column.masked ? [] : [each.after]));
  return { ...rest, uses: usesOf(column), examples: after };
}
