// Plain JavaScript: fetches the trained model, checked against the record, and predicts with it.
//   node predict.mjs ENDPOINT FEDERATION NUMBER,NUMBER,…
import { createModelRunner, datasetOf, openRecord, readModel } from "fedledger";

const [endpoint = "", federation = "", row = ""] = process.argv.slice(2);
const { spec, round, parameters } = await readModel(await openRecord({ endpoint, federation }));
const runner = await createModelRunner(spec);
const outputs = await runner.predict(parameters, datasetOf(spec, { inputs: [row.split(",").map(Number)] }));
console.log(`model of round ${round}: ${[...outputs].map((each) => each.toFixed(3)).join(" ")}`);
