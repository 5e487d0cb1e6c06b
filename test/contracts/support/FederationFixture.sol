// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IFederation} from "../../../contracts/interfaces/IFederation.sol";
import {Availability, Phase, Proposal, RoundInfo, TaskRules} from "../../../contracts/types/TaskTypes.sol";
import {SignatureFixture} from "./SignatureFixture.sol";

/// @title FederationFixture
/// @notice A federation whose admin and task creator is the test, with participants and aggregators, and its steps.
abstract contract FederationFixture is SignatureFixture {
    address[] internal aggregators;
    mapping(address aggregator => uint256 key) internal aggregatorKeys;
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
            aggregatorKeys[aggregators[i]] = 0xb0b + i;
            federation.grantRole(federation.AGGREGATOR_ROLE(), aggregators[i]);
        }
    }

    /// @dev By its artifact: what is tested is the very code that is deployed.
    function _newFederation(address admin) internal returns (IFederation) {
        address privacy = _deployCode(vm.getCode("Privacy.sol:Privacy"));
        return
            IFederation(_deployCode(bytes.concat(vm.getCode("Federation.sol:Federation"), abi.encode(admin, privacy))));
    }

    function _deployCode(bytes memory code) private returns (address deployed) {
        assembly ("memory-safe") {
            deployed := create(0, add(code, 32), mload(code))
        }
        assertTrue(deployed != address(0), "deployed");
    }

    /// @dev Field by field: as one literal the rules do not fit the stack. The others stay 0 or false: mode Transparent, rule
    /// WeightedMean, no budget, trim, holders, pipeline or bonds.
    function _rules() internal pure returns (TaskRules memory rules) {
        rules.fractionBits = 16;
        rules.attempts = 2;
        rules.parameterCount = 1000;
        rules.clipLanes = 1 << 20;
        rules.maxWeight = 1000;
        rules.serverRateQ16 = 65_536;
        rules.rounds = 100;
        rules.minUpdates = 2;
        rules.maxUpdates = 64;
        rules.participationBps = 10_000;
        rules.attestationQuorum = 2;
        rules.commitWindowS = 600;
        rules.aggregateWindowS = 300;
        rules.challengeWindowS = 900;
    }

    /// @notice The rules with the least bonds that they allow, in gwei.
    function _bondedRules(bool aggregators_, bool participants_) internal view returns (TaskRules memory rules) {
        rules = _rules();
        uint48 leastGwei = uint48(federation.leastBondWei(rules.parameterCount, rules.maxUpdates) / 1 gwei);
        if (aggregators_) rules.aggregatorBondGwei = leastGwei;
        if (participants_) rules.participantBondGwei = leastGwei;
    }

    function _bond(address account, uint256 amountWei) internal {
        vm.deal(account, account.balance + amountWei);
        vm.prank(account);
        federation.bond{value: amountWei}();
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

    /// @notice What the updates of the newest round start from.
    function _base(uint32 taskId) internal view returns (bytes32) {
        return federation.roundInfo(taskId, 0).baseModelRoot;
    }

    function _commit(uint32 taskId, address participant, uint32 weight) internal {
        bytes32 base = _base(taskId);
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

    /// @notice What the assigned aggregator proposes in the newest round, each update weighing 10.
    function _proposal(uint32 taskId, uint64 excluded) internal view returns (Proposal memory) {
        return _proposalFor(taskId, _round(taskId), excluded);
    }

    /// @notice The same for one of the two newest rounds.
    function _proposalFor(uint32 taskId, uint32 round, uint64 excluded) internal view returns (Proposal memory) {
        RoundInfo memory info = federation.roundInfo(taskId, round);
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
        _proposeWith(taskId, proposal, new Availability[](0));
    }

    function _proposeWith(uint32 taskId, Proposal memory proposal, Availability[] memory words) internal {
        _proposeIn(taskId, _round(taskId), proposal, words);
    }

    function _proposeIn(uint32 taskId, uint32 round, Proposal memory proposal, Availability[] memory words) internal {
        vm.prank(proposal.aggregator);
        federation.propose(taskId, round, proposal, words);
    }

    /// @notice Moves the clock just past the deadline of the current step.
    function _passDeadline(uint32 taskId) internal {
        vm.warp(uint256(federation.roundInfo(taskId, 0).deadline) + 1);
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
