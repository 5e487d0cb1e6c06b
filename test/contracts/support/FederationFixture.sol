// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {
    Attestation,
    Evaluation,
    Mode,
    Phase,
    Proposal,
    RoundInfo,
    Rule,
    TaskRules
} from "../../../contracts/types/TaskTypes.sol";
import {IFederation} from "./IFederation.sol";
import {TestBase} from "./TestBase.sol";

/// @title FederationFixture
/// @notice A federation whose admin and task creator is the test, with participants and aggregators, and its steps.
abstract contract FederationFixture is TestBase {
    IFederation internal federation;
    /// @dev Ascending by address, as attestations must be; keys in the same order.
    address[] internal participants;
    uint256[] internal keys;
    address[] internal aggregators;
    address internal outsider = vm.addr(0xbad);

    function _deploy(uint256 participantCount, uint256 aggregatorCount) internal {
        federation = _newFederation(address(this));
        federation.grantRole(federation.TASK_CREATOR_ROLE(), address(this));
        for (uint256 i = 0; i < participantCount; ++i) {
            _insert(0xa11ce + i);
        }
        for (uint256 i = 0; i < participantCount; ++i) {
            federation.grantRole(federation.PARTICIPANT_ROLE(), participants[i]);
        }
        for (uint256 i = 0; i < aggregatorCount; ++i) {
            aggregators.push(vm.addr(0xb0b + i));
            federation.grantRole(federation.AGGREGATOR_ROLE(), aggregators[i]);
        }
    }

    /// @dev By its artifact: what is tested is the very code that is deployed.
    function _newFederation(address admin) internal returns (IFederation) {
        bytes memory code = bytes.concat(vm.getCode("Federation.sol:Federation"), abi.encode(admin));
        address deployed;
        assembly ("memory-safe") {
            deployed := create(0, add(code, 32), mload(code))
        }
        assertTrue(deployed != address(0), "deployed");
        return IFederation(deployed);
    }

    function _rules() internal pure returns (TaskRules memory) {
        return
            TaskRules({
                mode: Mode.Transparent,
                rule: Rule.WeightedMean,
                fractionBits: 16,
                attempts: 2,
                parameterCount: 1000,
                clipLanes: 1 << 20,
                maxWeight: 1000,
                serverRateQ16: 65_536,
                rounds: 100,
                minUpdates: 2,
                maxUpdates: 64,
                participationBps: 10_000,
                attestationQuorum: 2,
                roundsPerParticipant: 0,
                commitWindowS: 600,
                aggregateWindowS: 300,
                challengeWindowS: 900
            });
    }

    function _create(TaskRules memory rules) internal returns (uint32) {
        return federation.createTask(rules, keccak256("initial model"), "{}");
    }

    /// @notice Creates a task and enrols all participants.
    function _createWithAll(TaskRules memory rules) internal returns (uint32 taskId) {
        taskId = _create(rules);
        for (uint256 i = 0; i < participants.length; ++i) {
            _enrol(taskId, participants[i]);
        }
    }

    function _enrol(uint32 taskId, address participant) internal {
        vm.prank(participant);
        federation.enrol(taskId);
    }

    function _open(uint32 taskId) internal {
        vm.prank(outsider, outsider);
        federation.openRound(taskId);
    }

    function _round(uint32 taskId) internal view returns (uint32 round) {
        (round, , , , ) = federation.taskState(taskId);
    }

    function _phase(uint32 taskId) internal view returns (Phase phase) {
        (, phase, , , ) = federation.taskState(taskId);
    }

    function _modelRoot(uint32 taskId) internal view returns (bytes32 modelRoot) {
        (, , modelRoot, , ) = federation.taskState(taskId);
    }

    function _commit(uint32 taskId, address participant, uint32 weight) internal {
        bytes32 base = _modelRoot(taskId);
        uint32 round = _round(taskId);
        vm.prank(participant);
        federation.commit(taskId, round, base, keccak256("update"), keccak256("content"), weight);
    }

    /// @notice Everyone drawn commits with weight 10.
    function _commitAll(uint32 taskId) internal {
        for (uint256 i = 0; i < participants.length; ++i) {
            (, bool drawn) = federation.slotOf(taskId, participants[i]);
            if (drawn) _commit(taskId, participants[i], 10);
        }
    }

    /// @notice A task with a round in phase Open, nobody committed.
    function _opened() internal returns (uint32 taskId) {
        taskId = _createWithAll(_rules());
        _open(taskId);
    }

    /// @notice A task with a round in phase Aggregating, everybody committed.
    function _aggregating() internal returns (uint32 taskId) {
        taskId = _opened();
        _commitAll(taskId);
        federation.closeRound(taskId, 1);
    }

    /// @notice A task with a round in phase Proposed that leaves out the slots `excluded`.
    function _proposed(uint64 excluded) internal returns (uint32 taskId, Proposal memory proposal) {
        taskId = _aggregating();
        proposal = _proposal(taskId, excluded);
        _propose(taskId, proposal);
    }

    /// @notice What the assigned aggregator proposes, each update weighing 10.
    function _proposal(uint32 taskId, uint64 excluded) internal view returns (Proposal memory) {
        RoundInfo memory info = federation.roundInfo(taskId);
        uint64 weight = info.totalWeight;
        for (uint64 rest = excluded; rest != 0; rest &= rest - 1) {
            weight -= 10;
        }
        return
            Proposal({
                attempt: info.attempt,
                aggregator: info.assigned,
                modelRoot: keccak256(abi.encode("model", info.round)),
                contentId: keccak256(abi.encode("blob", info.round)),
                totalWeight: weight,
                excluded: excluded
            });
    }

    function _propose(uint32 taskId, Proposal memory proposal) internal {
        uint32 round = _round(taskId);
        vm.prank(proposal.aggregator);
        federation.propose(taskId, round, proposal);
    }

    /// @notice The attestation of participant `i` to the proposal on record.
    function _attestation(uint32 taskId, uint256 i) internal view returns (Attestation memory) {
        return _attestationBy(taskId, keys[i]);
    }

    function _attestationBy(uint32 taskId, uint256 key) internal view returns (Attestation memory) {
        Evaluation memory evaluation = Evaluation({samples: 50, metricQ24: -3, lossQ24: 9});
        RoundInfo memory info = federation.roundInfo(taskId);
        bytes32 digest = federation.attestationDigest(taskId, info.round, info.proposalHash, evaluation);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return Attestation({evaluation: evaluation, signature: abi.encodePacked(r, s, v)});
    }

    /// @notice Attestations of the first `count` participants.
    function _attestations(uint32 taskId, uint256 count) internal view returns (Attestation[] memory attestations) {
        attestations = new Attestation[](count);
        for (uint256 i = 0; i < count; ++i) {
            attestations[i] = _attestation(taskId, i);
        }
    }

    /// @notice Moves the clock just past the deadline of the current step.
    function _passDeadline(uint32 taskId) internal {
        vm.warp(uint256(federation.roundInfo(taskId).deadline) + 1);
    }

    /// @notice Runs the current round of the task, just opened, to Finalized.
    function _finish(uint32 taskId) internal {
        _commitAll(taskId);
        uint32 round = _round(taskId);
        federation.closeRound(taskId, round);
        Proposal memory proposal = _proposal(taskId, 0);
        _propose(taskId, proposal);
        _passDeadline(taskId);
        federation.finalizeUnchallenged(taskId, round, proposal);
    }

    function _insert(uint256 key) private {
        address account = vm.addr(key);
        participants.push(account);
        keys.push(key);
        for (uint256 i = participants.length - 1; i > 0 && participants[i - 1] > account; --i) {
            (participants[i], participants[i - 1]) = (participants[i - 1], account);
            (keys[i], keys[i - 1]) = (keys[i - 1], key);
        }
    }
}
