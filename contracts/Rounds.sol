// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {Commitments} from "./Commitments.sol";
import {AGGREGATOR, Enrolment, RoundRecord, Task} from "./FederationState.sol";
import {IAdvertisements} from "./interfaces/IAdvertisements.sol";
import {IOpenings} from "./interfaces/IOpenings.sol";
import {IRounds} from "./interfaces/IRounds.sol";
import {Bitmap} from "./libraries/Bitmap.sol";
import {SignedStructs} from "./libraries/SignedStructs.sol";
import {RoundState} from "./types/RoundState.sol";
import {Attestation, Availability, Mode, Phase, Proposal, Reason} from "./types/TaskTypes.sol";

/// @title Rounds
/// @notice The second half of the round machine: from the closing to the end.
/// @dev There is no pause: nobody, the admin included, can stop a running round. Attacks considered:
/// - a phase is rewound or skipped: each function needs one phase and sets a later one; only {reassign} and a won
///   challenge go back from Proposed to Aggregating, within the same round and with a higher attempt, of which there are finitely many;
/// - a round is made final before the one that it builds on: finality comes in the order of rounds;
/// - an aggregator drops an update: {propose} must name what it leaves out, and knows the reasons;
/// - an aggregator gathers old words to leave out an update that has arrived since: it needs those of all but f participants, and
///   every honest one of them that holds the update says so;
/// - an aggregator that is not assigned, or has lost its role, proposes: both are checked, from storage;
/// - an aggregator does nothing: {reassign} by anyone after the deadline;
/// - a liar proposes again: who lost a challenge is not assigned in that round any more;
/// - an aggregator without a bond, where the task asks for one, is assigned: assigning locks the bond, from storage;
/// - a signature is used twice or elsewhere: the digest binds chain, contract, task, round and proposal (which binds the
///   attempt and the aggregator), and signers must ascend.
abstract contract Rounds is Commitments, IOpenings {
    uint256 private constant EVALUATION_MASK = (1 << 160) - 1;

    /// @inheritdoc IRounds
    function closeRound(uint32 taskId, uint32 round) external {
        Task storage task = _tasks[taskId];
        (RoundRecord storage record, RoundState state) = _record(task, round, Phase.Open);
        uint64 committed = state.committed();
        (uint256 least, bool over) = (task.rules.minUpdates, committed == Bitmap.full(state.drawn()));
        if (task.rules.keyWindowS != 0) (least, over) = _keyedClosing(task, record, state);
        if (!over && block.timestamp <= state.deadline()) revert TooEarly(state.deadline());
        if (Bitmap.count(committed) < least) {
            _invalidate(task, record, taskId, state, Reason.TooFewUpdates);
        } else {
            emit RoundClosed(taskId, round, committed, state.totalWeight(), record.accumulator);
            address aggregator = _nextAggregator(task, taskId, round, 0);
            if (aggregator == address(0)) revert NoAggregator();
            _assign(task, record, taskId, state, 0, aggregator);
        }
    }

    /// @inheritdoc IRounds
    function propose(uint32 taskId, uint32 round, Proposal calldata proposal, Availability[] calldata words) external {
        Task storage task = _tasks[taskId];
        if (task.rules.keyWindowS != 0) revert IAdvertisements.WrongMode(task.rules.mode);
        _propose(task, taskId, round, proposal, words, false);
    }

    /// @inheritdoc IOpenings
    function proposeOpened(
        uint32 taskId,
        uint32 round,
        Proposal calldata proposal,
        Availability[] calldata words,
        bytes calldata openings
    ) external {
        Task storage task = _tasks[taskId];
        RoundRecord storage record = task.rounds[round & 1];
        Mode mode = task.rules.mode;
        if (mode == Mode.Transparent) revert IAdvertisements.WrongMode(mode);
        if (proposal.excluded != 0) revert InvalidExclusion();
        uint256 count = mode == Mode.Masked ? Bitmap.count(record.keyed) : 1;
        if (openings.length != 32 * count) revert InvalidOpenings();
        record.openingsHash = keccak256(openings);
        emit Opened(taskId, round, proposal.attempt, openings);
        // nobody but those with the key can check a decryption
        _propose(task, taskId, round, proposal, words, mode == Mode.Encrypted);
    }

    /// @inheritdoc IRounds
    function reassign(uint32 taskId, uint32 round) external {
        Task storage task = _tasks[taskId];
        RoundRecord storage record = _record(task, round);
        RoundState state = record.state;
        Phase phase = state.phase();
        if (phase != Phase.Aggregating && !(phase == Phase.Proposed && state.excluding())) revert WrongPhase(phase);
        if (block.timestamp <= state.deadline()) revert TooEarly(state.deadline());
        if (_aggregatorCount() == 0) revert NoAggregator();
        _releaseBond(task, record, taskId, round);
        _retry(task, record, taskId, state, phase == Phase.Proposed ? Reason.NotAttested : Reason.NoProposal);
    }

    /// @inheritdoc IRounds
    function finalize(
        uint32 taskId,
        uint32 round,
        Proposal calldata proposal,
        Attestation[] calldata attestations
    ) external {
        Task storage task = _tasks[taskId];
        (RoundRecord storage record, RoundState state) = _record(task, round, Phase.Proposed);
        bytes32 proposalHash = _proposalOnRecord(record, taskId, round, proposal);
        uint256 quorum = task.rules.attestationQuorum;
        if (attestations.length < quorum) revert QuorumNotReached(attestations.length, quorum);

        address[] memory attesters = new address[](attestations.length);
        uint256[] memory evaluations = new uint256[](attestations.length);
        address previous = address(0);
        for (uint256 i = 0; i < attestations.length; ++i) {
            Attestation calldata one = attestations[i];
            uint256 evaluation = one.evaluation & EVALUATION_MASK;
            bytes32 digest = _digest(SignedStructs.attestation(taskId, round, proposalHash, evaluation));
            address attester = ECDSA.recover(digest, one.r, one.vs);
            Enrolment storage enrolment_ = task.enrolments[attester];
            if (attester <= previous || enrolment_.place == 0 || enrolment_.leaving) revert InvalidAttester(attester);
            previous = attester;
            attesters[i] = attester;
            evaluations[i] = evaluation;
        }
        _finalize(task, record, taskId, state, proposal.modelRoot, proposalHash, attesters, evaluations);
    }

    /// @inheritdoc IRounds
    function finalizeUnchallenged(uint32 taskId, uint32 round, Proposal calldata proposal) external {
        Task storage task = _tasks[taskId];
        (RoundRecord storage record, RoundState state) = _record(task, round, Phase.Proposed);
        bytes32 proposalHash = _proposalOnRecord(record, taskId, round, proposal);
        if (state.excluding()) revert InvalidExclusion();
        if (block.timestamp <= state.deadline()) revert TooEarly(state.deadline());
        if (record.openDemands != 0) revert DemandsOpen(record.openDemands);
        address[] memory nobody = new address[](0);
        _finalize(task, record, taskId, state, proposal.modelRoot, proposalHash, nobody, new uint256[](0));
    }

    /// @dev Records a proposal; `quorumOnly` says that time does not make it final.
    function _propose(
        Task storage task,
        uint32 taskId,
        uint32 round,
        Proposal calldata proposal,
        Availability[] calldata words,
        bool quorumOnly
    ) private {
        (RoundRecord storage record, RoundState state) = _record(task, round, Phase.Aggregating);
        address assigned = address(uint160(uint256(record.pending)));
        if (msg.sender != assigned || proposal.aggregator != assigned || proposal.attempt != state.attempt()) {
            revert NotAssigned(assigned);
        }
        _checkRole(AGGREGATOR);
        if (block.timestamp > state.deadline()) revert TooLate(state.deadline());
        if (proposal.modelRoot == 0 || proposal.contentId == 0) revert InvalidRoot();
        _checkWeight(task, state, proposal);
        bool excluding = _checkReasons(task, record, taskId, state, proposal.excluded, words) || quorumOnly;

        if (task.rules.pipelined) task.candidateRoot = proposal.modelRoot;
        uint256 deadline = block.timestamp + task.rules.challengeWindowS;
        record.state = state.proposed(excluding, deadline);
        record.pending = _proposalHash(taskId, round, proposal);
        emit Proposed(taskId, round, proposal, uint40(deadline));
    }

    /// @dev When a round with keys may be closed before its deadline, and the fewest commitments that make it.
    function _keyedClosing(
        Task storage task,
        RoundRecord storage record,
        RoundState state
    ) private view returns (uint256 least, bool over) {
        uint64 keyed = record.keyed;
        uint64 everybody = Bitmap.full(state.drawn());
        bool keysOver = keyed == everybody || block.timestamp > state.deadline() - task.rules.commitWindowS;
        if (task.rules.mode == Mode.Masked) {
            // creation bounds it; it is checked where it matters once more, as a sum beyond it would be another one
            if (uint256(state.totalWeight()) * task.rules.clipLanes >= 1 << 31) revert SumTooLarge();
            uint256 keys = Bitmap.count(keyed);
            least = (keys * task.rules.thresholdPercent + 99) / 100;
            if (least < task.rules.minUpdates) least = task.rules.minUpdates;
            over = keysOver && (state.committed() == keyed || keys < least);
        } else {
            // without a key there is no update
            least = keyed == 0 ? type(uint256).max : task.rules.minUpdates;
            over = keysOver && (keyed == 0 || state.committed() == everybody);
        }
    }

    /// @dev The excluded set is a part of the committed one, leaves enough, and the total weight can be that of the rest.
    function _checkWeight(Task storage task, RoundState state, Proposal calldata proposal) private view {
        uint64 totalWeight = state.totalWeight();
        if (proposal.excluded == 0) {
            if (proposal.totalWeight != totalWeight) revert WrongTotalWeight(totalWeight);
            return;
        }
        uint64 committed = state.committed();
        if (proposal.excluded & ~committed != 0 || Bitmap.count(committed & ~proposal.excluded) < task.rules.minUpdates)
            revert InvalidExclusion();
        if (proposal.totalWeight == 0 || proposal.totalWeight >= totalWeight) revert WrongTotalWeight(totalWeight);
    }

    /// @dev Checks the reasons for what is left out ({IRounds.propose}). Returns whether something is left out for none.
    function _checkReasons(
        Task storage task,
        RoundRecord storage record,
        uint32 taskId,
        RoundState state,
        uint64 excluded,
        Availability[] calldata words
    ) private view returns (bool excluding) {
        uint64 unexplained = excluded == 0 ? 0 : excluded & ~record.withheld;
        uint256 holders = task.rules.holders;
        if (holders == 0) return unexplained != 0;
        uint64 held = _held(task, record, taskId, state, holders, words);
        uint64 committed = state.committed();
        uint64 lacking = committed & ~excluded & ~held;
        if (lacking != 0) revert NotAvailable(lacking);
        if (unexplained != 0 && (unexplained & held != 0 || words.length + holders <= Bitmap.count(committed)))
            revert InvalidExclusion();
    }

    /// @dev The slots that at least `holders` of the words name.
    function _held(
        Task storage task,
        RoundRecord storage record,
        uint32 taskId,
        RoundState state,
        uint256 holders,
        Availability[] calldata words
    ) private view returns (uint64) {
        // atLeast[j]: the slots that j + 1 words or more have named so far
        uint64[] memory atLeast = new uint64[](holders);
        bytes32 accumulator = record.accumulator;
        address previous = address(0);
        for (uint256 i = 0; i < words.length; ++i) {
            uint64 slots = words[i].slots;
            bytes32 digest = _digest(SignedStructs.availability(taskId, state.round(), accumulator, slots));
            address holder = ECDSA.recover(digest, words[i].r, words[i].vs);
            uint32 place = task.enrolments[holder].place;
            if (holder <= previous || place == 0) revert InvalidHolder(holder);
            previous = holder;
            (uint8 slot, bool drawn) = _slot(state, place - 1);
            if (!drawn || (state.committed() >> slot) & 1 == 0) revert InvalidHolder(holder);
            for (uint256 j = holders - 1; j != 0; --j) atLeast[j] |= atLeast[j - 1] & slots;
            atLeast[0] |= slots;
        }
        return atLeast[holders - 1];
    }

    function _finalize(
        Task storage task,
        RoundRecord storage record,
        uint32 taskId,
        RoundState state,
        bytes32 modelRoot,
        bytes32 proposalHash,
        address[] memory attesters,
        uint256[] memory evaluations
    ) private {
        uint32 round = state.round();
        if (task.rules.pipelined) {
            RoundState earlier = task.rounds[(round - 1) & 1].state;
            if (earlier.round() == round - 1 && _inFlight(earlier)) revert WrongRound(round);
        }
        _releaseBond(task, record, taskId, round);
        bytes32 head = _end(task, record, state, Phase.Finalized, proposalHash, Reason.None);
        task.modelRoot = modelRoot;
        emit RoundFinalized(taskId, round, modelRoot, attesters, evaluations, head);
    }
}
