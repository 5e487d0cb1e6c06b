// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ReorganisingHandler} from "./support/ReorganisingHandler.sol";
import {TestBase} from "./support/TestBase.sol";

/// @notice Whatever is called in whatever order: each call is accepted exactly where the protocol says; phases only advance; nothing is
/// accepted for a past or a future round; a final root never changes; one update at most per participant and round; no role is
/// bypassed, revoked ones included; what a reorganisation undid leaves no trace, and its signatures no power; places stay consistent under churn; rounds are final in their order, and fall with the one they
/// were built on; weights, accumulators and history are those of the accepted calls.
contract InvariantsTest is TestBase {
    /// @dev Of the handler's tasks.
    uint256 private constant PLAIN = 0;
    uint256 private constant PIPELINED = 2;
    uint256 private constant MASKED = 3;
    /// @dev Which round is meant, and how it is proposed: see the handler.
    uint256 private constant NEWEST = 0;
    uint256 private constant BEFORE = 1;
    uint256 private constant EXCLUDING = 2;
    uint256 private constant LYING = 3;
    /// @dev Of a masked round's openings.
    uint256 private constant TRUE = 0;
    uint256 private constant FALSE = 1;

    /// @dev Who attests.
    uint256 private constant FIRST_TWO = 14;

    ReorganisingHandler private handler;

    function setUp() public {
        handler = new ReorganisingHandler();
    }

    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    function invariant_theBooksAgree() public view {
        string memory found = handler.violation();
        if (bytes(found).length != 0) revert NotTrue(found);
        found = handler.mismatch();
        if (bytes(found).length != 0) revert NotTrue(found);
    }

    /// @dev The handler itself takes rounds to every end; an invariant over calls that all fail would say nothing.
    function test_handler_reachesEveryPhase() public {
        _toProposed(PLAIN, 0);
        handler.finalize(PLAIN, FIRST_TWO, NEWEST);
        _toProposed(PLAIN, EXCLUDING);
        _waitLong();
        handler.reassign(PLAIN, NEWEST);
        handler.propose(PLAIN, NEWEST, 0);
        _waitLong();
        handler.finalizeUnchallenged(PLAIN, NEWEST);
        handler.depart(0, PLAIN);
        handler.open(PLAIN, 0);
        handler.commitBatch(PLAIN, 7, 0);
        _waitLong();
        handler.close(PLAIN, NEWEST);
        handler.expel(3, PLAIN, 1);
        handler.enrol(6, PLAIN);
        invariant_theBooksAgree();
        string[10] memory kinds = [
            "open",
            "commit",
            "batch",
            "close",
            "propose",
            "reassign",
            "finalize",
            "finalizeUnchallenged",
            "leave",
            "expel"
        ];
        for (uint256 i = 0; i < kinds.length; ++i) {
            assertTrue(handler.accepted(kinds[i]) != 0, kinds[i]);
        }
    }

    function test_handler_reachesBothEndsOfAPipeline() public {
        _toProposed(PIPELINED, LYING);
        _toProposed(PIPELINED, 0);
        assertTrue(handler.accepted("open early") == 1, "opened on a proposal");
        // finality of the second has to wait
        handler.finalize(PIPELINED, FIRST_TWO, NEWEST);
        assertTrue(handler.accepted("finalize") == 0, "in order");
        handler.challenge(PIPELINED, BEFORE);
        assertTrue(handler.accepted("fall") == 1, "fallen");
        handler.propose(PIPELINED, BEFORE, 0);
        _waitLong();
        handler.finalizeUnchallenged(PIPELINED, BEFORE);
        _toProposed(PIPELINED, 0);
        _toProposed(PIPELINED, 0);
        handler.finalize(PIPELINED, FIRST_TWO, BEFORE);
        handler.finalize(PIPELINED, FIRST_TWO, NEWEST);
        assertTrue(handler.accepted("finalize") == 2, "both final");
        invariant_theBooksAgree();
    }

    function test_handler_reachesBothEndsOfAMaskedRound() public {
        for (uint256 how = 0; how < 2; ++how) {
            handler.open(MASKED, how);
            for (uint256 i = 0; i < 6; ++i) handler.advertise(i, MASKED, NEWEST);
            // with all keys there, nobody waits; two drop out in the second round
            for (uint256 i = 0; i < 6 - 2 * how; ++i) handler.commit(i, MASKED, NEWEST, 10);
            if (how == 1) _waitLong();
            handler.close(MASKED, NEWEST);
            handler.propose(MASKED, NEWEST, how == 0 ? TRUE : FALSE);
            handler.challengeOpening(MASKED, NEWEST, 0);
            if (how == 1) handler.propose(MASKED, NEWEST, TRUE);
            _waitLong();
            handler.finalizeUnchallenged(MASKED, NEWEST);
        }
        assertTrue(handler.accepted("advertise") == 12, "keys");
        assertTrue(handler.accepted("proposeOpened") == 3, "proposed");
        assertTrue(handler.accepted("challengeOpening") == 1, "struck");
        assertTrue(handler.accepted("finalizeUnchallenged") == 2, "final");
        invariant_theBooksAgree();
    }

    /// @dev On each kind of task; only where a proposal was undone is there a signature to bring back.
    function test_handler_undoesAndReplays() public {
        for (uint256 i = 0; i < 60; ++i) {
            handler.reorganise(i, uint256(keccak256(abi.encode("undo", i))));
            handler.advance(i, uint256(keccak256(abi.encode("go on", i))));
        }
        invariant_theBooksAgree();
        assertTrue(handler.accepted("reorganise") > 20, "undone");
        assertTrue(handler.accepted("replay") > 5, "brought back");
    }

    /// @dev By steps that are due alone, whatever the numbers: rounds end.
    function test_handler_advances(uint256 seed) public {
        for (uint256 i = 0; i < 24; ++i) {
            handler.advance(i, uint256(keccak256(abi.encode(seed, i))));
            if (i % 3 == 2) _waitLong();
        }
        invariant_theBooksAgree();
        assertTrue(handler.accepted("finalizeUnchallenged") + handler.accepted("challenge") != 0, "ended");
    }

    function _toProposed(uint256 task, uint256 how) private {
        handler.open(task, how);
        for (uint256 i = 0; i < 6; ++i) handler.commit(i, task, NEWEST, 10);
        handler.close(task, NEWEST);
        handler.propose(task, NEWEST, how);
    }

    function _waitLong() private {
        handler.wait(700);
        handler.wait(700);
    }
}
