import { isOnThisMachine } from "../../chain/index.ts";
import { modeOf } from "../../core/modes/mode-of.ts";
import type { TaskView } from "../../core/record/task-view.ts";
import type { Log } from "../../ports/index.ts";
import { type EndpointOptions, urlsOf } from "../record/open-federation.ts";

/**
 * Warns where a masked task rests on one endpoint of somebody else: it can show a participant whatever record it likes,
 * and who shares a round with whom is on the record (docs/threat-model.md).
 */
export function warnOfOneEndpoint(options: EndpointOptions, view: TaskView, log: Log): void {
  const { endpointsAgree = 1 } = options;
  const urls = urlsOf(options);
  if (modeOf(view.rules).keys !== "each" || endpointsAgree > 1 || urls.some(isOnThisMachine)) return;
  log.warn("This masked task is read from one endpoint of somebody else: give several that must agree", {
    endpoints: urls.length,
    remedy: "--rpc A,B --rpc-agree 2, or a node of your own",
  });
}
