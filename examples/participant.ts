// A participant inside an application: it trains on records that the application has in memory, and that never leave it.
//   FEDLEDGER_PASSWORD=… node participant.ts ENDPOINT FEDERATION KEYSTORE [TASK]
import { accountOfKeystore, createParticipant, createTrainer, type Examples } from "fedledger";

/** The application's own records. Here: machines, and whether each failed within a week. */
function ownRecords(): Examples {
  const records = Array.from({ length: 240 }, () => {
    const [hours, celsius, vibration] = [Math.random() * 1000, 20 + Math.random() * 60, Math.random() * 5];
    return { inputs: [hours, celsius, vibration], failed: hours / 500 + celsius / 40 + vibration / 2 > 3.5 };
  });
  return { inputs: records.map(({ inputs }) => inputs), labels: records.map(({ failed }) => Number(failed)) };
}

const [endpoint = "", federation = "", keystore = "", taskId = "1"] = process.argv.slice(2);
const node = await createParticipant({
  endpoint,
  federation,
  taskId: Number(taskId),
  account: await accountOfKeystore(keystore, process.env.FEDLEDGER_PASSWORD ?? ""),
  directory: `${keystore}.node`,
  trainer: ({ spec }) => createTrainer({ spec, examples: ownRecords() }),
  onProgress: ({ kind }) => console.log(kind),
});
process.once("SIGINT", () => node.close());
node.start();
console.log(`${node.account} has started`);
console.log(`ended: ${(await node.done).kind}`);
await node.close();
