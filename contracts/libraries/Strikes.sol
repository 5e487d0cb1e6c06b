// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IBonds} from "../interfaces/IBonds.sol";
import {IRounds} from "../interfaces/IRounds.sol";
import {ProofKind} from "../types/ProofTypes.sol";
import {RoundState} from "../types/RoundState.sol";
import {Enrolment, FederationStorage, Task} from "../types/TaskStorage.sol";
import {Evidence, Phase, Reason, RoundInputs} from "../types/TaskTypes.sol";
import {Places} from "./Places.sol";
import {Entry, Records} from "./Records.sol";
import {Ring, Voids} from "./Ring.sol";
import {Rotation} from "./Rotation.sol";
import {LeastBond} from "./Rules.sol";

/// @notice What was proven in a round, by whom.
struct Charge {
    uint32 taskId;
    uint32 round;
    ProofKind kind;
    address prover;
}

/// @title Strikes
/// @notice What follows when a proposal or a member is proven wrong.
/// @dev Attacks considered:
/// - evidence of another round, task, chain or proposal: it must hash to the word of the round, or to the proposal on
/// record;
/// - rounds go on that were built on a wrong model: from the struck one on, all are void in the same step, and the one
/// in flight ends;
/// - a liar signs many rounds and loses one bond only: it is expelled with the first, and void rounds stay provable for
/// the others' bonds;
/// - a member proves itself wrong to save its bond: at least half of it is burnt, and no reward exceeds 1.5 times what
/// a proof of that kind costs, so that signers who are convicted one by one regain little each;
/// - a liar leaves before it is proven wrong, and comes back with a clean record: whoever was in the task is expelled;
/// - one offence is slashed again and again: an account is expelled once;
/// - the strike cannot go through for lack of another aggregator, or as somebody was expelled before: then the round
/// ends, and that account is passed over;
/// - a strike of 64 accounts is too dear: each is one slot, its place stays until it is freed.
library Strikes {
    /// @notice Reverts unless the evidence is what the chain has ({IFederation.requireEvidence}).
    function requireEvidence(Task storage task, Evidence calldata evidence) internal view {
        RoundInputs calldata inputs = evidence.inputs;
        if (evidence.proposal.aggregator != address(0)) {
            // only that it holds counts
            // slither-disable-next-line unused-return
            _check(task, evidence);
            return;
        }
        RoundState state = Records.requireRound(task, inputs.round);
        Phase phase = state.phase();
        if (phase < Phase.Aggregating || phase == Phase.Accepted) revert IRounds.WrongPhase(phase);
        if (inputs.openingsHash != 0) revert IBonds.WrongEvidence();
        _compare(task, state, inputs);
    }

    function strike(
        FederationStorage storage self,
        Evidence calldata evidence,
        Charge memory charge,
        uint32 index,
        address offender
    ) internal {
        Task storage task = self.tasks[charge.taskId];
        (uint32 round, ProofKind kind, address prover) = (charge.round, charge.kind, charge.prover);
        (bool stands, bytes32 hash) = _check(task, evidence);
        emit IBonds.Struck(charge.taskId, round, prover, evidence.proposal.aggregator, offender, kind, index);
        (uint32 first, uint32 last) = (0, 0);
        if (!stands && !Voids.contains(task.voids, round)) (first, last) = (round, _rollBack(task, evidence.inputs));
        (bool any, uint256 takenWei) = _expelAll(task, charge, evidence, offender);
        if (!any && !stands && first == 0) revert IBonds.NothingToTake();
        _reward(self, charge, takenWei);
        Records.append(task, abi.encode(Entry.Struck, round, kind, index, prover, first, last, hash, offender));
        if (stands) Rotation.retry(task, charge.taskId, task.state, Reason.ProvenWrong);
    }

    function expel(FederationStorage storage self, Charge memory charge, address account) internal {
        Task storage task = self.tasks[charge.taskId];
        (bool done, uint256 takenWei) = _expel(task, charge, account);
        if (!done) revert IBonds.NothingToTake();
        _reward(self, charge, takenWei);
        Records.append(task, abi.encode(Entry.Expelled, charge.round, account, charge.kind, charge.prover));
    }

    /// @dev Reverts unless the evidence is what stands. Returns whether its proposal is not accepted yet, and its hash.
    function _check(Task storage task, Evidence calldata evidence) private view returns (bool stands, bytes32 hash) {
        RoundInputs calldata inputs = evidence.inputs;
        (uint32 round, RoundState state) = (inputs.round, task.state);
        hash = Records.proposalHash(inputs.taskId, round, inputs.accumulator, inputs.openingsHash, evidence.proposal);
        if (state.round() == round && state.phase() == Phase.Proposed) {
            if (hash != task.pending || evidence.attesters.length != 0) revert IBonds.WrongEvidence();
            _compare(task, state, inputs);
            return (true, hash);
        }
        uint256 word = Ring.wordOf(task, round);
        if (word == 0 || round > state.round()) revert IRounds.WrongRound(state.round());
        uint256 until = Ring.provableUntil(task, word);
        if (block.timestamp > until) revert IBonds.NoLongerProvable(until);
        if (!Ring.holds(word, Records.wordHash(inputs, hash, evidence.attesters))) revert IBonds.WrongEvidence();
    }

    /// @dev What a proposal opens is bound by its hash.
    function _compare(Task storage task, RoundState state, RoundInputs memory given) private view {
        RoundInputs memory held = Records.inputs(task, given.taskId, state);
        held.openingsHash = given.openingsHash;
        if (keccak256(abi.encode(given)) != keccak256(abi.encode(held))) revert IBonds.WrongEvidence();
    }

    /// @dev The model becomes the round's base again. Returns the last of the rounds that are void with it.
    function _rollBack(Task storage task, RoundInputs calldata inputs) private returns (uint32 last) {
        RoundState state = task.state;
        last = state.round();
        if (state.inFlight()) {
            Rotation.invalidate(task, inputs.taskId, state, Reason.RolledBack);
            state = task.state;
        }
        task.modelRoot = inputs.baseModelRoot;
        task.state = state.withAccepted(inputs.acceptedBefore);
        Voids.add(task.voids, inputs.round, last);
        emit IBonds.RolledBack(inputs.taskId, inputs.round, last, inputs.baseModelRoot);
    }

    /// @dev Expels the proposer, every attester and the offender. Returns whether anybody was, and what was taken.
    function _expelAll(
        Task storage task,
        Charge memory charge,
        Evidence calldata evidence,
        address offender
    ) private returns (bool any, uint256 takenWei) {
        uint256 count = evidence.attesters.length;
        for (uint256 i = 0; i < count + 2; ++i) {
            address account = i == 0 ? evidence.proposal.aggregator : offender;
            if (i != 0 && i <= count) account = evidence.attesters[i - 1];
            (bool done, uint256 amountWei) = _expel(task, charge, account);
            any = any || done;
            takenWei += amountWei;
        }
    }

    /// @dev Expels an account that is or was in the task, and takes its bond where that is still here; nothing where it
    /// never was, or is expelled already.
    function _expel(Task storage task, Charge memory charge, address account) private returns (bool, uint256 takenWei) {
        Enrolment storage enrolment = task.enrolments[account];
        uint256 place = enrolment.place;
        // whoever ever was in the task has one of the two
        if (enrolment.expelled || (enrolment.maxWeight == 0 && !enrolment.aggregator)) return (false, 0);
        enrolment.expelled = true;
        if (enrolment.bonded) {
            enrolment.bonded = false;
            takenWei = Places.bondWei(task, enrolment.aggregator);
        }
        if (place != 0 && !enrolment.leaving) Places.mark(task, enrolment, account);
        if (!enrolment.aggregator) _markSlot(task, place);
        emit IBonds.MemberExpelled(charge.taskId, charge.round, account, charge.kind, takenWei);
        return (true, takenWei);
    }

    /// @dev Notes that one which committed in the round in flight counts there no more.
    function _markSlot(Task storage task, uint256 place) private {
        RoundState state = task.state;
        if (!state.inFlight()) return;
        uint256 slot = Records.slotOf(task, state, place);
        // NO_SLOT is beyond all that committed
        if ((state.committed() >> slot) & 1 == 0) return;
        uint64 bit = uint64(1 << slot);
        task.marks.expelled = state.anyExpelled() ? task.marks.expelled | bit : bit;
        task.state = state.withExpelled();
    }

    /// @dev Divides what was taken: the smaller of half of it and 1.5 times the reckoned cost of a proof is the
    /// prover's, the rest is burnt.
    function _reward(FederationStorage storage self, Charge memory charge, uint256 takenWei) private {
        uint256 fairWei = (LeastBond.proofWei(self.tasks[charge.taskId].rules, charge.kind) * 3) / 2;
        uint256 rewardWei = Math.min(fairWei, takenWei / 2);
        if (takenWei != 0) {
            self.credits[charge.prover] += rewardWei;
            self.burntWei += takenWei - rewardWei;
        }
        emit IBonds.Rewarded(charge.taskId, charge.prover, rewardWei, takenWei - rewardWei);
    }
}
