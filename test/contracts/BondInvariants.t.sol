// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Commitment, Phase, Proposal, RoundInfo, TaskRules} from "../../contracts/types/TaskTypes.sol";
import {IBonds} from "../../contracts/interfaces/IBonds.sol";
import {IChallenges} from "../../contracts/interfaces/IChallenges.sol";
import {IRounds} from "../../contracts/interfaces/IRounds.sol";
import {ChallengeFixture} from "./support/ChallengeFixture.sol";
import {TestBase} from "./support/TestBase.sol";

/// @notice Whatever bonded aggregators and challengers may do, over one bonded task.
contract BondHandler is ChallengeFixture {
    string public violation;
    uint256 public slashes;
    uint32 private taskId;
    uint256 public bondWei;
    Proposal private onRecord;
    mapping(uint32 round => mapping(address => bool)) private lied;

    constructor() {
        _deploy(3, 3);
        TaskRules memory rules = _rules();
        rules.attempts = 3;
        rules.rounds = 60_000;
        bondWei = federation.leastBondWei(rules.parameterCount, rules.maxUpdates);
        taskId = federation.createBondedTask(rules, keccak256("initial model"), "{}", bondWei);
        for (uint256 i = 0; i < participants.length; ++i) _enrol(taskId, participants[i]);
    }

    function bond(uint256 who, uint256 amountWei) external {
        _bond(_aggregator(who), bound(amountWei, 1, 2 * bondWei));
        _check();
    }

    function unbond(uint256 who, uint256 amountWei) external {
        _try(_aggregator(who), abi.encodeCall(IBonds.requestUnbond, (bound(amountWei, 0, bondWei))));
    }

    function withdraw(uint256 who) external {
        _try(_aggregator(who), abi.encodeCall(IBonds.withdrawBond, ()));
        _try(outsider, abi.encodeCall(IBonds.withdrawCredit, ()));
    }

    /// @notice One step of the round, whichever is next; a proposal lies about its weight one time in two.
    function step(uint256 kind) external {
        RoundInfo memory info = federation.roundInfo(taskId);
        if (info.phase == Phase.Open) {
            if (info.committed == 0 && block.timestamp <= info.deadline) _commitAll(taskId);
            _try(outsider, abi.encodeCall(IRounds.closeRound, (taskId, info.round)));
        } else if (info.phase == Phase.Aggregating) {
            if (lied[info.round][info.assigned]) violation = "a liar was assigned again";
            (, uint256 lockedWei, , ) = federation.bondOf(info.assigned);
            if (lockedWei != bondWei) violation = "assigned without a bond";
            onRecord = _proposal(taskId, uint64(kind % 2));
            if (kind % 4 == 1) --onRecord.totalWeight;
            _try(info.assigned, abi.encodeCall(IRounds.propose, (taskId, info.round, onRecord)));
        } else if (info.phase == Phase.Proposed) {
            _try(outsider, abi.encodeCall(IRounds.finalizeUnchallenged, (taskId, info.round, onRecord)));
            _try(outsider, abi.encodeCall(IRounds.reassign, (taskId, info.round)));
        } else {
            _open(taskId);
        }
        _check();
    }

    function challenge() external {
        RoundInfo memory info = federation.roundInfo(taskId);
        Commitment[] memory commitments = _recorded(taskId);
        uint64 sum = onRecord.excluded == 0 ? 30 : 20;
        bool ok = _try(
            outsider,
            abi.encodeCall(IChallenges.challengeWeight, (taskId, info.round, onRecord, commitments))
        );
        if (!ok) return;
        if (onRecord.totalWeight == sum) violation = "an honest proposal was struck";
        lied[info.round][onRecord.aggregator] = true;
        ++slashes;
    }

    function wait(uint256 seconds_) external {
        vm.warp(block.timestamp + bound(seconds_, 1, 3 days));
    }

    function _try(address sender, bytes memory call) private returns (bool ok) {
        vm.prank(sender);
        (ok, ) = address(federation).call(call);
        _check();
    }

    /// @dev Bonds, credits and what was burnt are the balance; one lock at most, and only while a round runs.
    function _check() private {
        uint256 held = federation.burntWei() + federation.creditOf(outsider);
        uint256 locked;
        for (uint256 i = 0; i < aggregators.length; ++i) {
            (uint256 freeWei, uint256 lockedWei, uint256 unbondingWei, ) = federation.bondOf(aggregators[i]);
            held += freeWei + lockedWei + unbondingWei;
            locked += lockedWei;
        }
        if (held != address(federation).balance) violation = "the balance is not the sum";
        Phase phase = _phase(taskId);
        bool running = phase == Phase.Aggregating || phase == Phase.Proposed;
        if (locked != (running ? bondWei : 0)) violation = "the lock is not that of the running round";
    }

    function _aggregator(uint256 who) private view returns (address) {
        return aggregators[who % aggregators.length];
    }
}

contract BondInvariantsTest is TestBase {
    BondHandler private handler;

    function setUp() public {
        handler = new BondHandler();
    }

    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    function invariant_theEtherAddsUp() public view {
        string memory violation = handler.violation();
        if (bytes(violation).length != 0) revert NotTrue(violation);
    }

    /// @dev The handler gets as far as slashes and withdrawals; else the invariant would say nothing.
    function test_handler_slashes() public {
        for (uint256 i = 0; i < 3; ++i) handler.bond(i, handler.bondWei());
        handler.step(0);
        handler.step(0);
        handler.step(1);
        handler.challenge();
        handler.step(1);
        handler.challenge();
        handler.withdraw(0);
        assertTrue(handler.slashes() == 2, "slashes");
        assertTrue(bytes(handler.violation()).length == 0, handler.violation());
    }
}
