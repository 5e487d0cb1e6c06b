export { type BackendChoice, type SelectedBackend, selectBackend } from "./backend.ts";
export { type BundledName, bundledDatasets } from "./bundled.ts";
export { checkDatasetFits, type Dataset, holdOut, inputSize, selectExamples } from "./dataset.ts";
export { type DatasetOptions, datasetByName } from "./dataset-by-name.ts";
export { loadParticipantData, type ParticipantDataOptions } from "./participant-data.ts";
export { formatPartition, type Partition, parsePartition, partitionIndices } from "./partition.ts";
export { type TaskPreset, taskPreset, taskPresets } from "./task-presets.ts";
export { createTfjsTrainer, type TfjsTrainer, type TfjsTrainerOptions } from "./tfjs-trainer.ts";
