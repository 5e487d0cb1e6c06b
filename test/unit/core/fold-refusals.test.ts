import { expectCode } from "../../support/expect-code.ts";
import { accepted1, drawing, members, toProposal, wholeHistory } from "../../support/played/told-stories.ts";
import {
  account,
  advertised,
  assigned,
  bytes32,
  closed,
  committed,
  created,
  enrolled,
  fold,
  invalid,
  joined,
  leaving,
  left,
  opened,
  type Step,
  taskId,
} from "../../support/played/told-task.ts";

describe("foldTask: what cannot follow", () => {
  const [open, base512] = [opened(1, 3, 2), { baseModelRoot: bytes32(510) }];
  const refused: Record<string, Step[]> = {
    "no events": [],
    "an event before the creation": [enrolled(11, 0), created()],
    "a second creation": [created(), created()],
    "another task's event": [created(), { ...enrolled(11, 0), taskId: 8 } as Step],
    "a place that is not the next": [created(), enrolled(11, 1)],
    "an aggregator that participates": [created(), enrolled(11, 0), joined(11, 0)],
    "a stranger leaving": [...members, leaving(14)],
    "a member that leaves twice": [...members, leaving(11), leaving(11)],
    "a member gone that did not leave": [...members, left(11)],
    "a place freed while a round is in flight": [...members, leaving(11), open, left(11)],
    "a call that frees fewer places than it could": [...members, leaving(11), leaving(12), left(12), open],
    "an aggregator that resumes and is not idle": [...members, { name: "Resumed", taskId, aggregator: account(21) }],
    "a skipped round": [...members, opened(2, 3, 2)],
    "another number of participants": [...members, opened(1, 2, 2)],
    "another number of aggregators": [...members, opened(1, 3, 1)],
    "another base": [...members, opened(1, 3, 2, { baseModelRoot: bytes32(5) })],
    "more drawn than enrolled": [...members, opened(1, 3, 2, { drawn: 4 })],
    "a draw where all are drawn": [...members, opened(1, 3, 2, { drawBlock: 7 })],
    "a part drawn by no block": [...members, opened(1, 3, 2, { drawn: 2 })],
    "a round beside a running one": [...members, open, opened(2, 3, 2)],
    "a round beyond the last": [...wholeHistory, opened(5, 3, 2, { baseModelRoot: bytes32(540) })],
    "a commitment without a round": [...members, committed(1, 11, 0)],
    "a commitment to a past round": [...accepted1, opened(2, 3, 2, base512), committed(1, 13, 2)],
    "a second commitment": [...members, open, committed(1, 11, 0), committed(1, 11, 1)],
    "a slot taken twice": [...members, open, committed(1, 11, 0), committed(1, 12, 0)],
    "a slot that was not drawn": [
      ...members,
      opened(1, 3, 2, { drawn: 2, drawBlock: 7 }),
      drawing,
      committed(1, 11, 2),
    ],
    "a stranger's commitment": [...members, open, committed(1, 14, 0)],
    "a late commitment": [...toProposal, committed(1, 13, 2)],
    "keys in a transparent task": [...members, open, advertised(1, 11, 0)],
    "a masked commitment without keys": [created({ mode: "masked", keyWindowS: 9 }), ...members.slice(1), open].concat(
      committed(1, 11, 0),
    ),
    "another accumulator at the closing": [
      ...members,
      open,
      { ...closed([...members, open]), accumulator: bytes32(9) } as Step,
    ],
    "an assignment before the closing": [...members, open, assigned(1, 0, 22, 1)],
    "an aggregator out of turn": [...toProposal.slice(0, -2), assigned(1, 0, 21, 0)],
    "an aggregator that has not the place": [...toProposal.slice(0, -2), assigned(1, 0, 21, 1)],
    "a place freed out of turn": [...members, leaving(11), leaving(12), left(11)],
    "an attempt again": [...toProposal, assigned(1, 0, 22, 1)],
    "an attempt left out": [...toProposal, assigned(1, 2, 22, 1)],
    "a proposal over another accumulator": [
      ...toProposal.slice(0, -1),
      { ...toProposal.at(-1)!, accumulator: bytes32(9) } as Step,
    ],
    "a proposal with openings": [...toProposal.slice(0, -1), { ...toProposal.at(-1)!, openings: "0x01" } as Step],
    "a second proposal": [...toProposal, toProposal.at(-1)!],
    "an acceptance without a proposal": [...toProposal.slice(0, -1), accepted1.at(-1)!],
    "another head at the acceptance": [...toProposal, { ...accepted1.at(-1)!, historyHead: bytes32(9) } as Step],
    "other attesters": [...toProposal, { ...accepted1.at(-1)!, attesters: [account(11)] } as Step],
    "another model at the acceptance": [...toProposal, { ...accepted1.at(-1)!, modelRoot: bytes32(9) } as Step],
    "another reason": [
      ...members,
      open,
      { ...invalid([...members, open], "too-few-updates"), reason: "no-aggregator" } as Step,
    ],
    "a roll-back without a strike": [...members, open, invalid([...members, open], "rolled-back")],
    "a second end": [...accepted1, accepted1.at(-1)!],
  };
  for (const [name, steps] of Object.entries(refused)) {
    it(`refuses ${name}`, () => expectCode("INVALID_HISTORY", () => fold(...steps)));
  }
});
