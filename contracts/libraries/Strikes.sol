// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IBonds} from "../interfaces/IBonds.sol";
import {IRounds} from "../interfaces/IRounds.sol";
import {ProofKind} from "../types/ProofTypes.sol";
import {RoundState} from "../types/RoundState.sol";
import {Enrolment, FederationStorage, Interval, Task} from "../types/TaskStorage.sol";
import {Evidence, Phase, Reason, RoundInputs} from "../types/TaskTypes.sol";
import {History} from "./History.sol";
import {LeastBond} from "./LeastBond.sol";
import {Places} from "./Places.sol";
import {Records} from "./Records.sol";
import {Ring} from "./Ring.sol";
import {Rotation} from "./Rotation.sol";
import {Voids} from "./Voids.sol";

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
    using Places for Task;
    using Records for Task;
    using Ring for Task;
    using Rotation for Task;
    using Voids for Interval[];

    /// @notice Reverts unless the evidence is what stands. Returns whether its proposal is not accepted yet, and its
    /// hash.
    function check(Task storage task, Evidence calldata evidence) internal view returns (bool stands, bytes32 hash) {
        uint32 round = evidence.inputs.round;
        RoundState state = task.state;
        hash = Records.proposalHash(
            evidence.inputs.taskId,
            round,
            evidence.inputs.accumulator,
            evidence.inputs.openingsHash,
            evidence.proposal
        );
        if (state.round() == round && state.phase() == Phase.Proposed) {
            if (hash != task.pending || evidence.attesters.length != 0) revert IBonds.WrongEvidence();
            _compare(task, state, evidence.inputs, evidence.inputs.openingsHash);
            return (true, hash);
        }
        uint256 word = task.wordOf(round);
        if (word == 0 || round > state.round()) revert IRounds.WrongRound(state.round());
        uint256 until = task.provableUntil(word);
        if (block.timestamp > until) revert IBonds.NoLongerProvable(until);
        if (!Ring.holds(word, Records.wordHash(evidence.inputs, hash, evidence.attesters))) {
            revert IBonds.WrongEvidence();
        }
    }

    /// @notice The same for inputs alone, of a newest round that is closed and not accepted.
    function checkInputs(Task storage task, RoundInputs calldata inputs) internal view {
        RoundState state = task.requireRound(inputs.round);
        Phase phase = state.phase();
        if (phase < Phase.Aggregating || phase == Phase.Accepted) revert IRounds.WrongPhase(phase);
        _compare(task, state, inputs, 0);
    }

    function strike(
        FederationStorage storage self,
        Evidence calldata evidence,
        ProofKind kind,
        uint32 index,
        address offender,
        address prover
    ) internal {
        (uint32 taskId, uint32 round) = (evidence.inputs.taskId, evidence.inputs.round);
        Task storage task = self.tasks[taskId];
        (bool stands, bytes32 hash) = check(task, evidence);
        emit IBonds.Struck(taskId, round, prover, evidence.proposal.aggregator, offender, kind, index);
        (uint32 first, uint32 last) = (0, 0);
        if (!stands && !task.voids.contains(round)) (first, last) = (round, _rollBack(task, taskId, evidence.inputs));
        (bool any, uint256 takenWei) = _expelAll(task, evidence, kind, offender);
        if (!any && !stands && first == 0) revert IBonds.NothingToTake();
        _reward(self, task, taskId, prover, takenWei, kind);
        task.historyHead = keccak256(
            abi.encode(task.historyHead, History.STRUCK, round, kind, index, prover, first, last, hash, offender)
        );
        if (stands) task.retry(taskId, task.state, Reason.ProvenWrong);
    }

    function expel(
        FederationStorage storage self,
        uint32 taskId,
        uint32 round,
        address account,
        ProofKind kind,
        address prover
    ) internal {
        Task storage task = self.tasks[taskId];
        (bool done, uint256 takenWei) = _expel(task, taskId, round, account, kind);
        if (!done) revert IBonds.NothingToTake();
        _reward(self, task, taskId, prover, takenWei, kind);
        task.historyHead = keccak256(abi.encode(task.historyHead, History.EXPELLED, round, account, kind, prover));
    }

    function _compare(
        Task storage task,
        RoundState state,
        RoundInputs memory given,
        bytes32 openingsHash
    ) private view {
        RoundInputs memory held = task.inputsOf(given.taskId, state);
        held.openingsHash = openingsHash;
        if (keccak256(abi.encode(given)) != keccak256(abi.encode(held))) revert IBonds.WrongEvidence();
    }

    /// @dev The model becomes the round's base again. Returns the last of the rounds that are void with it.
    function _rollBack(Task storage task, uint32 taskId, RoundInputs calldata inputs) private returns (uint32 last) {
        RoundState state = task.state;
        last = state.round();
        if (state.inFlight()) {
            task.invalidate(taskId, state, Reason.RolledBack);
            state = task.state;
        }
        task.modelRoot = inputs.baseModelRoot;
        task.state = state.withAccepted(inputs.acceptedBefore);
        task.voids.add(inputs.round, last);
        emit IBonds.RolledBack(taskId, inputs.round, last, inputs.baseModelRoot);
    }

    function _expelAll(
        Task storage task,
        Evidence calldata evidence,
        ProofKind kind,
        address offender
    ) private returns (bool any, uint256 takenWei) {
        (uint32 taskId, uint32 round) = (evidence.inputs.taskId, evidence.inputs.round);
        uint256 count = evidence.attesters.length;
        for (uint256 i = 0; i < count + 2; ++i) {
            address account =
                i == 0
                    ? evidence.proposal.aggregator
                    : i <= count
                        ? evidence.attesters[i - 1]
                        : offender;
            (bool done, uint256 amountWei) = _expel(task, taskId, round, account, kind);
            any = any || done;
            takenWei += amountWei;
        }
    }

    /// @dev Expels an account that is or was in the task, and takes its bond where that is still here; nothing where it
    /// never was, or is expelled already.
    function _expel(
        Task storage task,
        uint32 taskId,
        uint32 round,
        address account,
        ProofKind kind
    ) private returns (bool done, uint256 amountWei) {
        Enrolment storage enrolment = task.enrolments[account];
        uint256 place = enrolment.place;
        // whoever ever was in the task has one of the two
        if (enrolment.expelled || (enrolment.maxWeight == 0 && !enrolment.aggregator)) return (false, 0);
        enrolment.expelled = true;
        if (enrolment.bonded) {
            enrolment.bonded = false;
            amountWei = task.bondWei(enrolment.aggregator);
        }
        if (place != 0 && !enrolment.leaving) task.mark(enrolment, account);
        if (!enrolment.aggregator) _markSlot(task, place);
        emit IBonds.MemberExpelled(taskId, round, account, kind, amountWei);
        return (true, amountWei);
    }

    /// @dev Notes that one which committed in the round in flight counts there no more.
    function _markSlot(Task storage task, uint256 place) private {
        RoundState state = task.state;
        if (!state.inFlight() || state.committed() == 0) return;
        uint256 slot = task.slotOf(state, place);
        if (slot == Records.NO_SLOT || (state.committed() >> slot) & 1 == 0) return;
        uint64 bit = uint64(1 << slot);
        task.marks.expelled = state.anyExpelled() ? task.marks.expelled | bit : bit;
        task.state = state.withExpelled();
    }

    /// @dev Divides what was taken: the smaller of half of it and 1.5 times the reckoned cost of a proof is the
    /// prover's, the rest is burnt.
    function _reward(
        FederationStorage storage self,
        Task storage task,
        uint32 taskId,
        address prover,
        uint256 takenWei,
        ProofKind kind
    ) private {
        uint256 rewardWei = (LeastBond.proofWei(task.rules, kind) * 3) / 2;
        if (rewardWei > takenWei / 2) rewardWei = takenWei / 2;
        if (takenWei != 0) {
            self.credits[prover] += rewardWei;
            self.burntWei += takenWei - rewardWei;
        }
        emit IBonds.Rewarded(taskId, prover, rewardWei, takenWei - rewardWei);
    }
}
