// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IBonds} from "../../contracts/interfaces/IBonds.sol";
import {IChallenges} from "../../contracts/interfaces/IChallenges.sol";
import {IDemands} from "../../contracts/interfaces/IDemands.sol";
import {IReports} from "../../contracts/interfaces/IReports.sol";
import {IRewards} from "../../contracts/interfaces/IRewards.sol";
import {IRounds} from "../../contracts/interfaces/IRounds.sol";
import {ITasks} from "../../contracts/interfaces/ITasks.sol";
import {CourtHandler} from "./support/CourtHandler.sol";
import {TestBase} from "./support/TestBase.sol";

/// @notice What a random run may do: as many steps of rounds as other calls, so that it gets to proposals and their falls.
contract CourtWalk {
    CourtHandler private immutable handler;

    constructor(CourtHandler handler_) {
        handler = handler_;
    }

    function step(uint256 task, uint256 kind) external {
        handler.step(task, kind);
    }

    function stepAgain(uint256 task, uint256 kind) external {
        handler.step(task, kind);
    }

    function stepOnceMore(uint256 task, uint256 kind) external {
        handler.step(task, kind);
    }

    function end(uint256 task, uint256 older, uint256 kind) external {
        if (kind % 4 == 0) handler.reassign(task, older);
        else if (kind % 4 == 1) handler.finalizeByQuorum(task, older);
        else handler.finalizeByTime(task, older);
    }

    function ether_(uint256 who, uint256 amountWei, uint256 kind) external {
        if (kind % 3 == 0) handler.bond(who, amountWei);
        else if (kind % 3 == 1) handler.unbond(who, amountWei);
        else handler.withdraw(who);
    }

    function place(uint256 task, uint256 who, uint256 kind) external {
        if (kind % 8 == 0) handler.leave(task, who);
        else if (kind % 8 == 1) handler.revoke(who);
        else if (kind % 8 == 2) handler.freePlaces(task);
        else handler.enrol(task, who);
    }

    function challenge(uint256 task, uint256 older, uint256 who, uint256 kind) external {
        if (kind % 4 == 0) handler.reserve(task, older, who);
        else if (kind % 4 == 1) handler.challengeExclusion(task, older, who);
        else handler.challengeWeight(task, older, who);
    }

    function report(uint256 task, uint256 older, uint256 who, uint256 kind) external {
        if (kind % 3 == 0) handler.reportUpdate(task, older, who);
        else if (kind % 3 == 1) handler.reportEquivocation(task, older, who);
        else handler.reportWithheld(task, older, who);
    }

    function demand(uint256 task, uint256 older, uint256 which) external {
        handler.demand(task, older, which);
    }

    function answer(uint256 which, uint256 who) external {
        handler.answer(which, who);
    }

    function unanswered(uint256 which, uint256 who, uint256 kind) external {
        if (kind % 2 == 0) handler.wait(999);
        handler.strike(which, who);
        if (kind % 2 == 1) handler.giveBack(which, who);
    }

    function reward(uint256 which, uint256 who) external {
        handler.claim(which, who);
        handler.collect(which);
    }

    function wait(uint256 seconds_) external {
        handler.wait(seconds_);
    }

    function drain(uint256 seed) external {
        handler.drain(seed);
    }
}

/// @notice Free, locked and unbonding bonds, credits, rewards held, bonds of open demands and what was burnt are the balance, and
/// what is locked is what answers, whatever is done in whatever order.
contract BondInvariantsTest is TestBase {
    CourtHandler private handler;
    CourtWalk private walk;

    function setUp() public {
        handler = new CourtHandler();
        walk = new CourtWalk(handler);
    }

    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(walk);
    }

    function invariant_theEtherAddsUp() public view {
        _expectSound();
    }

    /// @dev The handler reaches every call that moves ether; else the invariant would say nothing.
    function test_handler_reachesStrikesRewardsAndReports() public {
        handler.enrol(0, 0);
        // the update of participant 1 has a lane beyond the bound
        _toAggregating(0, 9);
        handler.reportUpdate(0, 0, 0);
        handler.reportUpdate(0, 0, 1);
        handler.propose(0, 0, 1);
        handler.reserve(0, 0, 8);
        handler.wait(1);
        // a wrong weight, by the reservation of the actor at 8
        handler.challengeWeight(0, 0, 8);
        handler.propose(0, 0, 2);
        handler.demand(0, 0, 1);
        handler.demand(0, 0, 2);
        handler.answer(0, 7);
        handler.wait(999);
        handler.strike(1, 7);
        handler.wait(8000);
        handler.collect(0);
        handler.reportEquivocation(0, 1, 15);
        for (uint256 i = 0; i < 9; ++i) handler.withdraw(i);
        handler.drain(0);
        _expectSound();
        _expectAccepted(IReports.reportUpdate.selector);
        _expectAccepted(IReports.reportEquivocation.selector);
        _expectAccepted(IChallenges.challengeWeight.selector);
        _expectAccepted(IDemands.demandNodes.selector);
        _expectAccepted(IDemands.demandChunk.selector);
        _expectAccepted(IDemands.strikeUnanswered.selector);
        _expectAccepted(IRewards.reserveChallenge.selector);
        _expectAccepted(IBonds.withdrawCredit.selector);
        _expectAccepted(ITasks.leaveTask.selector);
        _expectAccepted(ITasks.freePlaces.selector);
    }

    function test_handler_reachesAPipelineAndItsFall() public {
        _toAggregating(1, 0);
        handler.propose(1, 0, 3);
        handler.demand(1, 0, 2);
        _toAggregating(1, 0);
        handler.propose(1, 0, 3);
        handler.demand(1, 0, 2);
        handler.wait(999);
        handler.strike(0, 7);
        handler.giveBack(1, 7);
        handler.propose(1, 1, 3);
        handler.finalizeByQuorum(1, 1);
        handler.unbond(0, 1);
        handler.drain(0);
        _expectSound();
        _expectAccepted(IDemands.strikeUnanswered.selector);
        _expectAccepted(IDemands.returnDemand.selector);
        _expectAccepted(IRounds.finalize.selector);
        assertTrue(handler.accepted(IRounds.openRound.selector) == 2, "opened twice");
    }

    function test_handler_reachesWithheldUpdates() public {
        _toAggregating(0, 0);
        handler.propose(0, 0, 3);
        handler.demand(0, 0, 1);
        handler.demand(0, 0, 9);
        handler.answer(1, 7);
        handler.wait(999);
        handler.strike(0, 7);
        handler.propose(0, 0, 3);
        handler.reportWithheld(0, 0, 0);
        handler.wait(999);
        handler.finalizeByTime(0, 0);
        for (uint256 i = 0; i < 4; ++i) handler.collect(i);
        handler.unbond(7, 1);
        handler.wait(8);
        handler.drain(0);
        _expectSound();
        _expectAccepted(IDemands.answerChunk.selector);
        _expectAccepted(IRounds.finalizeUnchallenged.selector);
        _expectAccepted(IReports.reportWithheld.selector);
    }

    function test_handler_reachesExclusionsAgainstCustody() public {
        _toAggregating(0, 0);
        handler.propose(0, 0, 4);
        for (uint256 i = 0; i < 8; ++i) handler.challengeExclusion(0, 0, i);
        _expectSound();
        _expectAccepted(IChallenges.challengeExclusion.selector);
        handler.drain(0);
        _expectSound();
    }

    function _toAggregating(uint256 task, uint256 kind) private {
        handler.open(task);
        handler.commit(task, kind);
        handler.wait(601);
        handler.close(task);
    }

    function _expectSound() private view {
        string memory violation = handler.violation();
        if (bytes(violation).length != 0) revert NotTrue(violation);
    }

    function _expectAccepted(bytes4 selector) private view {
        if (handler.accepted(selector) == 0)
            revert NotTrue(string(abi.encodePacked("never accepted: ", _hex(selector))));
    }

    function _hex(bytes4 selector) private pure returns (bytes memory digits) {
        digits = new bytes(8);
        for (uint256 i = 0; i < 8; ++i) {
            digits[i] = bytes16("0123456789abcdef")[uint8(selector[i / 2] >> (i % 2 == 0 ? 4 : 0)) & 15];
        }
    }
}
