// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {IRounds} from "../../contracts/interfaces/IRounds.sol";
import {ITasks} from "../../contracts/interfaces/ITasks.sol";
import {Phase, Rule, TaskRules} from "../../contracts/types/TaskTypes.sol";
import {MaskedFixture} from "./support/MaskedFixture.sol";

/// @notice Creating a task.
contract TasksTest is MaskedFixture {
    bytes32 private constant MODEL = keccak256("initial model");

    function setUp() public {
        _deploy(5, 1);
    }

    // createTask

    function test_createTask_isForTaskCreators() public {
        bytes32 role = federation.TASK_CREATOR_ROLE();
        vm.expectRevert(
            abi.encodeWithSelector(IAccessControl.AccessControlUnauthorizedAccount.selector, outsider, role)
        );
        vm.prank(outsider);
        federation.createTask(_rules(), MODEL, "{}");
    }

    function test_createTask_numbersFromOneAndStoresTheRules() public {
        TaskRules memory rules = _rules();
        vm.expectEmit();
        emit ITasks.TaskCreated(1, address(this), rules, MODEL, "{}");
        assertEq(_create(rules), 1);
        rules.rounds = 7;
        assertEq(_create(rules), 2);
        assertEq(federation.taskCount(), 2);
        assertEq(keccak256(abi.encode(federation.taskRules(2))), keccak256(abi.encode(rules)));
        assertTrue(_phase(2) == Phase.None && _round(2) == 0, "no round yet");
    }

    function test_createTask_startsTheHistory() public {
        uint32 taskId = _create(_rules());
        (, , , , bytes32 head) = federation.taskState(taskId);
        bytes32 rulesHash = keccak256(abi.encode(_rules()));
        assertEq(
            head,
            keccak256(abi.encode(block.chainid, address(federation), taskId, rulesHash, MODEL, keccak256("{}")))
        );
    }

    function test_createTask_refusesSpecificationsOutOfRange() public {
        vm.expectRevert(ITasks.InvalidSpec.selector);
        federation.createTask(_rules(), MODEL, "");
        vm.expectRevert(ITasks.InvalidSpec.selector);
        federation.createTask(_rules(), MODEL, new bytes(8193));
        federation.createTask(_rules(), MODEL, new bytes(8192));
    }

    function test_createTask_refusesAZeroModelRoot() public {
        vm.expectRevert(IRounds.InvalidRoot.selector);
        federation.createTask(_rules(), 0, "{}");
    }

    function test_createTask_refusesEveryRuleOutOfRange() public {
        TaskRules memory r = _rules();
        r.fractionBits = 0;
        _refused(r, 2);
        r.fractionBits = 31;
        _refused(r, 2);
        r = _rules();
        r.attempts = 0;
        _refused(r, 3);
        r.attempts = 17;
        _refused(r, 3);
        r = _rules();
        r.parameterCount = 0;
        _refused(r, 4);
        r.parameterCount = (1 << 30) + 1;
        _refused(r, 4);
        r = _rules();
        r.clipLanes = 0;
        _refused(r, 5);
        r.clipLanes = 1 << 31;
        _refused(r, 5);
        r = _rules();
        r.maxWeight = 0;
        _refused(r, 6);
        r = _rules();
        r.serverRateQ16 = 0;
        _refused(r, 7);
        r.serverRateQ16 = (1 << 20) + 1;
        _refused(r, 7);
        r = _rules();
        r.rounds = 0;
        _refused(r, 8);
        r = _rules();
        r.minUpdates = 0;
        _refused(r, 9);
        r.minUpdates = 65;
        _refused(r, 9);
        r = _rules();
        r.maxUpdates = 65;
        _refused(r, 10);
        r = _rules();
        r.participationBps = 0;
        _refused(r, 11);
        r.participationBps = 10_001;
        _refused(r, 11);
        r = _rules();
        r.attestationQuorum = 0;
        _refused(r, 15);
        r = _rules();
        r.thresholdPercent = 67;
        _refused(r, 14);
        r = _rules();
        r.neighbours = 2;
        _refused(r, 23);
        r = _rules();
        r.keyWindowS = 1;
        _refused(r, 24);
        r = _rules();
        r.commitWindowS = 0;
        _refused(r, 18);
        r.commitWindowS = 365 days + 1;
        _refused(r, 18);
        r = _rules();
        r.aggregateWindowS = 0;
        _refused(r, 19);
        r.aggregateWindowS = 365 days + 1;
        _refused(r, 19);
        r = _rules();
        r.challengeWindowS = 0;
        _refused(r, 20);
        r.challengeWindowS = 365 days + 1;
        _refused(r, 20);
    }

    function test_createTask_refusesWhatMaskingCannotDo() public {
        TaskRules memory r = _maskedRules();
        r.rule = Rule.CoordinateMedian;
        _refused(r, 1);
        r = _maskedRules();
        r.minUpdates = 2;
        _refused(r, 9);
        r = _maskedRules();
        r.thresholdPercent = 50;
        _refused(r, 14);
        r.thresholdPercent = 101;
        _refused(r, 14);
        r = _maskedRules();
        r.pipelined = true;
        _refused(r, 17);
        r = _maskedRules();
        r.neighbours = 3;
        _refused(r, 23);
        r = _maskedRules();
        r.keyWindowS = 0;
        _refused(r, 24);
    }

    function test_createTask_refusesWhatEncryptionCannotDo() public {
        TaskRules memory r = _encryptedRules();
        r.rule = Rule.TrimmedMean;
        r.trim = 1;
        r.minUpdates = 3;
        _refused(r, 1);
        r = _encryptedRules();
        r.thresholdPercent = 67;
        _refused(r, 14);
        r = _encryptedRules();
        r.holders = 1;
        _refused(r, 16);
        r = _encryptedRules();
        r.pipelined = true;
        _refused(r, 17);
        r = _encryptedRules();
        r.neighbours = 2;
        _refused(r, 23);
        r = _encryptedRules();
        r.keyWindowS = 0;
        _refused(r, 24);
    }

    function test_createTask_acceptsTheLimitsOfMaskingAndEncryption() public {
        TaskRules memory r = _maskedRules();
        r.thresholdPercent = 51;
        r.neighbours = 254;
        r.holders = 1;
        r.keyWindowS = type(uint24).max;
        _create(r);
        r.thresholdPercent = 100;
        r.neighbours = 2;
        r.keyWindowS = 1;
        _create(r);
        _create(_encryptedRules());
    }

    /// @dev 64 * 2^10 * 2^15 is 2^31, 64 * 2^10 * 2^13 is 2^29.
    function test_createTask_keepsHiddenSumsExact() public {
        TaskRules memory r = _maskedRules();
        (r.maxWeight, r.clipLanes) = (1 << 10, 1 << 15);
        _overflows(r);
        r.clipLanes -= 1;
        _create(r);
        r = _encryptedRules();
        (r.maxWeight, r.clipLanes) = (1 << 10, 1 << 13);
        _overflows(r);
        r.clipLanes -= 1;
        _create(r);
    }

    /// @dev The dearest masked proof is dearer than a plain one; fewer neighbours are fewer masks.
    function test_createTask_asksForABondThatCoversMasks() public {
        TaskRules memory r = _maskedRules();
        uint256 plainWei = federation.leastBondWei(r.parameterCount, r.maxUpdates);
        uint256 leastWei = federation.leastMaskedBondWei(r.parameterCount, r.maxUpdates, 0);
        assertTrue(leastWei > plainWei, "dearer");
        assertEq(leastWei, plainWei + 300 gwei * uint256(64) * (192 * 40 + 10_000 + (32 * 8_500) / 2));
        assertEq(federation.leastMaskedBondWei(r.parameterCount, r.maxUpdates, 32), leastWei);
        assertEq(federation.leastMaskedBondWei(r.parameterCount, r.maxUpdates, 62), leastWei);
        uint256 fewerWei = federation.leastMaskedBondWei(r.parameterCount, r.maxUpdates, 16);
        assertEq(fewerWei, plainWei + 300 gwei * uint256(64) * (192 * 40 + 10_000 + (16 * 8_500) / 2));
        r.aggregatorBondGwei = uint48(leastWei / 1 gwei) - 1;
        vm.expectRevert(abi.encodeWithSelector(ITasks.InvalidBond.selector, leastWei));
        _create(r);
        ++r.aggregatorBondGwei;
        _create(r);
        r = _encryptedRules();
        r.aggregatorBondGwei = uint48(plainWei / 1 gwei);
        _create(r);
    }

    function test_createTask_trimsOnlyUnderTheTrimmedMean() public {
        TaskRules memory r = _rules();
        r.trim = 1;
        r.minUpdates = 64;
        _refused(r, 13);
        r.rule = Rule.CoordinateMedian;
        _refused(r, 13);
        r.trim = 0;
        _create(r);
        r.rule = Rule.TrimmedMean;
        _refused(r, 13);
    }

    /// @dev At least one value is left after trimming both ends of the smallest round.
    function test_createTask_leavesAValueAfterTrimming(uint8 trim, uint16 minUpdates) public {
        TaskRules memory r = _rules();
        r.rule = Rule.TrimmedMean;
        r.minUpdates = uint16(bound(minUpdates, 1, 64));
        r.trim = trim;
        if (trim == 0 || 2 * uint256(trim) >= r.minUpdates) return _refused(r, 13);
        _create(r);
    }

    function test_createTask_trimsUpToTheLimit() public {
        TaskRules memory r = _rules();
        r.rule = Rule.TrimmedMean;
        r.minUpdates = 5;
        r.trim = 3;
        _refused(r, 13);
        r.trim = 2;
        _create(r);
        r.minUpdates = 4;
        _refused(r, 13);
    }

    /// @dev f = holders - 1 may lie, and more than 3 f commit.
    function test_createTask_boundsTheHoldersByMinUpdates(uint8 holders, uint16 minUpdates) public {
        TaskRules memory r = _rules();
        r.minUpdates = uint16(bound(minUpdates, 1, 64));
        r.holders = holders;
        if (holders != 0 && 3 * (uint256(holders) - 1) >= r.minUpdates) return _refused(r, 16);
        _create(r);
    }

    function test_createTask_takesHoldersUpToTheLimit() public {
        TaskRules memory r = _rules();
        r.minUpdates = 1;
        r.holders = 1;
        _create(r);
        r.holders = 2;
        r.minUpdates = 3;
        _refused(r, 16);
        r.minUpdates = 4;
        _create(r);
        r.minUpdates = 64;
        r.holders = 22;
        _create(r);
        r.holders = 23;
        _refused(r, 16);
    }

    // bonds

    function test_createTask_refusesBondsBelowTheLeast() public {
        TaskRules memory r = _bondedRules(true, true);
        uint256 leastWei = federation.leastBondWei(r.parameterCount, r.maxUpdates);
        bytes memory refusal = abi.encodeWithSelector(ITasks.InvalidBond.selector, leastWei);
        _create(r);
        --r.aggregatorBondGwei;
        vm.expectRevert(refusal);
        federation.createTask(r, MODEL, "{}");
        r.aggregatorBondGwei = 0;
        _create(r);
        --r.participantBondGwei;
        vm.expectRevert(refusal);
        federation.createTask(r, MODEL, "{}");
        r.participantBondGwei = type(uint48).max;
        r.aggregatorBondGwei = 1;
        vm.expectRevert(refusal);
        federation.createTask(r, MODEL, "{}");
        r.aggregatorBondGwei = type(uint48).max;
        _create(r);
    }

    function test_createTask_boundsTheChallengeWindowOfABondedTask() public {
        TaskRules memory r = _rules();
        r.challengeWindowS = 14 days;
        _create(r);
        for (uint256 kind = 0; kind < 2; ++kind) {
            r = _bondedRules(kind == 0, kind == 1);
            r.challengeWindowS = 14 days;
            vm.expectRevert(ITasks.ChallengeWindowTooLong.selector);
            federation.createTask(r, MODEL, "{}");
            --r.challengeWindowS;
            _create(r);
        }
    }

    /// @dev Three proofs at 100 gwei: 250,000 gas, and for each update 160 + 256 + 32 bytes a level at 40 gas.
    function test_leastBondWei_growsWithUpdatesAndDepth() public view {
        assertEq(federation.leastBondWei(64, 1), 300 gwei * (250_000 + 416 * 40));
        assertEq(federation.leastBondWei(65, 1), 300 gwei * (250_000 + 448 * 40));
        assertEq(federation.leastBondWei(1_000_000, 64), 300 gwei * (250_000 + 64 * (416 + 32 * 14) * 40));
        assertEq(federation.leastBondWei(1 << 30, 64), 300 gwei * (250_000 + 64 * (416 + 32 * 24) * 40));
    }

    function test_createTask_acceptsTheLimits() public {
        TaskRules memory r = _rules();
        r.fractionBits = 30;
        r.attempts = 16;
        r.parameterCount = 1 << 30;
        r.clipLanes = (1 << 31) - 1;
        r.maxWeight = 1 << 15;
        r.serverRateQ16 = 1 << 20;
        r.rounds = type(uint16).max;
        r.minUpdates = 64;
        r.attestationQuorum = type(uint16).max;
        r.roundsPerParticipant = type(uint16).max;
        r.commitWindowS = 365 days;
        r.aggregateWindowS = 365 days;
        r.challengeWindowS = 365 days;
        _create(r);
    }

    function test_createTask_keepsTheArithmeticExact(uint16 maxUpdates, uint32 maxWeight, uint32 clipLanes) public {
        TaskRules memory r = _rules();
        r.minUpdates = 1;
        r.maxUpdates = uint16(bound(maxUpdates, 1, 64));
        r.maxWeight = uint32(bound(maxWeight, 1, type(uint32).max));
        r.clipLanes = uint32(bound(clipLanes, 1, (1 << 31) - 1));
        bool fits = uint256(r.maxUpdates) * r.maxWeight * r.clipLanes < 1 << 52;
        if (!fits) vm.expectRevert(ITasks.WeightOverflow.selector);
        federation.createTask(r, MODEL, "{}");
    }

    function test_createTask_refusesTheFirstSumThatDoesNotFit() public {
        TaskRules memory r = _rules();
        r.maxUpdates = 64;
        r.clipLanes = 1 << 20;
        r.maxWeight = 1 << 26;
        vm.expectRevert(ITasks.WeightOverflow.selector);
        federation.createTask(r, MODEL, "{}");
        r.maxWeight = (1 << 26) - 1;
        _create(r);
    }

    function _overflows(TaskRules memory rules) private {
        vm.expectRevert(ITasks.WeightOverflow.selector);
        _create(rules);
    }

    function _refused(TaskRules memory rules, uint8 field) private {
        vm.expectRevert(abi.encodeWithSelector(ITasks.InvalidRule.selector, field));
        federation.createTask(rules, MODEL, "{}");
    }
}
