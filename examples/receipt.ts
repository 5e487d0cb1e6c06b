// Checks a participant's receipt by the head that the contract stores: is the update in the round, and in its model?
//   node receipt.ts ENDPOINT FEDERATION RECEIPT.json
import { readFile } from "node:fs/promises";
import { checkReceipt, openRecord } from "fedledger/audit";

const [endpoint = "", federation = "", file = ""] = process.argv.slice(2);
const receipt = JSON.parse(await readFile(file, "utf8"));
const record = await openRecord({ endpoint, federation, taskId: receipt.taskId });
const verdict = await checkReceipt(record, receipt);
if (verdict.valid) {
  const { round, participant } = verdict.receipt;
  console.log(
    `proven: round ${round} has the update of ${participant}; ${verdict.included ? "in" : "not in"} its model`,
  );
} else {
  console.log(`it proves nothing: ${verdict.reason}`);
  process.exitCode = 3;
}
