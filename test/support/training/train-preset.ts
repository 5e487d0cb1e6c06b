import { loadParticipantData } from "../../../node/training/data/participant-data.ts";
import { createTfjsTrainer } from "../../../node/training/local/tfjs-trainer.ts";
import type { TaskPreset } from "../../../node/training/task-presets.ts";
import { runFedAvg } from "./run-fedavg.ts";

/** Rounds of a preset's task in one process: uneven shares, and the federation's own fixed-point arithmetic. */
export async function trainPreset(preset: TaskPreset, seed: number, rounds: number) {
  const trainers = [];
  for (let part = 0; part < preset.participants; part++) {
    const share = { partition: preset.partition, parts: preset.participants, part };
    const { dataset, spec, heldOutFraction } = preset;
    trainers.push(
      await createTfjsTrainer({
        spec,
        ...(await loadParticipantData({ dataset, spec, share, seed, heldOutFraction })),
      }),
    );
  }
  return runFedAvg(preset, trainers, rounds, seed);
}
