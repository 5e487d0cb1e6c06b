// Audits a task, as anyone can who has an endpoint and the federation's address:
//   node audit.ts ENDPOINT FEDERATION [TASK]
import { audit, openContent, openRecord } from "fedledger/audit";

const [endpoint = "", federation = "", taskId = "1"] = process.argv.slice(2);
const record = await openRecord({ endpoint, federation, taskId: Number(taskId) });
const content = await openContent({ record });
const report = await audit(record, content, {
  onRound: ({ round, verdict }) => console.log(`round ${round}: ${verdict}`),
});
for (const { code, message } of report.findings) console.log(`${code}: ${message}`);
console.log(`${report.verdict}: ${report.totals.accepted} rounds, model ${report.finalModelRoot}`);
process.exitCode = report.exitCode;
