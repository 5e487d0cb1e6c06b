import { createParticipant, keccak256, loadTrainer, readSitePolicy, type TaskSpec, toHex } from "../../api/index.ts";
import { required, type Settings } from "../../config/index.ts";
import { readFileBytes } from "../../system/index.ts";
import { type CommandContext, defineCommand } from "../options/command.ts";
import { readSalts, saltSettings } from "../options/data-salts.ts";
import { shareOf } from "../options/share-of.ts";
import { nodeOptionsOf, nodeSettings } from "../running/node-settings.ts";
import { runRole } from "../running/run-role.ts";

/** `fedledger participant`. */
export const participantCommand = () =>
  defineCommand({
    name: "participant",
    summary: "run a participant node: train on your data, commit, check and attest every round",
    details:
      "The account needs the role participant (fedledger member add), the task's bond where it has one, and some ether for gas. It registers and enrols by\n" +
      "itself; started again, it goes on where it was. It serves its updates until the last round can be proven wrong no more.\n" +
      "With --policy it takes part in no task below what the file asks for, and reads nothing of your data before (docs/policy.md).\n" +
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
      "policy",
      ...nodeSettings,
    ],
    closes: true,
    run: (values, context) =>
      runRole(
        "participant",
        context,
        async (events) => {
          const data = required(values.data, "data");
          const { seed = 1, commit, trainOnUnchecked, reenter, statement: path, policy } = values;
          const options = await nodeOptionsOf(values, context.log);
          return createParticipant({
            ...{ ...options, ...events, seed, data, commit, trainOnUnchecked, reenter },
            statement: path === undefined ? undefined : async () => toHex(keccak256(await readFileBytes(path))),
            policy: policy === undefined ? undefined : await readSitePolicy(policy),
            trainer: ({ spec }) => openTrainer({ ...values, data }, spec, context),
          });
        },
        { exitWhenFinal: values.exitWhenFinal ?? false },
      ),
  });

type TrainerSettings = Settings<"holdOut" | "partition" | "part" | "seed" | "backend" | (typeof saltSettings)[number]>;

/** The trainer of the settings, which is told about. */
async function openTrainer(
  values: TrainerSettings & { readonly data: string },
  spec: TaskSpec,
  { output }: Pick<CommandContext, "output">,
) {
  const { data, backend, holdOut: heldOutFraction } = values;
  const hashes = await readSalts(values);
  const trainer = await loadTrainer({ spec, data, hashes, heldOutFraction, backend, ...shareOf(values) });
  const { engine, samples, heldOutSamples, description } = trainer;
  const noise = spec.privacy ? `, ${spec.privacy.mechanism} noise` : "";
  const reproducible = trainer.reproducible
    ? `bit-reproducible${noise && `, but for the${noise.slice(1)} that is added to the update`}`
    : `not bit-reproducible${noise}: the audit begins where the update is committed`;
  output.emit(
    {
      event: "trainer",
      engine,
      reproducible: trainer.reproducible && spec.privacy === undefined,
      samples,
      heldOut: heldOutSamples,
    },
    `Training: ${description} (${reproducible}); ${samples} examples to train on, ${heldOutSamples} held out for you alone`,
  );
  return trainer;
}
