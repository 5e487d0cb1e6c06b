import { existsSync } from "node:fs";
import { checkFederation, checkMachine, type SetupCheck } from "../../api/index.ts";
import { defineCommand } from "../options/command.ts";
import { federationOf, recordSettings } from "../running/session.ts";
import { style } from "../text/output.ts";

/** `fedledger doctor`. */
export const doctorCommand = () =>
  defineCommand({
    name: "doctor",
    summary: "check what Fedledger needs: Node, training, the local chain, endpoint, federation and its code, content",
    settings: ["task", ...recordSettings, "backend", "keystore"],
    run: async (values, { output, log }) => {
      const checks: SetupCheck[] = [];
      const onCheck = (check: SetupCheck) => {
        checks.push(check);
        const { ok, name, text } = check;
        output.emit(
          { event: "check", ...check },
          `${ok ? style("green", "ok  ") : style("red", "FAIL")} ${name.padEnd(11)} ${text}`,
        );
      };
      await checkMachine({ backend: values.backend, onCheck });
      const { keystore: path } = values;
      if (path !== undefined) {
        const ok = existsSync(path);
        onCheck({ name: "keystore", ok, text: `${path} is ${ok ? "" : "not "}there` });
      }
      if (values.federation === undefined) output.say("     no --federation given: the chain was not looked at");
      else await checkFederation({ ...federationOf(values, log), taskId: values.task, onCheck });
      return checks.every(({ ok }) => ok) ? 0 : 1;
    },
  });
