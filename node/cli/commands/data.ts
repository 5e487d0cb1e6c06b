import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { Command } from "commander";
import { FedledgerError } from "../../core/error.ts";
import { writeFileAtomic } from "../../system/index.ts";
import {
  bundledDatasetPath,
  bundledDatasets,
  datasetByName,
  parsePartition,
  partitionIndices,
  taskPreset,
} from "../../training/index.ts";
import { defineCommand } from "../command.ts";
import { required } from "../options.ts";

/** `fedledger data`. */
export function dataCommand(): Command {
  const data = new Command("data")
    .summary("data sets for trying things out")
    .description("Data sets for trying things out.");
  data.addCommand(
    defineCommand({
      name: "split <dataset>",
      summary: "cut a bundled data set into CSV files, one for each participant",
      details: `Data sets: ${Object.keys(bundledDatasets).join(", ")}. The rows stay as they are in the source.`,
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
        const dataset = await datasetByName(name, { spec });
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
          const text = `${[header, ...Array.from(indices, (row) => rows[row])].join("\n")}\n`;
          await writeFileAtomic(file, text, { replace: values.force ?? false });
          output.emit({ event: "written", path: file, samples: indices.length }, `${file}: ${indices.length} examples`);
        }
        return 0;
      },
    }),
  );
  return data;
}
