// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Attestation, Availability, Phase, Proposal, RoundInfo, TaskRules} from "../../../contracts/types/TaskTypes.sol";
import {IRounds} from "../../../contracts/interfaces/IRounds.sol";
import {ITasks} from "../../../contracts/interfaces/ITasks.sol";
import {FederationFixture} from "./FederationFixture.sol";

/// @title FederationHandler
/// @notice What anybody may try, right or wrong, on two tasks. Beside each accepted call it keeps its own books; a call
/// accepted against the rules, or books that differ from the contract, set `violation`.
contract FederationHandler is FederationFixture {
    uint256 private constant TASKS = 2;
    uint8 private constant ATTEMPTS = 3;

    /// @notice Why an invariant is broken; empty while none is.
    string public violation;
    /// @notice Accepted calls, by kind, to see that the run reaches every phase.
    mapping(string kind => uint256 times) public accepted;

    mapping(uint32 taskId => uint256 rank) private _rank;
    mapping(uint32 taskId => bytes32) private _finalRoot;
    mapping(uint32 taskId => bytes32) private _accumulator;
    mapping(uint32 taskId => bytes32) private _head;
    mapping(uint32 taskId => uint256) private _weight;
    mapping(uint32 taskId => uint256) private _updates;
    mapping(uint32 taskId => mapping(uint32 round => mapping(address participant => bool))) private _committed;
    mapping(uint32 taskId => mapping(address participant => bool)) private _mayCommit;
    mapping(uint32 taskId => Proposal) private _onRecord;

    /// @dev After every action the books are compared with the contract.
    modifier checked() {
        _;
        _check();
    }

    constructor() {
        _deploy(6, 3);
        TaskRules memory rules = _rules();
        rules.attempts = ATTEMPTS;
        _create(rules);
        rules.participationBps = 5000;
        rules.roundsPerParticipant = 2;
        rules.rounds = 6;
        _create(rules);
        for (uint32 taskId = 1; taskId <= TASKS; ++taskId) {
            (, , _finalRoot[taskId], , _head[taskId]) = federation.taskState(taskId);
            for (uint256 i = 0; i < 4; ++i) {
                _enrol(taskId, participants[i]);
                _mayCommit[taskId][participants[i]] = true;
            }
        }
    }

    function enrol(uint256 who, uint256 task) external checked {
        (uint32 taskId, address participant) = (_task(task), _participant(who));
        bool member = federation.hasRole(federation.PARTICIPANT_ROLE(), participant);
        if (!_try(participant, abi.encodeCall(ITasks.enrol, (taskId)), "enrol")) return;
        if (!member) violation = "enrolled without the role";
        if (_mayCommit[taskId][participant]) violation = "enrolled twice";
        _mayCommit[taskId][participant] = true;
    }

    function depart(uint256 who, uint256 task) external checked {
        (uint32 taskId, address participant) = (_task(task), _participant(who));
        if (!_try(participant, abi.encodeCall(ITasks.leaveTask, (taskId)), "leave")) return;
        if (!_mayCommit[taskId][participant]) violation = "left without being in";
        _mayCommit[taskId][participant] = false;
    }

    /// @notice Revokes one time in four, so that the run is not only of revoked members.
    function changeRole(uint256 who, uint256 kind) external checked {
        address participant = _participant(who);
        bytes32 role = federation.PARTICIPANT_ROLE();
        if (kind % 4 != 0) {
            federation.grantRole(role, participant);
            return;
        }
        federation.revokeRole(role, participant);
        for (uint32 taskId = 1; taskId <= TASKS; ++taskId) {
            _mayCommit[taskId][participant] = false;
        }
    }

    function changeAggregator(uint256 who, uint256 kind) external checked {
        address aggregator = aggregators[1 + (who % (aggregators.length - 1))];
        bytes32 role = federation.AGGREGATOR_ROLE();
        if (kind % 4 == 0) federation.revokeRole(role, aggregator);
        else federation.grantRole(role, aggregator);
    }

    function open(uint256 task, uint256 randomness) external checked {
        uint32 taskId = _task(task);
        Phase before = _phase(taskId);
        vm.prevrandao(bytes32(randomness));
        vm.prank(outsider, outsider);
        (bool ok, ) = address(federation).call(abi.encodeCall(IRounds.openRound, (taskId)));
        if (!ok) return;
        ++accepted["open"];
        if (before != Phase.None && before < Phase.Finalized) violation = "opened while a round was running";
        _weight[taskId] = 0;
        _updates[taskId] = 0;
        RoundInfo memory info = federation.roundInfo(taskId, 0);
        _accumulator[taskId] = keccak256(
            abi.encode(
                block.chainid,
                address(federation),
                taskId,
                info.round,
                _finalRoot[taskId],
                info.seed,
                info.enrolled,
                info.drawn
            )
        );
    }

    /// @notice Commits, mostly in the current round, sometimes in another, sometimes for another base.
    function commit(uint256 who, uint256 task, uint256 kind, uint32 weight) external checked {
        (uint32 taskId, address participant) = (_task(task), _participant(who));
        RoundInfo memory info = federation.roundInfo(taskId, 0);
        uint32 round =
            kind % 8 == 0
                ? info.round + 1
                : kind % 8 == 1 && info.round > 0
                    ? info.round - 1
                    : info.round;
        bytes32 base = kind % 8 == 2 ? keccak256("other") : _modelRoot(taskId);
        weight = uint32(bound(weight, 0, 1001));
        (uint8 slot, bool drawn) = federation.slotOf(taskId, participant);
        bytes memory call = abi.encodeCall(
            IRounds.commit,
            (taskId, round, base, keccak256(abi.encode(who)), keccak256(abi.encode(kind)), weight)
        );
        if (!_try(participant, call, "commit")) return;
        if (round != info.round) violation = "committed to another round";
        if (info.phase != Phase.Open || block.timestamp > info.deadline) violation = "committed too late";
        if (base != _finalRoot[taskId]) violation = "committed from another base";
        if (!drawn || !_mayCommit[taskId][participant]) violation = "committed without being drawn";
        if (_committed[taskId][round][participant]) violation = "two updates by one participant";
        if (weight == 0 || weight > 1000) violation = "weight out of range";
        _committed[taskId][round][participant] = true;
        _weight[taskId] += weight;
        ++_updates[taskId];
        _accumulator[taskId] = keccak256(
            abi.encode(
                _accumulator[taskId],
                participant,
                slot,
                weight,
                keccak256(abi.encode(who)),
                keccak256(abi.encode(kind))
            )
        );
    }

    /// @notice Everyone drawn commits, so that rounds get further than chance would take them.
    function commitEveryone(uint256 task) external {
        for (uint256 i = 0; i < participants.length; ++i) {
            this.commit(i, task, 7, 10);
        }
    }

    function close(uint256 task, uint256 kind) external checked {
        uint32 taskId = _task(task);
        RoundInfo memory info = federation.roundInfo(taskId, 0);
        uint32 round = kind % 8 == 0 ? info.round + 1 : info.round;
        if (!_try(outsider, abi.encodeCall(IRounds.closeRound, (taskId, round)), "close")) return;
        if (round != info.round || info.phase != Phase.Open) violation = "closed another round";
        if (_updates[taskId] < info.drawn && block.timestamp <= info.deadline) violation = "closed too early";
        if (_updates[taskId] < 2) _expectEnd(taskId, Phase.Invalidated, 0, 1);
    }

    /// @notice Proposes as the assigned aggregator, or as somebody else, or with something left out, or with a wrong sum.
    function propose(uint256 task, uint256 who, uint256 kind, uint64 excluded) external checked {
        uint32 taskId = _task(task);
        RoundInfo memory info = federation.roundInfo(taskId, 0);
        address sender = kind % 4 == 0 ? aggregators[who % aggregators.length] : info.assigned;
        Proposal memory proposal = Proposal({
            attempt: info.attempt,
            aggregator: sender,
            modelRoot: keccak256(abi.encode(task, who, kind)),
            contentId: keccak256("blob"),
            totalWeight: info.totalWeight,
            excluded: 0
        });
        if (kind % 4 == 1) {
            proposal.excluded = excluded % 64;
            proposal.totalWeight = info.totalWeight - (info.totalWeight > 0 ? 1 : 0);
        }
        bool aggregator = federation.hasRole(federation.AGGREGATOR_ROLE(), sender);
        if (
            !_try(
                sender,
                abi.encodeCall(IRounds.propose, (taskId, info.round, proposal, new Availability[](0))),
                "propose"
            )
        ) return;
        if (!aggregator) violation = "proposed without the role";
        if (sender != info.assigned || info.phase != Phase.Aggregating) violation = "proposed without being assigned";
        if (block.timestamp > info.deadline) violation = "proposed too late";
        if (proposal.excluded & ~info.committed != 0) violation = "excluded what was not committed";
        if (proposal.excluded == 0 && proposal.totalWeight != _weight[taskId]) violation = "wrong weight";
        _onRecord[taskId] = proposal;
    }

    function reassign(uint256 task) external checked {
        uint32 taskId = _task(task);
        RoundInfo memory info = federation.roundInfo(taskId, 0);
        if (!_try(outsider, abi.encodeCall(IRounds.reassign, (taskId, info.round)), "reassign")) return;
        if (block.timestamp <= info.deadline) violation = "reassigned too early";
        if (info.phase == Phase.Proposed && _onRecord[taskId].excluded == 0) violation = "reassigned a full proposal";
        if (info.attempt + 1 == ATTEMPTS) {
            _expectEnd(taskId, Phase.Invalidated, 0, info.phase == Phase.Proposed ? 3 : 2);
        }
    }

    /// @notice Finalizes with the attestations of a pair of participants, or with a forged proposal.
    function finalize(uint256 task, uint256 first, uint256 kind) external checked {
        uint32 taskId = _task(task);
        RoundInfo memory info = federation.roundInfo(taskId, 0);
        Proposal memory proposal = _onRecord[taskId];
        if (kind % 8 == 0) proposal.modelRoot = keccak256("forged");
        uint256 a = first % participants.length;
        uint256 b = kind % participants.length;
        Attestation[] memory attestations = new Attestation[](2);
        attestations[0] = _attestation(taskId, a);
        attestations[1] = _attestation(taskId, b);
        bytes memory call = abi.encodeCall(IRounds.finalize, (taskId, info.round, proposal, attestations));
        if (!_try(outsider, call, "finalize")) return;
        if (a >= b) violation = "attesters do not ascend";
        if (!_mayCommit[taskId][participants[a]] || !_mayCommit[taskId][participants[b]]) {
            violation = "attested without being enrolled";
        }
        _expectFinal(taskId, info, proposal);
    }

    function finalizeUnchallenged(uint256 task) external checked {
        uint32 taskId = _task(task);
        RoundInfo memory info = federation.roundInfo(taskId, 0);
        Proposal memory proposal = _onRecord[taskId];
        bytes memory call = abi.encodeCall(IRounds.finalizeUnchallenged, (taskId, info.round, proposal));
        if (!_try(outsider, call, "finalizeUnchallenged")) return;
        if (block.timestamp <= info.deadline) violation = "finalized too early";
        if (proposal.excluded != 0) violation = "an exclusion became final by time";
        _expectFinal(taskId, info, proposal);
    }

    function wait(uint256 seconds_) external {
        vm.warp(block.timestamp + bound(seconds_, 1, 700));
    }

    function _check() private {
        for (uint32 taskId = 1; taskId <= TASKS; ++taskId) {
            (uint32 round, Phase phase, bytes32 modelRoot, bytes32 accumulator, bytes32 head) = federation.taskState(
                taskId
            );
            RoundInfo memory info = federation.roundInfo(taskId, 0);
            uint256 rank = (uint256(round) << 16) | (uint256(info.attempt) << 8) | uint256(phase);
            if (rank < _rank[taskId]) violation = "a phase went back";
            _rank[taskId] = rank;
            if (modelRoot != _finalRoot[taskId]) violation = "a final root changed";
            if (accumulator != _accumulator[taskId]) violation = "the accumulator is not that of the commitments";
            if (head != _head[taskId]) violation = "the history changed without a round's end";
            if (round != 0 && info.totalWeight != _weight[taskId]) violation = "the weight does not add up";
            if (_bits(info.committed) != _updates[taskId]) violation = "the committed set does not add up";
            _checkPlaces(taskId);
        }
    }

    function _checkPlaces(uint32 taskId) private {
        address[] memory places = federation.participants(taskId);
        uint256 active;
        for (uint256 i = 0; i < places.length; ++i) {
            (bool enrolled, uint32 index, bool leaving, , , ) = federation.enrolment(taskId, places[i]);
            if (!enrolled || index != i) violation = "a place is not its participant's";
            if (leaving == _mayCommit[taskId][places[i]]) violation = "leaving is not what happened";
            if (!leaving) ++active;
        }
        for (uint256 i = 0; i < participants.length; ++i) {
            if (_mayCommit[taskId][participants[i]]) --active;
        }
        if (active != 0) violation = "somebody enrolled has no place";
    }

    function _expectFinal(uint32 taskId, RoundInfo memory info, Proposal memory proposal) private {
        if (info.phase != Phase.Proposed) violation = "finalized without a proposal";
        if (proposal.modelRoot != _onRecord[taskId].modelRoot) violation = "finalized another proposal";
        _expectEnd(taskId, Phase.Finalized, info.proposalHash, 0);
        _finalRoot[taskId] = proposal.modelRoot;
    }

    function _expectEnd(uint32 taskId, Phase phase, bytes32 proposalHash, uint256 reason) private {
        _head[taskId] = keccak256(
            abi.encode(
                _head[taskId],
                _round(taskId),
                phase,
                _finalRoot[taskId],
                _accumulator[taskId],
                proposalHash,
                reason
            )
        );
        if (_phase(taskId) != phase) violation = "the round did not end";
    }

    function _try(address sender, bytes memory call, string memory kind) private returns (bool ok) {
        vm.prank(sender);
        (ok, ) = address(federation).call(call);
        if (ok) ++accepted[kind];
    }

    function _task(uint256 task) private pure returns (uint32) {
        return uint32(1 + (task % TASKS));
    }

    function _participant(uint256 who) private view returns (address) {
        return participants[who % participants.length];
    }

    function _bits(uint64 bitmap) private pure returns (uint256 total) {
        for (uint256 i = 0; i < 64; ++i) {
            total += (bitmap >> i) & 1;
        }
    }
}
