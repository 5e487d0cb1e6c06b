import { toHex } from "../../core/bytes/hex.ts";
import { keccak256 } from "../../core/bytes/keccak.ts";
import { foldTask } from "../../core/record/fold-task.ts";
import { parseTaskSpecJson } from "../../core/task/task-spec.ts";
import type { Chain } from "../../ports/index.ts";
import { createPrivateRandom } from "../../privacy/noise/index.ts";
import { createRandom, readFileBytes } from "../../system/index.ts";
import { createTfjsTrainer, loadParticipantData } from "../../training/index.ts";
import { defineCommand } from "../options/command.ts";
import { readSalts, saltSettings } from "../options/data-salts.ts";
import { datasetName } from "../options/dataset-name.ts";
import { requireJoin } from "../options/eligibility.ts";
import { required } from "../options/options.ts";
import { shareOf } from "../options/share-of.ts";
import { composeParticipant, nodeSettings } from "../running/compose.ts";
import { runRole } from "../running/run-role.ts";

/** `fedledger participant`. */
export const participantCommand = () =>
  defineCommand({
    name: "participant",
    summary: "run a participant node: train on your data, commit, check and attest every round",
    details:
      "The account needs the role participant (fedledger member add), the task's bond where it has one, and some ether for gas. It registers and enrols by\n" +
      "itself; started again, it goes on where it was. It serves its updates until the last round can be proven wrong no more.\n" +
      "Your data stay in this process: what leaves it is the update of each round. What your own held-out part says of a model is shown here only.",
    settings: [
      "data",
      ...saltSettings,
      "holdOut",
      "partition",
      "part",
      "seed",
      "backend",
      "commit",
      "statement",
      "trainOnUnchecked",
      "reenter",
      ...nodeSettings,
    ],
    run: (values, context) =>
      runRole(
        "participant",
        context,
        async (events) => {
          const source = required(values.data, "data");
          const seed = values.seed ?? 1;
          const openTrainer = async (chain: Chain, taskId: number) => {
            await requireJoin(chain, taskId);
            const spec = parseTaskSpecJson(foldTask(await chain.history(taskId)).spec);
            const { train, heldOut } = await loadParticipantData({
              spec,
              dataset: datasetName(source),
              heldOutFraction: values.holdOut ?? 0.2,
              hashes: await readSalts(values),
              ...shareOf(values),
            });
            const privateRandom = createPrivateRandom(createRandom());
            const backend = values.backend ?? "auto";
            const trainer = await createTfjsTrainer({ spec, train, heldOut, backend, privateRandom });
            const noise = spec.privacy ? `, ${spec.privacy.mechanism} noise` : "";
            const reproducible = trainer.reproducible
              ? `bit-reproducible${noise && `, but for the${noise.slice(1)} that is added to the update`}`
              : `not bit-reproducible${noise}: the audit begins where the update is committed`;
            context.output.emit(
              {
                event: "trainer",
                engine: trainer.engine,
                reproducible: trainer.reproducible && spec.privacy === undefined,
                samples: train.samples,
                heldOut: heldOut.samples,
              },
              `Training: ${trainer.description} (${reproducible}); ${train.samples} examples to train on, ${heldOut.samples} held out for you alone`,
            );
            return trainer;
          };
          const { statement: path } = values;
          const statement = path === undefined ? undefined : toHex(keccak256(await readFileBytes(path)));
          return composeParticipant({ ...values, seed, statement }, events, openTrainer);
        },
        { exitWhenFinal: values.exitWhenFinal ?? false },
      ),
  });
